"""Answers beside a thread that computes (`gil_convoy`) or from a server that stands still (`coordinated_omission`)."""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.load.open_loop import METRICS
from benchmarks.probes import coordinated_omission, gil_convoy, run_probe
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "gil_convoy",
    workloads=[Nothing()],
    models=gil_convoy.FORMS,
    concurrency=[1],
    tasks=lambda concurrency: gil_convoy.REQUESTS,
    opt_in=True,
    metrics=("p50_seconds", "p90_seconds"),
)
def test_convoy(observe: Observe, cell: Cell) -> None:
    """Answer requests beside something that computes."""
    observe(cell, lambda: run_probe("gil_convoy", cell.model))


@cells(
    "coordinated_omission",
    workloads=[Nothing()],
    models=coordinated_omission.FORMS,
    concurrency=[coordinated_omission.CLIENTS],
    tasks=lambda concurrency: round(coordinated_omission.RATE_PER_S * coordinated_omission.SECONDS),
    opt_in=True,
    metrics=METRICS,
)
def test_freeze(observe: Observe, cell: Cell) -> None:
    """Ask a server that stands still for a second."""
    observe(cell, lambda: run_probe("coordinated_omission", cell.model))
