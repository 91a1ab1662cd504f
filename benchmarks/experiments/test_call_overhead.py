"""Overheads: of asyncio's own steps, of handing a call to a thread, of a session for each request. On request only."""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.core.runner import BlockContext
from benchmarks.probes import asyncio_entry, run_probe, session_reuse, thread_handoff
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "asyncio_entry",
    workloads=[Nothing()],
    models=asyncio_entry.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("unit_seconds",),
)
def test_overheads(observe: Observe, cell: Cell) -> None:
    """Run a coroutine that does nothing."""
    observe(cell, lambda: run_probe("asyncio_entry", cell.model))


@cells(
    "thread_handoff",
    workloads=[Nothing()],
    models=thread_handoff.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: thread_handoff.CALLS,
    opt_in=True,
    metrics=("unit_seconds",),
)
def test_handing(observe: Observe, cell: Cell) -> None:
    """Hand calls that do nothing to a thread."""
    observe(cell, lambda: run_probe("thread_handoff", cell.model))


@cells(
    "session_reuse",
    workloads=[Nothing()],
    models=session_reuse.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: session_reuse.REQUESTS,
    opt_in=True,
    metrics=("unit_seconds",),
)
def test_pooling(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Fetch, with one session or with many."""
    observe(cell, lambda: run_probe("session_reuse", cell.model, place.params["url"]))
