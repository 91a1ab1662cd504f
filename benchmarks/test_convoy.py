"""Held up: by a thread that computes (`convoy`), and by a server that stands still (`freeze`). On request only."""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.openloop import METRICS
from benchmarks.probes import convoy, freeze, run_probe
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "convoy",
    workloads=[Nothing()],
    models=convoy.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: convoy.REQUESTS,
    on_request=True,
    metrics=("p50_seconds", "p90_seconds"),
)
def test_convoy(observe: Observe, cell: Cell) -> None:
    """Answer requests beside something that computes."""
    observe(cell, lambda: run_probe("convoy", cell.model))


@cells(
    "freeze",
    workloads=[Nothing()],
    models=freeze.FORMS,
    concurrency=[freeze.CLIENTS],
    tasks=lambda concurrency: round(freeze.RATE_PER_S * freeze.SECONDS),
    on_request=True,
    metrics=METRICS,
)
def test_freeze(observe: Observe, cell: Cell) -> None:
    """Ask a server that stands still for a second."""
    observe(cell, lambda: run_probe("freeze", cell.model))
