"""`multiprocessing.Pool`, the older of the standard library's two process pools, with `concurrency` processes.

Tasks are handed over one at a time, as in `processes`. The pool is closed, not terminated, so that its workers end
normally.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes"}

perform: Any  # what a worker does with a task, set when the worker starts


def start(workload: Workload) -> None:
    """Open the worker's client, and close it when the worker leaves."""
    global perform
    clients = ExitStack()
    client = clients.enter_context(workload.client())
    Finalize(None, clients.close, exitpriority=0)
    perform = lambda task: workload.perform(client, task)  # noqa: E731 - one line, as on the slide


def perform_in_worker(task: int) -> Any:
    """Do one task with the worker's client."""
    return perform(task)


@contextmanager
def pool(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over a pool of `concurrency` processes."""
    context = get_context("forkserver")
    context.set_forkserver_preload([workload.module, __name__])
    with context.Pool(concurrency, start, (workload,)) as workers:
        yield lambda tasks: workers.map(perform_in_worker, tasks, chunksize=1)
        workers.close()
        workers.join()
