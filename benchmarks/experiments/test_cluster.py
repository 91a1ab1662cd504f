"""Beyond one machine: the work of the other experiments under Dask and Ray, beside processes and sequential.

With CLUSTER the workers are those of that cluster, else some of its own on this machine, started and ended with each
round: so this is no part of `make full`, where `offload_cost` asks its questions of one cluster. How it scales over
workers; what ten thousand tasks cost that do nothing. On request only.
"""

from benchmarks.core.cell import Cell, Measure, cells
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.wire import Wire

MODELS = ("sequential", "processes", "dask", "ray")


@cells(
    "cluster",
    workloads=[Primes(), Wire()],
    models=MODELS,
    concurrency=[1, 2],
    tasks=lambda concurrency: 20,
    where=lambda cell: cell.model != "sequential" or cell.concurrency == 1,
    rounds=1,
    opt_in=True,
)
def test_cluster(measure: Measure, cell: Cell) -> None:
    """Compute, and wait."""
    measure(cell)


@cells(
    "cluster",
    workloads=[Nothing()],
    models=MODELS[1:],
    concurrency=[2],
    tasks=lambda concurrency: 10_000,
    rounds=1,
    warmup_rounds=0,
    opt_in=True,
)
def test_handing_over(measure: Measure, cell: Cell) -> None:
    """Do nothing, ten thousand times."""
    measure(cell)
