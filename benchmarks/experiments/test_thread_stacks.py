"""What every model costs: to open, to hand a task over, and in memory while tasks wait, few of them or many.

The classical ones' memory is in `test_costs`, in every run; the rest on request only.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.experiments.test_startup_and_memory import WAITING
from benchmarks.models import without_cluster
from benchmarks.probes import pool_startup, run_probe, task_memory
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.sleep import Sleep

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "pool_startup",
    workloads=[Nothing()],
    models=without_cluster(),
    concurrency=[pool_startup.AT_ONCE, pool_startup.TASKS],
    tasks=lambda concurrency: pool_startup.TASKS,
    where=lambda cell: cell.concurrency == pool_startup.at_once(cell.model),
    opt_in=True,
    metrics=("task_seconds", "open_seconds"),
)
def test_opening(observe: Observe, cell: Cell) -> None:
    """Do nothing, many times."""
    observe(cell, lambda: run_probe("pool_startup", cell.model))


@cells(
    "task_memory",
    workloads=[Sleep()],
    models=without_cluster(),
    concurrency=task_memory.SIZES,
    tasks=lambda concurrency: concurrency,
    where=lambda cell: task_memory.asked(cell.model, cell.concurrency) and cell.concurrency != WAITING.get(cell.model),
    opt_in=True,
    metrics=("bytes_per_task",),
)
def test_memory_of_all(observe: Observe, cell: Cell) -> None:
    """Let few tasks wait, or many, and look at the memory."""
    observe(cell, lambda: run_probe("task_memory", cell.model, cell.concurrency))
