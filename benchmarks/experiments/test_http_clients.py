"""HTTP clients: how much of a result is the library's, and how much the model's?

20 concurrent requests to a server that answers at once, where all that is measured is the client, and to one that takes
20 ms. Each library under each model that can drive it: what blocks, sequentially, in threads and in greenlets;
what awaits, on asyncio's own loop, on uvloop and on trio. `wire` is the lean one, the same protocol code everywhere.
20 processes for a single page each would measure the starting of processes; they are in `io`. Not here: niquests, which
puts a package of its own in the place of urllib3, and so under `requests`. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.aiohttp import Aiohttp
from benchmarks.workloads.http_client import HttpClient
from benchmarks.workloads.httpx import Httpx
from benchmarks.workloads.requests import Requests
from benchmarks.workloads.urllib3 import Urllib3
from benchmarks.workloads.wire import Wire

LIBRARIES = (Requests, Urllib3, HttpClient, Httpx, Aiohttp, Wire)
MODELS = ("threads", "gevent", "asyncio", "uvloop", "trio")
AT_ONCE = 20


@cells(
    "http_clients",
    workloads=[library(delay_s=0.02) for library in LIBRARIES],
    models=MODELS,
    concurrency=[AT_ONCE],
    tasks=lambda concurrency: 5 * concurrency,
    rounds=1,
    opt_in=True,
)
def test_libraries(measure: Measure, cell: Cell) -> None:
    """Fetch pages that take their time."""
    measure(cell)


@cells(
    "http_clients_undelayed",
    workloads=[library(delay_s=0) for library in LIBRARIES],
    models=["sequential", *MODELS],
    concurrency=[AT_ONCE],
    tasks=lambda concurrency: 15 * concurrency,
    rounds=1,
    opt_in=True,
)
def test_libraries_undelayed(measure: Measure, cell: Cell) -> None:
    """Fetch pages that are there at once."""
    measure(cell)
