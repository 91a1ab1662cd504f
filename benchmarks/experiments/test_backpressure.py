"""A producer that is faster than its consumers: does a short queue hold it back, under every model? On request only.

A program in `probes/`: threads, coroutines and processes with the queues that Python has for them.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import backpressure, run_probe
from benchmarks.workloads.noop import Nothing


@cells(
    "backpressure",
    workloads=[Nothing()],
    models=backpressure.WAYS,
    concurrency=[backpressure.CONSUMERS],
    tasks=lambda concurrency: backpressure.ITEMS,
    opt_in=True,
    metrics=("items_per_second", "p50_seconds", "p99_seconds", "peak_in_flight", "handovers_per_second"),
)
def test_pipeline(observe: Callable[[Cell, Callable[[], dict[str, float]]], None], cell: Cell) -> None:
    """Produce and consume."""
    observe(cell, lambda: run_probe("backpressure", cell.model))
