"""What lets go of the GIL? Kinds of work, each one task alone, two in threads, two in processes. On request only.

The kinds are in `probes/letting_go.py`, which runs each of them in an interpreter of its own.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import gil_release, run_probe
from benchmarks.workloads.noop import Nothing


@cells(
    "gil_release",
    workloads=[Nothing()],
    models=gil_release.KINDS,
    concurrency=[2],
    tasks=lambda concurrency: concurrency,
    opt_in=True,
    metrics=("threads_speedup", "processes_speedup", "gil_released_share"),
)
def test_letting_go(observe: Callable[[Cell, Callable[[], dict[str, float]]], None], cell: Cell) -> None:
    """Work alone, beside another thread, beside another process."""
    observe(cell, lambda: run_probe("gil_release", cell.model))
