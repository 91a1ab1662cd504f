"""Footprint: what does the same program take in memory under this interpreter? On request only.

One interpreter alone says little with it; `make matrix` puts several beside each other.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import interpreter_memory, run_probe
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "interpreter_memory",
    workloads=[Nothing()],
    models=interpreter_memory.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("program_bytes",),
)
def test_footprint(observe: Observe, cell: Cell) -> None:
    """Import, hold, and look at the memory."""
    observe(cell, lambda: run_probe("interpreter_memory", cell.model))
