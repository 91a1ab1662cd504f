"""CPU-bound: which models use more than one core?

6 tasks of about 50 ms on this core, as many at once as there are cores. `primes` is Python code and holds the GIL;
`digest` is C code that releases it. How processes and threads scale over workers is the second experiment.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.machine.capacity import usable_cores
from benchmarks.workloads.digest import Digest
from benchmarks.workloads.primes import Primes

CORES = usable_cores()
TASKS = max(6, 2 * CORES)  # 0.3 s sequentially: shorter cells once gave threads a "speed-up" of 1.58


@cells(
    "cpu",
    workloads=[Primes(), Digest()],
    concurrency=[CORES],
    tasks=lambda concurrency: TASKS,
    twins=[("primes", "processes"), ("primes", "threads"), ("digest", "threads")],  # one pair alone is a lottery
    quick=lambda cell: cell.workload.name == "primes",
)
def test_cpu(measure: Measure, cell: Cell) -> None:
    """Compute."""
    measure(cell)


@cells(
    "cpu_scaling",
    workloads=[Primes()],
    models=["threads", "processes"],
    concurrency=sorted({1, 2, 2 * CORES} - {CORES}),  # as many as there are cores: that is the first experiment
    tasks=lambda concurrency: TASKS,
    where=lambda cell: cell.model != "threads" or cell.concurrency > CORES,  # a single thread is sequential
    rounds=1,
)
def test_cpu_scaling(measure: Measure, cell: Cell) -> None:
    """Compute with more and more workers."""
    measure(cell)
