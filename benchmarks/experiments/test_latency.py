"""Latency under load: what do users wait who come when they like, and what does a benchmark see that waits for them?

The same server, the same number of requests a second: once sent on schedule (`open`), once by as many clients as
Little's law asks for, each waiting for its answer (`closed`). On request only: `make bench ONLY=latency`.
"""

from benchmarks.core.cell import Cell, Observe, cells
from benchmarks.core.context import BlockContext
from benchmarks.load.open_loop import METRICS, closed_loop, open_loop
from benchmarks.workloads.wire import Wire

CLIENTS, SECONDS = 4, 3
RATE_PER_S = 200  # four clients that wait 20 ms each; some 600 requests, where p99 needs 299


@cells(
    "latency",
    workloads=[Wire()],
    models=["open", "closed"],
    concurrency=[CLIENTS],
    tasks=lambda concurrency: RATE_PER_S * SECONDS,
    opt_in=True,
    metrics=METRICS,
)
def test_latency(observe: Observe, place: BlockContext, cell: Cell) -> None:
    """Ask on schedule, or sequentially."""
    url, delay_s = place.params["url"], cell.wait_s
    if cell.model == "open":
        observe(cell, lambda: open_loop(url, RATE_PER_S, SECONDS, seed=0, delay_s=delay_s).metrics())
    else:
        observe(cell, lambda: closed_loop(url, CLIENTS, SECONDS, delay_s=delay_s).metrics())
