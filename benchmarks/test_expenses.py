"""What every model costs: to open, to hand a task over, and in memory while tasks wait, few of them or many.

The classical ones' memory is in `test_costs`, in every run; the rest on request only.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.models import without_cluster
from benchmarks.probes import memory, opening, run_probe
from benchmarks.test_costs import WAITING
from benchmarks.workloads.nothing import Nothing
from benchmarks.workloads.sleep import Sleep

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "opening",
    workloads=[Nothing()],
    models=without_cluster(),
    concurrency=[opening.AT_ONCE, opening.TASKS],
    tasks=lambda concurrency: opening.TASKS,
    where=lambda cell: cell.concurrency == opening.at_once(cell.model),
    on_request=True,
    metrics=("task_seconds", "open_seconds"),
)
def test_opening(observe: Observe, cell: Cell) -> None:
    """Do nothing, many times."""
    observe(cell, lambda: run_probe("opening", cell.model))


@cells(
    "memory",
    workloads=[Sleep()],
    models=without_cluster(),
    concurrency=memory.SIZES,
    tasks=lambda concurrency: concurrency,
    where=lambda cell: memory.asked(cell.model, cell.concurrency) and cell.concurrency != WAITING.get(cell.model),
    on_request=True,
    metrics=("bytes_per_task",),
)
def test_memory_of_all(observe: Observe, cell: Cell) -> None:
    """Let few tasks wait, or many, and look at the memory."""
    observe(cell, lambda: run_probe("memory", cell.model, cell.concurrency))
