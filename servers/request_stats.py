"""Statistics of a server: what it served, counted by the server and read by a benchmark.

    from servers.request_stats import reset, stats

A client's clock can't tell a slow client from a slow server; the server's can. A request belongs to the account in
which it started, so that a `reset` with requests in flight leaves both accounts complete. An answer is counted before
it is written, so that a client that has read all answers reads a complete account.

`busy_s` is the integral of requests in flight over time: over `elapsed_s` it is the mean concurrency, and with Little's
law (L = λW) it tells whether a client's figures can be true. Excesses are kept exactly up to `KEPT`, then as a uniform
sample (Vitter's algorithm R), so memory is bounded; the maximum is always exact. Rejected: a histogram (its bucket
widths would be one more thing to defend).
"""

import json
import time
from array import array
from http.client import HTTPConnection
from random import Random
from typing import Any
from urllib.parse import urlsplit

KEPT = 65_536  # 512 KiB; more requests than a round of ours has
ANSWER_TIMEOUT_S = 30.0  # a server with 10,000 in flight may take a second; one that takes 30 is dead


class Bucket:
    """A token bucket: `rate` a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: int, now_s: float) -> None:
        self.rate, self.burst, self.tokens, self.seen_s = rate, burst, float(burst), now_s

    def take(self, now_s: float) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        self.tokens = min(self.burst, self.tokens + (now_s - self.seen_s) * self.rate)
        self.seen_s = now_s
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


class Account:
    """Counts since a reset. `begin` and `end` take the time, so that the hot path reads the clock once for each."""

    def __init__(self, now_s: float) -> None:
        self.opened_s, self.opened_cpu_s = now_s, time.process_time()
        self.started = self.in_flight = self.peak_in_flight = self.connections = 0
        self.successes = self.errors = self.resets = self.hangs = self.rate_limited = self.abandoned = 0
        self.bytes = self.excesses_seen = 0
        self.busy_s = 0.0  # less the starts of those in flight: `as_dict` adds `now` for each of them
        self.excess_max_s = 0.0
        self.excesses = array("d")
        self.log = array("d")
        self.sample = Random(0)
        self.buckets: dict[tuple[float, int], Bucket] = {}

    def begin(self, now_s: float) -> None:
        """Count a request that starts."""
        self.started += 1
        self.in_flight += 1
        if self.in_flight > self.peak_in_flight:
            self.peak_in_flight = self.in_flight
        self.busy_s -= now_s - self.opened_s

    def end(self, task: int, arrived_s: float, now_s: float) -> None:
        """Count a request that ends, whatever its outcome; task and times are kept for up to `KEPT` requests."""
        self.in_flight -= 1
        self.busy_s += now_s - self.opened_s
        if len(self.log) < 3 * KEPT:
            self.log.extend((task, arrived_s, now_s))

    def add_excess(self, excess_s: float) -> None:
        """Record a delay that was `excess_s` longer than requested."""
        self.excesses_seen += 1
        if excess_s > self.excess_max_s:
            self.excess_max_s = excess_s
        if self.excesses_seen <= KEPT:
            self.excesses.append(excess_s)
        elif (place := int(self.sample.random() * self.excesses_seen)) < KEPT:
            self.excesses[place] = excess_s

    def wait_s(self, rate: float, burst: int, now_s: float) -> float:
        """Seconds until the rate limit lets a request pass; 0 if it passes now."""
        if (bucket := self.buckets.get((rate, burst))) is None:
            bucket = self.buckets[rate, burst] = Bucket(rate, burst, now_s)
        return bucket.take(now_s)

    def as_dict(self, now_s: float) -> dict[str, float]:
        """The statistics as `/stats` returns them."""
        ordered = sorted(self.excesses)
        last = len(ordered) - 1
        return {
            "requests": self.successes + self.errors + self.rate_limited,
            **{name: getattr(self, name) for name in COUNTS},
            "delay_excess_p50_s": ordered[round(last * 0.5)] if ordered else 0.0,
            "delay_excess_p99_s": ordered[round(last * 0.99)] if ordered else 0.0,
            "delay_excess_max_s": self.excess_max_s,
            "busy_s": self.busy_s + self.in_flight * (now_s - self.opened_s),
            "elapsed_s": now_s - self.opened_s,
            "cpu_s": time.process_time() - self.opened_cpu_s,
        }


COUNTS = (
    *("started", "successes", "errors", "resets", "hangs", "rate_limited", "abandoned"),
    *("connections", "in_flight", "peak_in_flight", "bytes"),
)


def reset(url: str) -> None:
    """Open a new account: `POST /reset`."""
    ask(url, "POST", "/reset")


def stats(url: str) -> dict[str, float]:
    """The account since the last reset: `GET /stats`."""
    return {
        name: float(value) if name.endswith("_s") else int(value) for name, value in ask(url, "GET", "/stats").items()
    }


def request_log(url: str) -> list[tuple[int, float, float]]:
    """The requests since the last reset, in the order in which they ended: task, arrival, answer (`GET /log`).

    Times are those of the server's monotonic clock, which all processes of one machine share.
    """
    flat = ask(url, "GET", "/log")
    return [(int(task), arrived_s, left_s) for task, arrived_s, left_s in zip(*[iter(flat)] * 3, strict=True)]


def ask(url: str, method: str, path: str) -> Any:
    """The JSON answer to one request over a connection of its own."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request(method, path, headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise ConnectionError(f"{method} {url}{path}: status {response.status}, {body[:200]!r}")
    return json.loads(body)
