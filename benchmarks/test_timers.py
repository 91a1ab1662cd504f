"""Scheduled operations: how late do 10,000 timers fire that are due within a second?

On request only. The probe says how it is done and what you should see.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.probes import run_probe
from benchmarks.probes.timers import MANY, WAYS
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "timers",
    workloads=[Nothing()],
    models=WAYS,
    concurrency=[MANY],
    tasks=lambda concurrency: concurrency,
    on_request=True,
    metrics=("lateness_p99_seconds", "few_lateness_p99_seconds", "armed"),
)
def test_timers(observe: Observe, cell: Cell) -> None:
    """Arm, and wait for the last to fire."""
    observe(cell, lambda: run_probe("timers", cell.model))
