"""A blocking client in asynchronous code: what does it cost, and does `asyncio.to_thread` make up for it?

40 pages that each take 50 ms, 20 at once: one after another 2 s, and two waves of 50 ms are the floor. `http-blocking`
calls `requests` from coroutines, as happens when code is made `async` by its first word only. On request only.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.workloads.http import Http
from benchmarks.workloads.http_blocking import HttpBlocking

DELAY_S = 0.05


@cells(
    "clients",
    workloads=[Http(delay_s=DELAY_S), HttpBlocking(delay_s=DELAY_S)],
    models=["sequential", "asyncio", "to_thread"],
    concurrency=[20],
    tasks=lambda concurrency: 2 * concurrency,
    where=lambda cell: cell.model == "asyncio" or cell.workload.name == "http",  # blocking forms are the same
    rounds=1,
    on_request=True,
)
def test_clients(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Fetch."""
    measure(cell)
