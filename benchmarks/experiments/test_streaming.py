"""Chat and dashboards: one process feeds many clients, how late are the last? Each is a program in `probes/`.

How long until 1,000 clients have what one of them said? How late are events at 500 that get ten a second? On request
only.
"""

from collections.abc import Callable

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import chat_broadcast, run_probe, sse_broadcast
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "chat_broadcast",
    workloads=[Nothing()],
    models=chat_broadcast.WAYS,
    concurrency=[chat_broadcast.CLIENTS],
    tasks=lambda concurrency: chat_broadcast.MESSAGES,
    opt_in=True,
    metrics=(
        *("last_delivery_p99_seconds", "last_delivery_p50_seconds"),
        *("p50_seconds", "p99_seconds", "p999_seconds", "deliveries", "client_cpu_share"),
    ),
)
def test_chat(observe: Observe, cell: Cell) -> None:
    """Say something, and wait until everyone has it."""
    observe(cell, lambda: run_probe("chat_broadcast", cell.model))


@cells(
    "sse_broadcast",
    workloads=[Nothing()],
    models=sse_broadcast.WAYS,
    concurrency=[sse_broadcast.CLIENTS],
    tasks=lambda concurrency: sse_broadcast.TICKS,
    opt_in=True,
    metrics=(
        *("lateness_p99_seconds", "lateness_p50_seconds", "lateness_p999_seconds"),
        *("deliveries", "client_cpu_share"),
    ),
)
def test_dashboards(observe: Observe, cell: Cell) -> None:
    """Feed them."""
    observe(cell, lambda: run_probe("sse_broadcast", cell.model))
