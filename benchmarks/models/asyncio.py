"""One event loop with a coroutine for each task, and a semaphore that limits the concurrency."""

from asyncio import Runner, Semaphore, TaskGroup
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "asyncio"}


@contextmanager
def asyncio(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Run a coroutine for each task, at most `concurrency` at a time."""

    async def run(tasks: list[int]) -> list[Any]:
        gate = Semaphore(concurrency)

        async def perform(task: int) -> Any:
            async with gate:
                return await workload.aperform(client, task)

        async with workload.aclient() as client, TaskGroup() as group:
            running = [group.create_task(perform(task)) for task in tasks]
        return [task.result() for task in running]

    with Runner() as runner:
        yield lambda tasks: runner.run(run(tasks))
