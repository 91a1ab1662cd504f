"""Every model: how does it overlap waiting, how does it compute?

The same questions as `io` and `cpu`, at equal concurrency, of every model that can run here. `gather` has no gate: 20
of 20 at once. Dask and Ray start a cluster each time, and have experiments of their own. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.machine.capacity import usable_cores
from benchmarks.models import without_cluster
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire


@cells(
    "models",
    workloads=[Wire(), Sleep()],
    models=without_cluster(),
    concurrency=[10, 20],
    tasks=lambda concurrency: 20,
    where=lambda cell: cell.concurrency == 10 or cell.model in ("gather", "asyncio"),
    rounds=1,
    opt_in=True,
)
def test_models_waiting(measure: Measure, cell: Cell) -> None:
    """Wait."""
    measure(cell)


@cells(
    "models",
    workloads=[Primes()],
    models=without_cluster(),
    concurrency=[usable_cores()],
    tasks=lambda concurrency: max(6, 2 * concurrency),
    rounds=1,
    opt_in=True,
)
def test_models_computing(measure: Measure, cell: Cell) -> None:
    """Compute."""
    measure(cell)
