"""One `asyncio.gather` over all tasks, as in many talks: nothing limits the tasks in flight.

So it is measured only where the number of tasks does not exceed the concurrency.
"""

from asyncio import Runner
from asyncio import gather as all_of
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "loop", "form": "asyncio", "bounded": False}


@contextmanager
def gather(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Await all tasks at once, whatever `concurrency` would allow."""

    async def run(tasks: list[int]) -> list[Any]:
        async with workload.aclient() as client:
            return await all_of(*(workload.aperform(client, task) for task in tasks))

    with Runner() as runner:
        yield lambda tasks: runner.run(run(tasks))
