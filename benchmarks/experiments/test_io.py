"""I/O-bound: how well does each model overlap waiting, with as many tasks in flight as any other?

20 tasks that each wait 20 ms for the server, 10 at once: sequentially that is 0.4 s, and two waves of 20 ms are
the ideal time. `wire` is the verdict on the models; `http` shows what the usual libraries make of them; `sleep` has no
network at all. More at once: `scaling`.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.http import Http
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire


@cells(
    "io",
    workloads=[Wire(), Http(), Sleep()],
    concurrency=[10],
    tasks=lambda concurrency: 2 * concurrency,
    twins=[("wire", "asyncio"), ("wire", "threads"), ("sleep", "asyncio")],  # one pair alone is a lottery
    quick=lambda cell: cell.workload.name != "sleep",
)
def test_io(measure: Measure, cell: Cell) -> None:
    """Wait."""
    measure(cell)
