"""Overheads: of asyncio's own steps, of handing a call to a thread, of a session for each request. On request only."""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.measure import Place
from benchmarks.probes import handing, overheads, pooling, run_probe
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "overheads",
    workloads=[Nothing()],
    models=overheads.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    on_request=True,
    metrics=("unit_seconds",),
)
def test_overheads(observe: Observe, cell: Cell) -> None:
    """Run a coroutine that does nothing."""
    observe(cell, lambda: run_probe("overheads", cell.model))


@cells(
    "handing",
    workloads=[Nothing()],
    models=handing.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: handing.CALLS,
    on_request=True,
    metrics=("unit_seconds",),
)
def test_handing(observe: Observe, cell: Cell) -> None:
    """Hand calls that do nothing to a thread."""
    observe(cell, lambda: run_probe("handing", cell.model))


@cells(
    "pooling",
    workloads=[Nothing()],
    models=pooling.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: pooling.REQUESTS,
    on_request=True,
    metrics=("unit_seconds",),
)
def test_pooling(observe: Observe, place: Place, cell: Cell) -> None:
    """Fetch, with one session or with many."""
    observe(cell, lambda: run_probe("pooling", cell.model, place.provided["url"]))
