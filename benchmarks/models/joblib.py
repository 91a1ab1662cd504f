"""joblib with loky, its process pool: `Parallel` over `concurrency` processes.

loky keeps its workers for the next call, which is its point in a notebook. Here they are started and ended with the
round, because that is what a script pays.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from benchmarks.models import Run
from benchmarks.models._worker import perform_in_worker, start
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes", "package": "joblib", "min_concurrency": 2}  # with one, `Parallel` starts no process


@contextmanager
def joblib(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Let `Parallel` do the tasks with `concurrency` processes."""
    try:
        with Parallel(concurrency, backend="loky", initializer=start, initargs=(workload,)) as parallel:
            yield lambda tasks: parallel(delayed(perform_in_worker)(task) for task in tasks)
    finally:
        get_reusable_executor(reuse=True).shutdown()
