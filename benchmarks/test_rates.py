"""Rate limits: does a client keep to what an API allows, and still use it up?

On request only. The probe says how it is done and what you should see.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.measure import Place
from benchmarks.probes import run_probe
from benchmarks.probes.rates import DELAY_MS, REQUESTS
from benchmarks.workloads.http import Http

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "rates",
    workloads=[Http(delay_s=DELAY_MS / 1000)],
    models=["asyncio"],
    concurrency=[REQUESTS],
    tasks=lambda concurrency: concurrency,
    on_request=True,
    metrics=("share_of_limit", "rate_limited", "answered"),
)
def test_rates(observe: Observe, place: Place, cell: Cell) -> None:
    """Ask as fast as is allowed."""
    observe(cell, lambda: run_probe("rates", place.provided["url"]))
