"""Sub-interpreters: `concurrency` threads, each with an interpreter and a GIL of its own.

Each interpreter imports everything again. C extensions that do not support it refuse to be imported.
"""

import atexit
from collections.abc import Iterator
from concurrent.futures import InterpreterPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "threads", "python": (3, 14), "isolated": True}

perform: Any  # what a worker does with a task, set when the worker starts


def start(workload: Workload) -> None:
    """Open the worker's client, and close it when the worker leaves."""
    global perform
    clients = ExitStack()
    client = clients.enter_context(workload.client())
    atexit.register(clients.close)
    perform = lambda task: workload.perform(client, task)  # noqa: E731 - one line, as on the slide


def perform_in_worker(task: int) -> Any:
    """Do one task with the worker's client."""
    return perform(task)


@contextmanager
def interpreters(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over a pool of `concurrency` interpreters."""
    with InterpreterPoolExecutor(concurrency, initializer=start, initargs=(workload,)) as pool:
        yield lambda tasks: list(pool.map(perform_in_worker, tasks))
