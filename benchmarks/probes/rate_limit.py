"""Does a client keep to an API's rate limit, and still use it fully?

The server accepts 200 requests per second, at most 10 in a burst (a token bucket), and answers 429 to the rest. `Pacer`
starts each request 5 ms after the previous one. An event loop wakes up to 1 ms late, so counting from the wake-up would
waste a tenth of the rate: the pacer counts from the planned instant and catches up, by at most 5 requests. The other
half of the burst is a reserve for the network, which may bring requests closer together.

All coroutines start at once. Threads are 16: four requests are in flight (Little's law), and few need to wait for their
turn. They use urllib3, on which requests is built, because its pool can be shared. Latency counts from a request's
first turn.

What you should see: both use more than 95 % of the allowed rate, with no request rejected.
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
Answer = tuple[bytes, float]  # body, latency in seconds


class Turns:
    """Planned turns, `rate_per_s` of them; after a pause up to `catch_up` turns follow immediately."""

    def __init__(self, rate_per_s: float, catch_up: int, now: Callable[[], float]) -> None:
        self.interval_s = 1 / rate_per_s
        self.slack_s = catch_up * self.interval_s
        self.now = now
        self.due = self.now()

    def next_s(self) -> float:
        """Take the next turn; seconds until it is due, 0 or less if it is due now."""
        self.due = max(self.due + self.interval_s, self.now() - self.slack_s)
        return self.due - self.now()


class Pacer(Turns):
    """Turns for coroutines."""

    def __init__(self, rate_per_s: float, catch_up: int) -> None:
        super().__init__(rate_per_s, catch_up, asyncio.get_running_loop().time)
        self.queue = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for the next turn."""
        async with self.queue:
            await asyncio.sleep(self.next_s())


class ThreadPacer(Turns):
    """Turns for threads."""

    def __init__(self, rate_per_s: float, catch_up: int, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(rate_per_s, catch_up, now)
        self.queue = Lock()

    def turn(self) -> None:
        """Wait for the next turn."""
        with self.queue:
            time.sleep(max(0.0, self.next_s()))


async def fetch(session: aiohttp.ClientSession, pacer: Pacer, url: str) -> Answer:
    """Send the request at its turn; after a 429 retry once the server's wait is over."""
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
    """Send the request at its turn, blocking; after a 429 retry once the server's wait is over."""
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
    """Run the coroutines in an event loop."""
    return asyncio.run(with_coroutines(urls, pace_per_s))


def with_threads(urls: list[str], pace_per_s: float) -> list[Answer]:
    """A few threads that share a pool of connections."""
    pacer = ThreadPacer(pace_per_s, CATCH_UP)
    with urllib3.PoolManager(maxsize=THREADS) as pool, ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda url: fetch_in_thread(pool, pacer, url), urls))


WAYS: dict[str, Callable[[list[str], float], list[Answer]]] = {"threads": with_threads, "asyncio": with_asyncio}


def measure(way: str, url: str, pace_per_s: float, requests: int) -> dict[str, float | None]:
    """The metrics. ValueError for a wrong answer."""
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
    """Print the metrics of the model that the command line names; the second argument is the server's URL."""
    print(json.dumps(measure(sys.argv[1], sys.argv[2], RATE_PER_S, REQUESTS)))
