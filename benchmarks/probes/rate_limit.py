"""Does a client keep to an API's rate limit, and still use it up?

The server lets 200 requests a second pass, at most 10 of them at once (a token bucket), and answers 429 to the rest.
`Pacer` gives each request a turn 5 ms after the one before. An event loop wakes up to a millisecond late, so a pacer
that counts from when it woke would waste a tenth of the limit: this one counts from when the turn was due, and so
catches up, but by no more than 5 requests. The other half of what the server allows at once is left for the network,
which may bring late requests closer together than they were sent.

Coroutines wait for nothing, so all of them are there from the start. Threads are 16: four requests are under way at
once (Little's law), and who waits for a turn need not be many. `http.client` would do for them, but not for most:
urllib3 is what requests is made of, and its pool may be shared. Latency is what a request took from its first turn on.

You should see more than 95 % of the limit used, with no request turned away, by both: waiting for one's turn is easy.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import aiohttp
import urllib3

from benchmarks.load.quantiles import quantile
from benchmarks.probes import Probe
from benchmarks.workloads.http import Http
from servers.request_stats import reset, stats

RATE_PER_S, BURST = 200, 10
REQUESTS, DELAY_MS = 300, 20
CATCH_UP = BURST // 2
THREADS = 16
TOO_MANY = 429
Answer = tuple[bytes, float]  # the body, and the seconds that it took


class Turns:
    """When whose turn is, `rate_per_s` of them a second; `catch_up` may follow at once after a pause."""

    def __init__(self, rate_per_s: float, catch_up: int, now: Callable[[], float]) -> None:
        self.interval_s = 1 / rate_per_s
        self.slack_s = catch_up * self.interval_s
        self.now = now
        self.due = self.now()

    def next_s(self) -> float:
        """Seconds until the next turn; none or less when it is there."""
        self.due = max(self.due + self.interval_s, self.now() - self.slack_s)
        return self.due - self.now()


class Pacer(Turns):
    """Gives every coroutine that asks a turn."""

    def __init__(self, rate_per_s: float, catch_up: int) -> None:
        super().__init__(rate_per_s, catch_up, asyncio.get_running_loop().time)
        self.queue = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for your turn."""
        async with self.queue:
            await asyncio.sleep(self.next_s())


class ThreadPacer(Turns):
    """Gives every thread that asks a turn."""

    def __init__(self, rate_per_s: float, catch_up: int, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(rate_per_s, catch_up, now)
        self.queue = Lock()

    def turn(self) -> None:
        """Wait for your turn."""
        with self.queue:
            time.sleep(max(0.0, self.next_s()))


async def fetch(session: aiohttp.ClientSession, pacer: Pacer, url: str) -> Answer:
    """Ask when it is time; if that was too early all the same, again after as long as the server says."""
    await pacer.turn()
    began = pacer.now()
    while True:
        async with session.get(url) as response:
            if response.status != TOO_MANY:
                response.raise_for_status()
                return await response.read(), pacer.now() - began
            await asyncio.sleep(float(response.headers["Retry-After"]))
        await pacer.turn()


def fetch_in_thread(pool: urllib3.PoolManager, pacer: ThreadPacer, url: str) -> Answer:
    """The same, blocking."""
    pacer.turn()
    began = pacer.now()
    while (response := pool.request("GET", url, retries=False)).status == TOO_MANY:
        time.sleep(float(response.headers["Retry-After"]))
        pacer.turn()
    if response.status != 200:
        raise ConnectionError(f"{url}: status {response.status}")
    return response.data, pacer.now() - began


async def with_coroutines(urls: list[str], pace_per_s: float) -> list[Answer]:
    """A coroutine for each request."""
    pacer = Pacer(pace_per_s, CATCH_UP)
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        asking = [group.create_task(fetch(session, pacer, url)) for url in urls]
    return [task.result() for task in asking]


def with_asyncio(urls: list[str], pace_per_s: float) -> list[Answer]:
    """In an event loop."""
    return asyncio.run(with_coroutines(urls, pace_per_s))


def with_threads(urls: list[str], pace_per_s: float) -> list[Answer]:
    """A few threads that share a pool of connections."""
    pacer = ThreadPacer(pace_per_s, CATCH_UP)
    with urllib3.PoolManager(maxsize=THREADS) as pool, ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda url: fetch_in_thread(pool, pacer, url), urls))


WAYS: dict[str, Callable[[list[str], float], list[Answer]]] = {"threads": with_threads, "asyncio": with_asyncio}


def measure(way: str, url: str, pace_per_s: float, requests: int) -> dict[str, float | None]:
    """The share of the limit that was reached, and what the server turned away. ValueError for a wrong answer."""
    reset(url)
    ask = f"{url}/delay?ms={DELAY_MS}&rate={RATE_PER_S}&burst={BURST}&n="
    began = time.monotonic()
    answers = WAYS[way]([f"{ask}{number}" for number in range(requests)], pace_per_s)
    took_s, account = time.monotonic() - began, stats(url)
    if [body for body, _ in answers] != [b"%d" % number for number in range(requests)]:
        raise ValueError("a request got the answer to another")
    latencies = sorted(each_s for _, each_s in answers)
    return {
        "rate_limit_share": requests / took_s / RATE_PER_S,
        "rate_limited": account["rate_limited"],
        "answered": account["successes"],
        "error_share": account["rate_limited"] / account["requests"],
        "p50_seconds": quantile(latencies, 0.5),
        "p99_seconds": quantile(latencies, 0.99),
    }


PROBES = (
    Probe(
        WAYS,
        ("rate_limit_share", "rate_limited", "answered", "error_share", "p50_seconds", "p99_seconds"),
        workloads=(Http(delay_s=DELAY_MS / 1000),),
        concurrency=(REQUESTS,),
        arguments=("model", "url"),
    ),
)


def main() -> None:
    """Print the metrics of the way that the command line names; the server's URL comes after it."""
    print(json.dumps(measure(sys.argv[1], sys.argv[2], RATE_PER_S, REQUESTS)))
