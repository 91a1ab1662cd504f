"""Blocking: what stops an event loop, and what does not? A heart beats every 10 ms beside each. On request only."""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.core.runner import BlockContext
from benchmarks.probes import run_probe
from benchmarks.probes.loop_blocking import FORMS
from benchmarks.workloads.noop import Nothing


@cells(
    "loop_blocking",
    workloads=[Nothing()],
    models=FORMS,
    concurrency=[1],
    tasks=lambda concurrency: 1,
    opt_in=True,
    metrics=("longest_gap_seconds", "median_gap_seconds"),
)
def test_blocking(
    observe: Callable[[Cell, Callable[[], dict[str, float]]], None], place: BlockContext, cell: Cell
) -> None:
    """Do one thing beside a beating heart."""
    observe(cell, lambda: run_probe("loop_blocking", cell.model, place.params["url"]))
