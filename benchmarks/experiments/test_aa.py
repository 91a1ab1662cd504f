"""The suite against itself: what does it say where the truth is known? On request only: `make aa`.

`aa` holds A/A controls: every difference between them is false. `planted…` does a known share of more work than
`planted0`: more tasks of the same kind, because then pool, loop and client grow with the share and the true ratio is
exact to a part in a thousand. (Rejected: longer delays, since a fixed cost of 2 ms on 20 ms turns 10 % into 9 %.)
"""

from dataclasses import dataclass

import pytest

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.experiments.test_cpu import CORES, TASKS
from benchmarks.workloads import Workload
from benchmarks.workloads.http import Http
from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire

WAITING = [("wire", "asyncio"), ("wire", "threads"), ("http", "threads"), ("sleep", "asyncio"), ("mixed", "threads")]
COMPUTING = [("primes", "sequential"), ("primes", "processes")]
PERCENT = (0, 2, 5, 10, 20)
EACH_S = 0.004  # a planted task: a hundred of them make 0.4 s, and a cell under about 0.3 s lies


@dataclass(frozen=True)
class SamePrimes(Primes):
    """`primes` whose tasks are all the first: later ranges cost a little more, and a planted share must be exact."""

    def tasks(self, count: int) -> list[int]:
        """The same task over and over."""
        return [0] * count


PLANTED: list[tuple[Workload, str, int]] = [  # workload, model, concurrency
    (SamePrimes(task_s=EACH_S), "sequential", 1),
    (Sleep(delay_s=EACH_S), "asyncio", 4),
    (Wire(delay_s=EACH_S), "threads", 4),
]


@cells(
    "aa",
    workloads=[Wire(), Http(), Sleep(), Mixed()],
    models=["threads", "asyncio"],
    concurrency=[20],
    tasks=lambda concurrency: 2 * concurrency,
    twins=WAITING,
    where=lambda cell: (cell.workload.name, cell.model) in WAITING,
    opt_in=True,
)
def test_twins_that_wait(measure: Measure, cell: Cell) -> None:
    """Wait, twice."""
    measure(cell)


@cells(
    "aa",
    workloads=[Primes()],
    models=["sequential", "processes"],
    concurrency=[CORES],
    tasks=lambda concurrency: TASKS,
    twins=COMPUTING,
    opt_in=True,
)
def test_twins_that_compute(measure: Measure, cell: Cell) -> None:
    """Compute, twice."""
    measure(cell)


@pytest.mark.parametrize(
    "cell",
    [
        Cell(f"planted{percent}", workload, model, places, places * (100 + percent), opt_in=True)
        for workload, model, places in PLANTED
        for percent in PERCENT
    ],
    ids=str,
)
def test_planted(measure: Measure, cell: Cell) -> None:
    """Do a known share more."""
    measure(cell)
