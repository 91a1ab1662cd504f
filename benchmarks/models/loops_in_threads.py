"""Several event loops, each in a thread of its own: as many as there are cores, and the tasks dealt among them.

Each loop has its share of `concurrency`. Where there is no GIL, this is how asyncio uses more than one core.
"""

import os
from asyncio import Semaphore, TaskGroup
from asyncio import run as run_loop
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"form": "asyncio"}


@contextmanager
def loops_in_threads(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Run a loop in each of some threads, with every so manieth task, and with a gate for its share."""
    loops = min(os.cpu_count() or 1, concurrency)

    async def run(tasks: list[int], share: int) -> list[Any]:
        gate = Semaphore(share)

        async def perform(task: int) -> Any:
            async with gate:
                return await workload.aperform(client, task)

        async with workload.aclient() as client, TaskGroup() as group:
            running = [group.create_task(perform(task)) for task in tasks]
        return [task.result() for task in running]

    def run_share(number: int, tasks: list[int]) -> list[Any]:
        return run_loop(run(tasks, len(range(number, concurrency, loops))))

    def run_all(tasks: list[int]) -> list[Any]:
        answers = list[Any](tasks)
        hands = [tasks[number::loops] for number in range(loops)]
        for number, share in enumerate(pool.map(run_share, range(loops), hands)):
            answers[number::loops] = share
        return answers

    with ThreadPoolExecutor(loops) as pool:
        yield run_all
