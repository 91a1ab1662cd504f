"""`concurrency` worker coroutines, fed by an `asyncio.Queue`: there are never more coroutines than work at once.

The queue is short, so that whoever fills it waits for the workers: what could be a stream without end is never held in
memory as a whole. A None tells a worker to go home.
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
