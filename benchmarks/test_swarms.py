"""Swarms: how many threads and coroutines are there at once, and what does a waiting one take? On request only."""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.probes import run_probe, stacks, swarms
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "swarms",
    workloads=[Nothing()],
    models=["threads"],
    concurrency=[swarms.THREADS],
    tasks=lambda concurrency: concurrency,
    on_request=True,
    metrics=("at_once",),
)
def test_threads_at_once(observe: Observe, cell: Cell) -> None:
    """Start threads until there are enough, or no more."""
    observe(cell, lambda: run_probe("swarms", cell.model))


@cells(
    "swarms",
    workloads=[Nothing()],
    models=["coroutines"],
    concurrency=[swarms.COROUTINES],
    tasks=lambda concurrency: concurrency,
    on_request=True,
    metrics=("at_once", "stretch"),
)
def test_coroutines_at_once(observe: Observe, cell: Cell) -> None:
    """Let coroutines wait."""
    observe(cell, lambda: run_probe("swarms", cell.model))


@cells(
    "stacks",
    workloads=[Nothing()],
    models=stacks.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    on_request=True,
    metrics=("resident_bytes", "virtual_bytes"),
)
def test_stacks(observe: Observe, cell: Cell) -> None:
    """Let many wait, and look at both kinds of memory."""
    observe(cell, lambda: run_probe("stacks", cell.model))
