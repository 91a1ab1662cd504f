"""Every model: how does it overlap waiting, how does it compute?

<<<<<<< HEAD
The same questions as `io` and `cpu`, at equal concurrency, of every model that can run here. `nothing` with one task is
what opening and closing costs; with a thousand, what handing them over does. `gather` has no gate: 20 of 20 at once.
Dask and Ray start a cluster each time, and have experiments of their own. On request only.
=======
The same questions as `io` and `cpu`, at equal concurrency, of every model that can run here. `gather` has no gate: 20
of 20 at once. On request only.
>>>>>>> 69c06f14727fc57b085c767e791e5970feb3bd78
"""

from collections.abc import Callable

from benchmarks.capacity import usable_cores
from benchmarks.cell import Cell, cells
<<<<<<< HEAD
from benchmarks.models import NAMES, needs
from benchmarks.workloads.nothing import Nothing
=======
from benchmarks.models import NAMES
>>>>>>> 69c06f14727fc57b085c767e791e5970feb3bd78
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire

HERE = [name for name in NAMES if not needs(name).apart]


@cells(
    "models",
    workloads=[Wire(), Sleep()],
    models=HERE,
    concurrency=[10, 20],
    tasks=lambda concurrency: 20,
    where=lambda cell: cell.concurrency == 10 or cell.model in ("gather", "asyncio"),
    rounds=1,
    on_request=True,
)
def test_models_waiting(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Wait."""
    measure(cell)


@cells(
    "models",
    workloads=[Primes()],
    models=HERE,
    concurrency=[usable_cores()],
    tasks=lambda concurrency: max(6, 2 * concurrency),
    rounds=1,
    on_request=True,
)
def test_models_computing(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Compute."""
    measure(cell)
<<<<<<< HEAD


@cells(
    "models",
    workloads=[Nothing()],
    models=HERE,
    concurrency=[1, 10],
    tasks=lambda concurrency: 1 if concurrency == 1 else 1000,
    rounds=1,
    on_request=True,
)
def test_models_alone(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Do nothing, once and many times."""
    measure(cell)
=======
>>>>>>> 69c06f14727fc57b085c767e791e5970feb3bd78
