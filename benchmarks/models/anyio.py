"""AnyIO on asyncio's event loop: its task group and its limiter, for libraries that also run on trio."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anyio import CapacityLimiter, create_task_group
from anyio import run as anyio_run

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "asyncio", "package": "anyio"}


@contextmanager
def anyio(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Start a task of a group for each task, `concurrency` of them past the limiter at once."""

    async def run(tasks: list[int]) -> list[Any]:
        limiter, answers = CapacityLimiter(concurrency), list[Any](tasks)

        async def perform(place: int, task: int) -> None:
            async with limiter:
                answers[place] = await workload.aperform(client, task)

        async with workload.aclient() as client, create_task_group() as group:
            for place, task in enumerate(tasks):
                group.start_soon(perform, place, task)
        return answers

    yield lambda tasks: anyio_run(run, tasks)
