"""uvloop against asyncio's own loop, where loops differ most: an echo server, by transport and size of a message.

On request only. The probe says how it is done and what you should see.
"""

from collections.abc import Callable

import pytest

from benchmarks.core.cell import Cell, cells
from benchmarks.probes import echo_server, run_probe
from benchmarks.workloads.noop import Nothing

Observe = Callable[[Cell, Callable[[], dict[str, float]]], None]


class Sockets(Nothing):
    """`socket`, and a loop that says when."""

    name = "sockets"


class Streams(Nothing):
    """`StreamReader` and `StreamWriter`."""

    name = "streams"


class Protocols(Nothing):
    """`Protocol` and `Transport`."""

    name = "protocols"


def of_size(size: str) -> pytest.MarkDecorator:
    """The cells with messages of that size."""
    return cells(
        f"echo_{size}",
        workloads=[Sockets(), Streams(), Protocols()],
        models=["asyncio", "uvloop"],
        concurrency=[echo_server.CLIENTS],
        tasks=lambda concurrency: concurrency * echo_server.ROUND_TRIPS[size],
        opt_in=True,
        metrics=("unit_seconds",),
    )


@of_size("1k")
def test_echo_1k(observe: Observe, cell: Cell) -> None:
    """1 KiB."""
    observe(cell, lambda: run_probe("echo_server", cell.workload.name, "1k", cell.model))


@of_size("100k")
def test_echo_100k(observe: Observe, cell: Cell) -> None:
    """100 KiB."""
    observe(cell, lambda: run_probe("echo_server", cell.workload.name, "100k", cell.model))
