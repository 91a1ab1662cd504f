"""`multiprocessing.Pool`, the older of the standard library's two process pools, with `concurrency` processes.

Tasks are handed over one at a time, as in `processes`. The pool is closed, not terminated, so that its workers end
normally.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.models import Run
from benchmarks.models._worker import fork_server, perform_in_worker, start
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes"}


@contextmanager
def pool(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over a pool of `concurrency` processes."""
    with fork_server(workload, __name__).Pool(concurrency, start, (workload,)) as workers:
        yield lambda tasks: workers.map(perform_in_worker, tasks, chunksize=1)
        workers.close()
        workers.join()
