"""`concurrency` worker coroutines, fed by an `asyncio.Queue`: as many coroutines as tasks in flight.

The queue is bounded, so that its producer waits for the workers: an endless stream is never held in memory as a whole.
A None stops a worker.
"""

from asyncio import Queue, Runner, TaskGroup
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "asyncio"}


@contextmanager
def queue_workers(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Let `concurrency` workers take tasks from a queue."""

    async def run(tasks: list[int]) -> list[Any]:
        queue = Queue[tuple[int, int] | None](concurrency)
        answers: list[Any] = [None] * len(tasks)

        async def work() -> None:
            while item := await queue.get():
                place, task = item
                answers[place] = await workload.aperform(client, task)

        async with workload.aclient() as client, TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())
            for item in enumerate(tasks):
                await queue.put(item)
            for _ in range(concurrency):
                await queue.put(None)
        return answers

    with Runner() as runner:
        yield lambda tasks: runner.run(run(tasks))
