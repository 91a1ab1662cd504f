"""Scaling: how does throughput grow with the number of tasks in flight, and where does it stop growing?

Each task waits 20 ms, so C in flight should finish C / 20 ms of them a second. A model leaves that line where its own
work for a task fills a core. A thousand processes would need some gigabytes: processes stop at 50.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.wire import Wire

MOST_PROCESSES = 50


@cells(
    "scaling",
    workloads=[Wire()],
    models=["threads", "processes", "asyncio"],
    concurrency=[1, 10, 50, 200, 1000],
    tasks=lambda concurrency: max(6, min(2 * concurrency, 1000)),
    where=lambda cell: cell.model != "processes" or cell.concurrency <= MOST_PROCESSES,
    rounds=1,
)
def test_scaling(measure: Measure, cell: Cell) -> None:
    """Wait, more and more at once."""
    measure(cell)
