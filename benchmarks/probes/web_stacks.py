"""Web frameworks under web servers: which are measured, and what is measured of them.

A cell's workload is the framework and its model the server: `web_throughput/fastapi/uvicorn/c1`; its size is the number
of worker processes. Every page is checked before anything is timed: its status, its content, and then every answer to
our own client, byte by byte. Threads are as many as there are clients, so that none of them waits for one.

Where asynchronous workers share a socket, expect a short middle and a long tail: a worker accepts whatever comes while
it is awake and keeps it, so one holds many connections and another few. Blocking workers that take one request at a
time share one queue, and their users wait about as long as each other.
"""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.backends.databases import DatabaseHandle
from benchmarks.core.cell import Cell
from benchmarks.load.generator import Burst, LoadFailed, Page, burst, held, in_turn, on_schedule
from benchmarks.load.open_loop import Latencies
from benchmarks.workloads.database import table
from benchmarks.workloads.noop import Nothing, named
from servers.subprocesses import Service, ServiceError, serve
from servers.web_apps import COLUMNS, CONNECTIONS, HELLO, URL, compute
from servers.web_server import APPS

Told = dict[str, float | None]  # metrics by name; None for a quantile that so few requests cannot show

CLIENTS = 32
BURST_S, BEST_S = 0.3, 0.7  # longer where few are answered, and others are held against it
WAIT_MS, COMPUTE_S, ROW = 20, 0.005, 7
IDLE = 1_000  # connections
LEAST, LONGEST_S = 320, 4.0  # requests of an open loop: p99 needs 299, and is left out where they take longer
SHARES = {"at_50_percent_load": 0.5, "at_80_percent_load": 0.8}  # of what a server answers at best
START_S = 30.0  # sixteen workers on two busy cores

# What each server cannot be run without.
PACKAGES = {
    "uvicorn": ("uvicorn", "httptools"),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
    "gunicorn": ("gunicorn",),
    "gunicorn-sync": ("gunicorn",),
    "gunicorn-threads": ("gunicorn",),
    "gunicorn-gevent": ("gunicorn", "gevent"),
}
# Each framework under the server that its documentation starts it with, and two of them under the others as well.
STACKS = (
    ("fastapi", "uvicorn"),
    ("starlette", "uvicorn"),
    ("sanic", "own"),
    ("aiohttp", "own"),
    ("quart", "hypercorn"),
    ("litestar", "uvicorn"),
    ("falcon", "uvicorn"),
    ("flask", "gunicorn-threads"),
    ("flask", "gunicorn-sync"),
    ("flask", "gunicorn-gevent"),
    ("starlette", "hypercorn"),
    ("starlette", "granian"),
)


def frameworks(service: str = "") -> list[Nothing]:
    """Each framework as the workload of a cell, with the database that its pages ask."""
    return [named(name, package=name, service=service) for name in APPS]


@dataclass(frozen=True)
class Site:
    """A running web server with its pages."""

    service: Service

    def page(self, path: str, expected: Any) -> Page:
        """A page, once it was found to be right. LoadFailed."""
        status, body = get(self.service.url, path)
        try:
            found = body.decode() if isinstance(expected, str) else json.loads(body)
        except ValueError:
            found = body
        if status != 200 or found != expected:
            raise LoadFailed(f"{path} is answered with {status} and {body[:100]!r}, where {expected!r:.100} is right")
        return Page(self.service.url, path, body)

    @property
    def hello(self) -> Page:
        """The page that costs nothing."""
        return self.page("/hello", HELLO)

    def wait(self, ms: int = WAIT_MS) -> Page:
        """The page that waits."""
        return self.page(f"/wait/{ms}", {"waited_ms": ms})

    @property
    def computed(self) -> Page:
        """The page that computes."""
        numbers = numbers_in(COMPUTE_S)
        return self.page(f"/compute/{numbers}", {"sum": (numbers - 1) * numbers * (2 * numbers - 1) // 6})

    @property
    def row(self) -> Page:
        """The page from the database."""
        return self.page(f"/row/{ROW}", dict(zip(COLUMNS, table()[ROW], strict=True)))

    def burst(self, page: Page, clients: int = CLIENTS, seconds: float = BURST_S) -> Burst:
        """As many requests as it answers."""
        found = burst(page, clients, seconds, self.service.pid)
        self.service.check()
        return found


@contextmanager
def site(
    app: str, server: str, workers: int, *, clients: int = CLIENTS, database: str = "", connections: int = 1
) -> Iterator[Site]:
    """A framework under a server, from before the first request to the end of all its processes."""
    arguments = (app, server, f"--workers={workers}", f"--threads={clients}")
    variables = {URL: database, CONNECTIONS: str(connections)} if database else {}
    with serve("servers.web_server", *arguments, timeout_s=START_S, variables=variables) as service:
        yield Site(service)


def stack(cell: Cell, **options: Any) -> AbstractContextManager[Site]:
    """The site of a cell."""
    return site(cell.workload.name, cell.model, cell.concurrency, **options)


def get(url: str, path: str) -> tuple[int, bytes]:
    """Status and body of a page. LoadFailed where its length is not told, for then our client cannot follow."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=START_S)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        if answer.length is None:
            raise LoadFailed(f"{path} is answered without a Content-Length")
        return answer.status, answer.read()
    finally:
        connection.close()


@cache
def numbers_in(seconds: float) -> int:
    """How many numbers `compute` adds up in so much time of one core: the same for all cells of a block."""
    took, numbers = [], 20_000
    for _ in range(30):
        began = time.process_time()
        compute(numbers)
        took.append(time.process_time() - began)
    return round(numbers * seconds / sorted(took)[len(took) // 2])


def busy(name: str, found: Burst) -> Told:
    """The throughput of a page, and how many cores the server and the client were busy."""
    return {
        f"{name}_per_second": found.per_second,
        f"{name}_server_cores": found.server_busy,
        f"{name}_client_cores": found.client_busy,
    }


def throughput(cell: Cell) -> Told:
    """Requests a second of two pages, and the memory of a thousand idle connections."""
    with stack(cell) as found:
        hello, wait = found.hello, found.wait()
        told = busy("hello", found.burst(hello)) | busy("wait", found.burst(wait))
        return {**told, "idle_bytes": idle_bytes(found, hello) if cell.model != "gunicorn-sync" else None}


def crowded(cell: Cell, clients: int, ms: int, seconds: float) -> Told:
    """Requests a second of a page that waits, with many clients."""
    with stack(cell, clients=clients) as found:
        return busy("wait", found.burst(found.wait(ms), clients, seconds))


def idle_bytes(found: Site, page: Page) -> float:
    """By how much a server grows when a thousand clients have asked once and stay."""
    return float(held(page, IDLE, lambda: uss(found.service.pid)))


def uss(pid: int) -> int:
    """The memory that only a process and its children have."""
    parent = psutil.Process(pid)
    return sum(one.memory_full_info().uss for one in (parent, *parent.children(recursive=True)))


def tails(cell: Cell) -> Told:
    """Latencies of the page that computes, at two shares of what the server answers at best."""
    with stack(cell) as found:
        page = found.computed
        best = found.burst(page, seconds=BEST_S)
        told = busy("max_load", best)
        for name, share in SHARES.items():
            rate = share * best.per_second
            told |= prefixed(name, on_schedule(page, rate, min(LEAST / rate, LONGEST_S)))
        found.service.check()
    return told


def prefixed(name: str, found: Latencies) -> Told:
    """The quantiles of an open loop, at a share of the best."""
    kept = ("p50_seconds", "p90_seconds", "p99_seconds", "p999_seconds", "generator_late")
    return {f"{name}_{metric}": value for metric, value in found.metrics().items() if metric in kept}


def quantiles(found: Latencies) -> Told:
    """The quantiles of a closed loop."""
    return {f"{name}_seconds": found.metrics()[f"{name}_seconds"] for name in ("p50", "p90", "p99")}


def rows(cell: Cell, database: DatabaseHandle | ServiceError, connections: int, clients: int) -> Told:
    """Requests a second, and latencies, of a page from the database, to clients that wait for their answers."""
    if isinstance(database, ServiceError):
        raise database
    with stack(cell, clients=clients, database=database.url, connections=connections) as found:
        page = found.row
        best = found.burst(page, clients)
        latencies = quantiles(in_turn(page, clients, min(max(BEST_S, 2 * LEAST / best.per_second), LONGEST_S)))
        found.service.check()
    return {**busy("row", best), **latencies}
