"""Swarms: how many threads and coroutines are there at once, and what does a waiting one take? On request only."""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import max_concurrency, run_probe, thread_stacks
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "max_concurrency",
    workloads=[Nothing()],
    models=["threads"],
    concurrency=[max_concurrency.THREADS],
    tasks=lambda concurrency: concurrency,
    opt_in=True,
    metrics=("peak_tasks",),
)
def test_threads_at_once(observe: Observe, cell: Cell) -> None:
    """Start threads until there are enough, or no more."""
    observe(cell, lambda: run_probe("max_concurrency", cell.model))


@cells(
    "max_concurrency",
    workloads=[Nothing()],
    models=["coroutines"],
    concurrency=[max_concurrency.COROUTINES],
    tasks=lambda concurrency: concurrency,
    opt_in=True,
    metrics=("peak_tasks", "time_over_ideal"),
)
def test_coroutines_at_once(observe: Observe, cell: Cell) -> None:
    """Let coroutines wait."""
    observe(cell, lambda: run_probe("max_concurrency", cell.model))


@cells(
    "thread_stacks",
    workloads=[Nothing()],
    models=thread_stacks.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("resident_bytes", "virtual_bytes"),
)
def test_stacks(observe: Observe, cell: Cell) -> None:
    """Let many wait, and look at both kinds of memory."""
    observe(cell, lambda: run_probe("thread_stacks", cell.model))
