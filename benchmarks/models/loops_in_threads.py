"""Several event loops, each in a thread of its own: as many as there are cores, each with its part of the tasks.

Where there is no GIL, this is how asyncio uses more than one core.
"""

from asyncio import Semaphore, gather, run
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from benchmarks.machine.capacity import usable_cores
from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "threads", "form": "asyncio"}


@contextmanager
def loops_in_threads(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Run a loop in each of some threads, with its share of `concurrency`."""
    loops = min(usable_cores(), concurrency)
    shares = [len(range(number, concurrency, loops)) for number in range(loops)]

    async def perform_all(tasks: list[int], share: int) -> list[Any]:
        gate = Semaphore(share)

        async def perform(task: int) -> Any:
            async with gate:
                return await workload.aperform(client, task)

        async with workload.aclient() as client:
            return await gather(*map(perform, tasks))

    def perform_part(tasks: list[int], share: int) -> list[Any]:
        return run(perform_all(tasks, share))

    def run_all(tasks: list[int]) -> list[Any]:
        parts = [tasks[a:b] for a, b in pairwise(len(tasks) * number // loops for number in range(loops + 1))]
        return [answer for part in pool.map(perform_part, parts, shares) for answer in part]

    with ThreadPoolExecutor(loops) as pool:
        yield run_all
