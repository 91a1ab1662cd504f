"""Mixed: how much computing does it take until waiting in one thread no longer pays?

Every task lasts 10 ms on an idle machine; from none to all of it is spent computing in Python, the rest waiting.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.mixed import Mixed

MANY = 10
CPU_SHARES = (0, 0.01, 0.05, 0.2, 0.5, 1)


def turning(cell: Cell) -> bool:
    """Whether neither waiting nor computing dominates."""
    return cell.cpu_percent == 20 and cell.concurrency == MANY


@cells(
    "mixed",
    workloads=[Mixed(cpu_share=share, task_s=0.01) for share in CPU_SHARES],
    concurrency=[4, MANY],
    tasks=lambda concurrency: MANY,
    twins=[("mixed", "threads"), ("mixed", "asyncio"), ("mixed", "processes")],  # one pair alone is a lottery
    # sequential does the same work whatever is allowed; the controls of one mix are enough
    where=lambda cell: (cell.model != "sequential" or cell.concurrency == MANY) and (not cell.twin or turning(cell)),
    rounds=1,
    quick=turning,
)
def test_mixed(measure: Measure, cell: Cell) -> None:
    """Fetch, then compute."""
    measure(cell)
