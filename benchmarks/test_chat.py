"""Chat: how long until the last of 1,000 clients has what one of them said?

On request only. The probe says how it is done and what you should see.
"""

from collections.abc import Callable

from benchmarks.cell import Cell, cells
from benchmarks.probes import run_probe
from benchmarks.probes.chat import CLIENTS, MESSAGES
from benchmarks.workloads.nothing import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


@cells(
    "chat",
    workloads=[Nothing()],
    models=["asyncio"],
    concurrency=[CLIENTS],
    tasks=lambda concurrency: MESSAGES,
    on_request=True,
    metrics=("last_delivery_p99_seconds", "last_delivery_p50_seconds", "deliveries", "clients_busy"),
)
def test_chat(observe: Observe, cell: Cell) -> None:
    """Say something, and wait until everyone has it."""
    observe(cell, lambda: run_probe("chat"))
