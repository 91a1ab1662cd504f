"""What a model costs before it does anything: time to start one unit of it, memory while its tasks wait."""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import run_probe
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.sleep import Sleep

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]
WAITING = {"threads": 1_000, "asyncio": 1_000, "processes": 10}  # more of them, and every model: test_expenses


@cells(
    "startup_cost",
    workloads=[Nothing()],
    models=["task", "thread", "process-fork", "process-forkserver", "process-spawn"],
    concurrency=[1],
    tasks=lambda concurrency: 1,
    metrics=("unit_seconds",),
)
def test_starting(observe: Observe, cell: Cell) -> None:
    """Start one, join it, start the next."""
    observe(cell, lambda: run_probe("startup_cost", cell.model))


@cells(
    "startup_cost",
    workloads=[Nothing()],
    models=["interpreters"],  # from Python 3.14 on
    concurrency=[1],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("unit_seconds",),
)
def test_starting_interpreters(observe: Observe, cell: Cell) -> None:
    """Start one, call it, close it."""
    observe(cell, lambda: run_probe("startup_cost", cell.model))


@cells(
    "task_memory",
    workloads=[Sleep()],
    models=WAITING,
    concurrency=sorted(set(WAITING.values())),
    tasks=lambda concurrency: concurrency,
    where=lambda cell: cell.concurrency == WAITING[cell.model],
    metrics=("bytes_per_task",),
)
def test_memory(observe: Observe, cell: Cell) -> None:
    """Let many tasks wait, and look at the memory."""
    observe(cell, lambda: run_probe("task_memory", cell.model, cell.concurrency))
