"""What each worker process of a pool does: it opens one client when it starts, and does tasks with it.

    ProcessPoolExecutor(concurrency, fork_server(workload, __name__), start, (workload,))

Workers are forked from a fork server that has the modules of workload and model loaded, as by default it has the main
module of a user's program, never from the measuring process: a forked `requests.Session` shares its parent's socket
(seen: 20 workers took as long as one). The fork server outlives the round, as in a user's program: the warm-up round
includes its start. A module that it has not loaded is imported by every worker again: without those of model and
harness, ten workers took three times as long to start.
"""

from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.util import Finalize
from typing import Any

from benchmarks.workloads import Workload

perform: Any  # what a worker does with a task, set when the worker starts


def fork_server(workload: Workload, model: str) -> ForkServerContext:
    """The context whose fork server has the workload's modules loaded, and the model's."""
    context = get_context("forkserver")
    context.set_forkserver_preload([*workload.modules, model])
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
