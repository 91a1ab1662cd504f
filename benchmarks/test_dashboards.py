"""Dashboards: how late do events arrive at 500 clients that get one ten times a second?

On request only. The probe says how it is done and what you should see.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.probes import run_probe
from benchmarks.probes.dashboards import CLIENTS, TICKS
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "dashboards",
    workloads=[Nothing()],
    models=["asyncio"],
    concurrency=[CLIENTS],
    tasks=lambda concurrency: CLIENTS * TICKS,
    on_request=True,
    metrics=("lateness_p99_seconds", "lateness_p50_seconds", "deliveries", "clients_busy"),
)
def test_dashboards(observe: Observe, cell: Cell) -> None:
    """Feed them."""
    observe(cell, lambda: run_probe("dashboards"))
