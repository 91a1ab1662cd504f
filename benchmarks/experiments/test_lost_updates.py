"""Sharing, chaining, forgetting: three things that talks say about coroutines, each as a tiny program in `probes/`.

Do threads, coroutines and processes lose updates of a shared value, and what does it cost to lose none? What does a
chain of three steps cost with `await`, and with callbacks? What does a coroutine do that nobody awaits?

On request only.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import callback_chain, forgotten_await, lost_updates, run_probe
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "lost_updates",
    workloads=[Nothing()],
    models=lost_updates.FORMS,
    concurrency=[lost_updates.WORKERS],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("lost_share", "unit_seconds"),
)
def test_sharing(observe: Observe, cell: Cell) -> None:
    """Read, compute, write."""
    observe(cell, lambda: run_probe("lost_updates", cell.model))


@cells(
    "callback_chain",
    workloads=[Nothing()],
    models=callback_chain.FORMS,
    concurrency=[callback_chain.AT_ONCE],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("unit_seconds",),
)
def test_chaining(observe: Observe, cell: Cell) -> None:
    """Take three steps, over and over."""
    observe(cell, lambda: run_probe("callback_chain", cell.model))


@cells(
    "forgotten_await",
    workloads=[Nothing()],
    models=forgotten_await.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("side_effects", "warnings"),
)
def test_forgetting(observe: Observe, cell: Cell) -> None:
    """Save a letter, or mean to."""
    observe(cell, lambda: run_probe("forgotten_await", cell.model))
