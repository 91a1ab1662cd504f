"""A blocking client in asynchronous code: what does it cost, and does `asyncio.to_thread` make up for it?

40 pages that each take 50 ms, 20 at once: sequentially 2 s, and two waves of 50 ms are the ideal time. `http-blocking`
calls `requests` from coroutines, as happens when code is made `async` by its first word only. Sequentially, the
pages take so long that being cold is nothing beside it: no round is discarded there. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.http import Http
from benchmarks.workloads.http_blocking import HttpBlocking

DELAY_S = 0.05
TASKS = 40


@cells(
    "blocking_client_in_async",
    workloads=[Http(delay_s=DELAY_S)],
    models=["asyncio", "to_thread"],
    concurrency=[20],
    tasks=lambda concurrency: TASKS,
    rounds=1,
    opt_in=True,
)
def test_clients(measure: Measure, cell: Cell) -> None:
    """Fetch, many pages at once."""
    measure(cell)


@cells(
    "blocking_client_in_async",
    workloads=[Http(delay_s=DELAY_S), HttpBlocking(delay_s=DELAY_S)],
    models=["sequential", "asyncio"],
    concurrency=[20],
    tasks=lambda concurrency: TASKS,
    where=lambda cell: (cell.workload.name, cell.model) in (("http", "sequential"), ("http-blocking", "asyncio")),
    rounds=1,
    warmup_rounds=0,
    opt_in=True,
)
def test_clients_one_by_one(measure: Measure, cell: Cell) -> None:
    """Fetch one page after another, and mean not to."""
    measure(cell)
