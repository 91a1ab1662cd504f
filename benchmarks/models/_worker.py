"""What each worker process of a pool does: it opens one client when it starts, and does tasks with it.

    ProcessPoolExecutor(concurrency, fork_server(workload), start, (workload,))

Workers are forked from a fork server that has the workload's module loaded, never from the measuring process: a forked
`requests.Session` shares its parent's socket (seen: 20 workers took as long as one). The fork server outlives the
round, as in a user's program: the warm-up round includes its start.
"""

from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.util import Finalize
from typing import Any

from benchmarks.workloads import Workload

perform: Any  # what a worker does with a task, set when the worker starts


def fork_server(workload: Workload, module: str = __name__) -> ForkServerContext:
    """The context whose fork server has the workload's module loaded, and that of what the workers run."""
    context = get_context("forkserver")
    context.set_forkserver_preload([workload.module, module])
    return context


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
