"""Several event loops, each in a process of its own: as many as there are cores, and the tasks dealt among them.

What servers with several asynchronous workers do. Each loop has its share of `concurrency`.
"""

import os
from asyncio import Semaphore, TaskGroup
from asyncio import run as run_loop
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from multiprocessing import get_context
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"form": "asyncio"}


def run_share(workload: Workload, tasks: list[int], share: int) -> list[Any]:
    """Run a loop with a coroutine for each of one process's tasks, `share` of them past the gate at once."""

    async def run() -> list[Any]:
        gate = Semaphore(share)

        async def perform(task: int) -> Any:
            async with gate:
                return await workload.aperform(client, task)

        async with workload.aclient() as client, TaskGroup() as group:
            running = [group.create_task(perform(task)) for task in tasks]
        return [task.result() for task in running]

    return run_loop(run())


@contextmanager
def loops_in_processes(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Run a loop in each of some processes, with every so manieth task."""
    loops = min(os.cpu_count() or 1, concurrency)

    def run_all(tasks: list[int]) -> list[Any]:
        answers = list[Any](tasks)
        hands = [tasks[number::loops] for number in range(loops)]
        shares = [len(range(number, concurrency, loops)) for number in range(loops)]
        for number, share in enumerate(pool.map(run_share, repeat(workload), hands, shares)):
            answers[number::loops] = share
        return answers

    context = get_context("forkserver")
    context.set_forkserver_preload([workload.module, __name__])
    with ProcessPoolExecutor(loops, context) as pool:
        yield run_all
