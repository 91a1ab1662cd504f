"""Rate limits and timers: are things done when they are due? Each is a program in `probes/`.

Does a client keep to an API's rate limit, and use it up? How late do 10,000 timers fire? On request only.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.core.runner import BlockContext
from benchmarks.probes import rate_limit, run_probe, timers
from benchmarks.workloads.http import Http
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "rate_limit",
    workloads=[Http(delay_s=rate_limit.DELAY_MS / 1000)],
    models=rate_limit.WAYS,
    concurrency=[rate_limit.REQUESTS],
    tasks=lambda concurrency: concurrency,
    opt_in=True,
    metrics=("rate_limit_share", "rate_limited", "answered", "error_share", "p50_seconds", "p99_seconds"),
)
def test_rates(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Ask as fast as is allowed."""
    observe(cell, lambda: run_probe("rate_limit", cell.model, place.params["url"]))


@cells(
    "timers",
    workloads=[Nothing()],
    models=timers.WAYS,
    concurrency=[timers.MANY],
    tasks=lambda concurrency: concurrency,
    opt_in=True,
    metrics=(
        *("lateness_p99_seconds", "lateness_p50_seconds", "lateness_p999_seconds"),
        *("few_timers_lateness_p99_seconds", "timers_set"),
    ),
)
def test_timers(observe: Observe, cell: Cell) -> None:
    """Arm, and wait for the last to fire."""
    observe(cell, lambda: run_probe("timers", cell.model))
