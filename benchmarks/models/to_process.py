"""Blocking code from coroutines, in processes: `loop.run_in_executor` with a `ProcessPoolExecutor`.

For computing what `to_thread` is for waiting: the loop stays free, and the work has other cores.
"""

from asyncio import Runner, gather, get_running_loop
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
def to_process(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Await each task in one of `concurrency` processes."""

    async def run(tasks: list[int]) -> list[Any]:
        loop = get_running_loop()
        return await gather(*(loop.run_in_executor(pool, perform_in_worker, task) for task in tasks))

    context = get_context("forkserver")
    context.set_forkserver_preload([workload.module, __name__])
    with ProcessPoolExecutor(concurrency, context, start, (workload,)) as pool, Runner() as runner:
        yield lambda tasks: runner.run(run(tasks))
