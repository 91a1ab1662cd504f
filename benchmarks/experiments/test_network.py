"""Waiting for the network: what does each model make of a burst, and at which concurrency does asyncio lead?

Pages that take 50 ms, from 2 to 1,000 at once. A burst: as many pages as may be in flight, so one wave, with threads,
loop and connections opened for it, because that is what a script pays that has so many pages to fetch. (More waves
would spread that cost until only the waiting is left; `scaling` has two.) Where few are in flight, three waves, since
one of 50 ms is soon over. Every model gets the same pages at a size. Sequentially they take so long that being
cold is nothing beside it: no round is discarded there. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.http import Http
from benchmarks.workloads.wire import Wire

PAGES = [Wire(delay_s=0.05), Http(delay_s=0.05)]
BURST = 50


def pages(concurrency: int) -> int:
    """A burst of 50 pages or one wave, but no more than three waves."""
    return max(concurrency, min(BURST, 3 * concurrency))


@cells(
    "network",
    workloads=PAGES,
    models=["threads", "asyncio"],
    concurrency=[2, 10, BURST, 100, 200, 1000],
    tasks=pages,
    rounds=1,
    opt_in=True,
)
def test_network(measure: Measure, cell: Cell) -> None:
    """Wait, more and more at once."""
    measure(cell)


@cells(
    "network",
    workloads=PAGES,
    models=["sequential"],
    concurrency=[BURST],
    tasks=pages,
    rounds=1,
    warmup_rounds=0,
    opt_in=True,
)
def test_network_one_by_one(measure: Measure, cell: Cell) -> None:
    """Wait, one page after another."""
    measure(cell)
