"""A process pool: `concurrency` processes, each with a client of its own."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from benchmarks.models import Run
from benchmarks.models._worker import fork_server, perform_in_worker, start
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes"}


@contextmanager
def processes(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over a pool of `concurrency` processes."""
    with ProcessPoolExecutor(concurrency, fork_server(workload, __name__), start, (workload,)) as pool:
        yield lambda tasks: list(pool.map(perform_in_worker, tasks))
