"""The web frameworks and servers that are measured, and their metrics.

A cell's workload is the framework, its model the server, as in `web_throughput/fastapi/uvicorn/c1`; its concurrency is
the number of worker processes. Before timing, every page's status and content are checked; then our client checks every
answer byte by byte. There is a thread for each client, so that no client waits for one.

Where asynchronous workers share a socket, expect a short median and a long tail: an awake worker accepts all waiting
connections and keeps them, so one holds many and another few. Blocking workers with one request at a time share one
queue, and their clients wait about equally long.
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
from benchmarks.load.burst import Burst, burst
from benchmarks.load.generator import LoadFailed, Page, growth_while_connected, in_turn, on_schedule
from benchmarks.load.open_loop import Latencies
from benchmarks.workloads.database import table
from benchmarks.workloads.noop import Nothing, noop_named
from servers.subprocesses import Service, ServiceError, serve
from servers.web_apps import COLUMNS, CONNECTIONS, HELLO, URL, compute
from servers.web_server import APPS

Metrics = dict[str, float | None]  # None for a quantile that needs more requests

CLIENTS = 32
BURST_S, BEST_S = 0.3, 0.7  # longer where answers are few, or where it is the reference for a load
WAIT_MS, COMPUTE_S, ROW = 20, 0.005, 7
IDLE = 1_000  # connections
LEAST, LONGEST_S = 320, 4.0  # requests of an open loop: p99 needs 299, and is omitted if they would take longer
SHARES = {"at_50_percent_load": 0.5, "at_80_percent_load": 0.8}  # of a server's maximum throughput
START_S = 30.0  # sixteen workers on two busy cores

# The packages that each server needs.
PACKAGES = {
    "uvicorn": ("uvicorn", "httptools"),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
    "gunicorn": ("gunicorn",),
    "gunicorn-sync": ("gunicorn",),
    "gunicorn-threads": ("gunicorn",),
    "gunicorn-gevent": ("gunicorn", "gevent"),
}
# Each framework under the server that its documentation uses, and two of them under other servers as well.
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
    """Each framework as the workload of a cell, with the database that its pages query."""
    return [noop_named(name, package=name, service=service) for name in APPS]


@dataclass(frozen=True)
class Site:
    """A running web server with its pages."""

    service: Service

    def page(self, path: str, expected: Any) -> Page:
        """A page, after a check of its status and content. LoadFailed."""
        status, body = get(self.service.url, path)
        try:
            content = body.decode() if isinstance(expected, str) else json.loads(body)
        except ValueError:
            content = body
        if status != 200 or content != expected:
            raise LoadFailed(f"{path} is answered with {status} and {body[:100]!r}, where {expected!r:.100} is right")
        return Page(self.service.url, path, body)

    @property
    def hello(self) -> Page:
        """The page with a constant text."""
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
        """Measure the throughput of a page."""
        result = burst(page, clients, seconds, self.service.pid)
        self.service.check()
        return result


@contextmanager
def site(
    app: str, server: str, workers: int, *, clients: int = CLIENTS, database: str = "", connections: int = 1
) -> Iterator[Site]:
    """Run a framework under a server; all its processes end with the block."""
    arguments = (app, server, f"--workers={workers}", f"--threads={clients}")
    variables = {URL: database, CONNECTIONS: str(connections)} if database else {}
    with serve("servers.web_server", *arguments, timeout_s=START_S, variables=variables) as service:
        yield Site(service)


def stack(cell: Cell, **options: Any) -> AbstractContextManager[Site]:
    """The running site of a cell."""
    return site(cell.workload.name, cell.model, cell.concurrency, **options)


def get(url: str, path: str) -> tuple[int, bytes]:
    """Status and body of a page. LoadFailed if there is no Content-Length, which our client needs."""
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
    """How many numbers `compute` adds up in that much CPU time: the same for all cells of a block."""
    took, numbers = [], 20_000
    for _ in range(30):
        began = time.process_time()
        compute(numbers)
        took.append(time.process_time() - began)
    return round(numbers * seconds / sorted(took)[len(took) // 2])


def burst_metrics(name: str, result: Burst) -> Metrics:
    """The throughput of a page, and the cores that server and client used."""
    return {
        f"{name}_per_second": result.per_second,
        f"{name}_server_cores": result.server_busy,
        f"{name}_client_cores": result.client_busy,
    }


def throughput(cell: Cell) -> Metrics:
    """Throughput of two pages, and memory of a thousand idle connections."""
    with stack(cell) as running:
        hello, wait = running.hello, running.wait()
        both = burst_metrics("hello", running.burst(hello)) | burst_metrics("wait", running.burst(wait))
        return {**both, "idle_bytes": idle_bytes(running, hello) if cell.model != "gunicorn-sync" else None}


def many_clients(cell: Cell, clients: int, ms: int, seconds: float) -> Metrics:
    """Throughput of a page that waits, with many clients."""
    with stack(cell, clients=clients) as running:
        return burst_metrics("wait", running.burst(running.wait(ms), clients, seconds))


def idle_bytes(running: Site, page: Page) -> float:
    """Growth of a server's memory with a thousand idle connections."""
    return float(growth_while_connected(page, IDLE, lambda: uss(running.service.pid)))


def uss(pid: int) -> int:
    """Unique set size of a process and its children, in bytes."""
    parent = psutil.Process(pid)
    return sum(one.memory_full_info().uss for one in (parent, *parent.children(recursive=True)))


def tail_latency(cell: Cell) -> Metrics:
    """Latencies of the page that computes, at two shares of the server's maximum throughput."""
    with stack(cell) as running:
        page = running.computed
        best = running.burst(page, seconds=BEST_S)
        metrics = burst_metrics("max_load", best)
        for name, share in SHARES.items():
            rate = share * best.per_second
            metrics |= prefixed(name, on_schedule(page, rate, min(LEAST / rate, LONGEST_S)))
        running.service.check()
    return metrics


def prefixed(name: str, latencies: Latencies) -> Metrics:
    """The quantiles of an open loop, with the load's name before each."""
    kept = ("p50_seconds", "p90_seconds", "p99_seconds", "p999_seconds", "generator_late")
    return {f"{name}_{metric}": value for metric, value in latencies.metrics().items() if metric in kept}


def quantiles(latencies: Latencies) -> Metrics:
    """The quantiles of a closed loop."""
    return {f"{name}_seconds": latencies.metrics()[f"{name}_seconds"] for name in ("p50", "p90", "p99")}


def database_row(cell: Cell, database: DatabaseHandle | ServiceError, connections: int, clients: int) -> Metrics:
    """Throughput and latencies of a page from the database, in a closed loop."""
    if isinstance(database, ServiceError):
        raise database
    with stack(cell, clients=clients, database=database.url, connections=connections) as running:
        page = running.row
        best = running.burst(page, clients)
        latencies = quantiles(in_turn(page, clients, min(max(BEST_S, 2 * LEAST / best.per_second), LONGEST_S)))
        running.service.check()
    return {**burst_metrics("row", best), **latencies}
