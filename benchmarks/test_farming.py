"""Farming out: what does a task cost that is handed to a process pool, to Dask, to Ray; from what length does it pay?

Everything is asked of one pool or cluster of two workers, because starting Ray takes longer than all the rest. With
CLUSTER it is asked of that one. On request only.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.measure import Place
from benchmarks.probes import farming, run_probe
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "farming",
    workloads=[Nothing()],
    models=["processes", "dask", "ray"],
    concurrency=[farming.WORKERS],
    tasks=lambda concurrency: farming.NOTHINGS,
    on_request=True,
    metrics=farming.METRICS,
)
def test_farming(observe: Observe, place: Place, cell: Cell) -> None:
    """Farm out nothing, waiting, computing and an image."""
    provided = place.provided
    observe(cell, lambda: run_probe("farming", cell.model, provided["numbers_per_s"], provided["url"]))
