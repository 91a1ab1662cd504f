"""Farming out: what does a task cost that is handed to a process pool, to Dask, to Ray; from what length does it pay?

Everything is asked of one pool or cluster of two workers, because starting Ray takes longer than all the rest. With
CLUSTER it is asked of that one. On request only.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.core.runner import BlockContext
from benchmarks.probes import offload_cost, run_probe
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "offload_cost",
    workloads=[Nothing()],
    models=["processes", "dask", "ray"],
    concurrency=[offload_cost.WORKERS],
    tasks=lambda concurrency: offload_cost.NOTHINGS,
    opt_in=True,
    metrics=offload_cost.METRICS,
)
def test_farming(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Farm out nothing, waiting, computing and an image."""
    provided = place.params
    observe(cell, lambda: run_probe("offload_cost", cell.model, provided["numbers_per_s"], provided["url"]))
