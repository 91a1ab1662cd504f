"""asyncio on uvloop: the coroutines and the semaphore of `asyncio`, on an event loop based on libuv."""

from asyncio import Runner, Semaphore, TaskGroup
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uvloop import new_event_loop

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "asyncio", "package": "uvloop"}


@contextmanager
def uvloop(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Run a coroutine for each task, at most `concurrency` at a time."""

    async def run(tasks: list[int]) -> list[Any]:
        gate = Semaphore(concurrency)

        async def perform(task: int) -> Any:
            async with gate:
                return await workload.aperform(client, task)

        async with workload.aclient() as client, TaskGroup() as group:
            running = [group.create_task(perform(task)) for task in tasks]
        return [task.result() for task in running]

    with Runner(loop_factory=new_event_loop) as runner:
        yield lambda tasks: runner.run(run(tasks))
