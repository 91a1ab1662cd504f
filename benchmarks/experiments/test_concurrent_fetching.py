"""Crowds: does asyncio fetch faster than threads, and do more threads fetch more slowly? As others have tried it.

`fetching_undelayed`: 1,000 pages that nothing waits for, 100 at once: there is nothing to overlap, so the clients' own
work is what is measured. `concurrent_fetching`: 2,000 pages that take 20 ms, 100 and 1,000 at once. `wire` beside
`http`, for most of what such comparisons find is the client library. A crowd takes so long that being cold is next to
nothing beside it: none of its rounds is discarded. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.http import Http
from benchmarks.workloads.wire import Wire


@cells(
    "fetching_undelayed",
    workloads=[Wire(delay_s=0), Http(delay_s=0)],
    models=["sequential", "threads", "asyncio"],
    concurrency=[100],
    tasks=lambda concurrency: 1000,
    rounds=1,
    opt_in=True,
)
def test_undelayed(measure: Measure, cell: Cell) -> None:
    """Fetch what is there at once."""
    measure(cell)


@cells(
    "concurrent_fetching",
    workloads=[Wire(), Http()],
    models=["threads", "asyncio"],
    concurrency=[100, 1000],
    tasks=lambda concurrency: 2000,
    where=lambda cell: (cell.model, cell.concurrency) != ("asyncio", 1000),
    rounds=1,
    warmup_rounds=0,
    opt_in=True,
)
def test_crowds(measure: Measure, cell: Cell) -> None:
    """Wait in a crowd."""
    measure(cell)
