"""An API client whose service allows 100 requests a second: more at once helps until the limit, whatever the model.

The service is simulated by `python -m servers.latency --port 8099`; put your own address and your own limit in. Each
process counts for itself here: that several of them go beyond the limit is a finding, too.
"""

import asyncio
import os
import threading
import time

import aiohttp
import requests

URL = os.environ.get("API", "http://127.0.0.1:8099")
EACH_S = 1 / 100  # what the service asks for between two requests
ANSWER_S = 0.04  # what it takes to answer one
TASKS = [f"{URL}/delay?ms={1000 * ANSWER_S:g}&n={number}" for number in range(200)]
MOST_AT_ONCE = 32  # do not try more, however much it would gain
EXPECT = ["threads at least 2x sequential"]


class Turns:
    """When the next request may leave."""

    lock, at = threading.Lock(), 0.0

    @classmethod
    def wait_s(cls) -> float:
        with cls.lock:
            now = time.monotonic()
            cls.at = max(cls.at + EACH_S, now)
            return cls.at - now


def client():
    return requests.Session()


def work(session, url):
    time.sleep(Turns.wait_s())
    return session.get(url, timeout=10).text


def aclient():
    return aiohttp.ClientSession()


async def awork(session, url):
    await asyncio.sleep(Turns.wait_s())
    async with session.get(url) as answer:
        return await answer.text()


def ideal(tasks, concurrency):
    return max(ANSWER_S * len(tasks) / concurrency, EACH_S * (len(tasks) - 1) + ANSWER_S)
