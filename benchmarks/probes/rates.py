"""Does an asyncio client keep to an API's rate limit, and still use it up?

The server lets 200 requests a second pass, at most 10 of them at once (a token bucket), and answers 429 to the rest.
`Pacer` gives each request a turn 5 ms after the one before. An event loop wakes up to a millisecond late, so a pacer
that counts from when it woke would waste a tenth of the limit: this one counts from when the turn was due, and so
catches up, but by no more than 5 requests. The other half of what the server allows at once is left for the network,
which may bring late requests closer together than they were sent.

You should see more than 95 % of the limit used, with no request turned away.
"""

import asyncio
import json
import sys
import time

import aiohttp

from servers.account import reset, stats

RATE_PER_S, BURST = 200, 10
REQUESTS, DELAY_MS = 300, 20
CATCH_UP = BURST // 2


class Pacer:
    """Gives everyone who asks a turn, `rate_per_s` of them a second; `catch_up` may follow at once after a pause."""

    def __init__(self, rate_per_s: float, catch_up: int) -> None:
        self.interval_s = 1 / rate_per_s
        self.slack_s = catch_up * self.interval_s
        self.now = asyncio.get_running_loop().time
        self.due = self.now()
        self.queue = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for your turn."""
        async with self.queue:
            self.due = max(self.due + self.interval_s, self.now() - self.slack_s)
            await asyncio.sleep(self.due - self.now())


async def fetch(session: aiohttp.ClientSession, pacer: Pacer, url: str) -> bytes:
    """Ask when it is time; if that was too early all the same, again after as long as the server says."""
    while True:
        await pacer.turn()
        async with session.get(url) as response:
            if response.status != 429:
                response.raise_for_status()
                return await response.read()
            await asyncio.sleep(float(response.headers["Retry-After"]))


async def fetch_all(url: str, pace_per_s: float, requests: int) -> float:
    """Seconds until all is fetched; ValueError when a wrong answer was among it."""
    ask = f"{url}/delay?ms={DELAY_MS}&rate={RATE_PER_S}&burst={BURST}&n="
    began, pacer = time.monotonic(), Pacer(pace_per_s, CATCH_UP)
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        asking = [group.create_task(fetch(session, pacer, f"{ask}{number}")) for number in range(requests)]
    if [task.result() for task in asking] != [b"%d" % number for number in range(requests)]:
        raise ValueError("a request got the answer to another")
    return time.monotonic() - began


def measure(url: str, pace_per_s: float, requests: int) -> dict[str, float]:
    """The share of the limit that was reached, and what the server turned away."""
    reset(url)
    took_s = asyncio.run(fetch_all(url, pace_per_s, requests))
    account = stats(url)
    return {
        "share_of_limit": requests / took_s / RATE_PER_S,
        "rate_limited": account["rate_limited"],
        "answered": account["successes"],
    }


def main() -> None:
    """Print the metrics; the command line says where the server is."""
    print(json.dumps(measure(sys.argv[1], RATE_PER_S, REQUESTS)))
