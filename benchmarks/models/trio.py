"""trio: a nursery with a child for each task, and a limiter for the concurrency.

The workload awaits with trio: `for_library` returns that form.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trio import CapacityLimiter, open_nursery
from trio import run as trio_run

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "trio", "package": "trio"}


@contextmanager
def trio(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Start a child for each task, at most `concurrency` past the limiter at a time."""
    translated = workload.for_library("trio")

    async def run(tasks: list[int]) -> list[Any]:
        limiter, answers = CapacityLimiter(concurrency), list[Any](tasks)

        async def perform(place: int, task: int) -> None:
            async with limiter:
                answers[place] = await translated.aperform(client, task)

        async with translated.aclient() as client, open_nursery() as nursery:
            for place, task in enumerate(tasks):
                nursery.start_soon(perform, place, task)
        return answers

    yield lambda tasks: trio_run(run, tasks)
