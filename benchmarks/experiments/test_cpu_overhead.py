"""Crunching: do threads and asyncio speed up computing in Python, or slow it down? As others have tried it.

12 tasks of about 50 ms on this core, so that four workers share them evenly; as many workers as the claims have, which
may be more than there are cores. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.primes import Primes

CLAIMED = (("sequential", 10), ("asyncio", 10), ("threads", 10), ("threads", 4), ("processes", 4))


@cells(
    "cpu_overhead",
    workloads=[Primes()],
    concurrency=[4, 10],
    tasks=lambda concurrency: 12,
    where=lambda cell: (cell.model, cell.concurrency) in CLAIMED,
    rounds=1,
    opt_in=True,
)
def test_crunching(measure: Measure, cell: Cell) -> None:
    """Compute."""
    measure(cell)
