"""A thread pool: `concurrency` threads, each with a client of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "threads"}


@contextmanager
def threads(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over a pool of `concurrency` threads."""
    mine = local()

    def start() -> None:
        mine.client = clients.enter_context(workload.client())

    def perform(task: int) -> Any:
        return workload.perform(mine.client, task)

    with ExitStack() as clients, ThreadPoolExecutor(concurrency, initializer=start) as pool:
        yield lambda tasks: list(pool.map(perform, tasks))
