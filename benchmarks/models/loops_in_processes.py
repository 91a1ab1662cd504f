"""Several event loops, each in a process of its own: as many as there are cores, each with its part of the tasks."""

from asyncio import Semaphore, gather, run
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise, repeat
from typing import Any

from benchmarks.machine.capacity import usable_cores
from benchmarks.models import Run
from benchmarks.models._worker import fork_server
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes", "form": "asyncio"}


async def perform_all(workload: Workload, tasks: list[int], share: int) -> list[Any]:
    """Await one process's tasks, `share` of them past the gate at once."""
    gate = Semaphore(share)

    async def perform(task: int) -> Any:
        async with gate:
            return await workload.aperform(client, task)

    async with workload.aclient() as client:
        return await gather(*map(perform, tasks))


def perform_part(workload: Workload, tasks: list[int], share: int) -> list[Any]:
    """Run a loop in this process."""
    return run(perform_all(workload, tasks, share))


@contextmanager
def loops_in_processes(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Run a loop in each of some processes, with its share of `concurrency`."""
    loops = min(usable_cores(), concurrency)
    shares = [len(range(number, concurrency, loops)) for number in range(loops)]

    def run_all(tasks: list[int]) -> list[Any]:
        parts = [tasks[a:b] for a, b in pairwise(len(tasks) * number // loops for number in range(loops + 1))]
        return [answer for part in pool.map(perform_part, repeat(workload), parts, shares) for answer in part]

    with ProcessPoolExecutor(loops, fork_server(workload, __name__)) as pool:
        yield run_all
