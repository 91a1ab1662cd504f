"""asyncio with eager tasks: a task runs at once, up to its first wait, and only then goes to the loop.

A task that never waits, because its answer is in a cache, say, never goes to the loop at all. Such a task is done
before the next one begins, so the order of work differs from that of `asyncio`. From Python 3.12 on.
"""

from asyncio import Runner, Semaphore, TaskGroup, eager_task_factory
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "asyncio", "python": (3, 12)}


@contextmanager
def eager_tasks(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Start a coroutine for each task where it is created, at most `concurrency` at a time."""

    async def run(tasks: list[int]) -> list[Any]:
        gate = Semaphore(concurrency)

        async def perform(task: int) -> Any:
            async with gate:
                return await workload.aperform(client, task)

        async with workload.aclient() as client, TaskGroup() as group:
            running = [group.create_task(perform(task)) for task in tasks]
        return [task.result() for task in running]

    with Runner() as runner:
        runner.get_loop().set_task_factory(eager_task_factory)
        yield lambda tasks: runner.run(run(tasks))
