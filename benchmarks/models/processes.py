"""A process pool: `concurrency` processes, each with a client of its own.

Forked from a fork server that has the workload's module loaded, never from the measuring process: a forked
`requests.Session` shares its parent's socket (seen: 20 workers took as long as one). The fork server outlives the
round, as in a user's program: the warm-up round includes its start.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
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
def processes(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over a pool of `concurrency` processes."""
    context = get_context("forkserver")
    context.set_forkserver_preload([workload.module, __name__])
    with ProcessPoolExecutor(concurrency, context, start, (workload,)) as pool:
        yield lambda tasks: list(pool.map(perform_in_worker, tasks))
