"""Blocking code from coroutines: `asyncio.to_thread`, into `concurrency` threads that each have a client of their own.

A loop's own executor has only `min(32, cores + 4)` threads, however many tasks wait for one. So the loop is given an
executor as large as the concurrency; without that line, fewer tasks would really be in flight.
"""

from asyncio import Runner, gather, get_running_loop
from asyncio import to_thread as in_thread
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "threads"}


@contextmanager
def to_thread(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Await each task in a thread of an executor with `concurrency` threads."""
    mine = local()

    def start() -> None:
        mine.client = clients.enter_context(workload.client())

    def perform(task: int) -> Any:
        return workload.perform(mine.client, task)

    async def run(tasks: list[int]) -> list[Any]:
        get_running_loop().set_default_executor(pool)
        return await gather(*(in_thread(perform, task) for task in tasks))

    with ExitStack() as clients, ThreadPoolExecutor(concurrency, initializer=start) as pool, Runner() as runner:
        yield lambda tasks: runner.run(run(tasks))
