"""Blocking code from coroutines, in processes: `loop.run_in_executor` with a `ProcessPoolExecutor`.

For computing what `to_thread` is for waiting: the loop stays free, and the work has other cores.
"""

from asyncio import Runner, gather, get_running_loop
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from benchmarks.models import Run
from benchmarks.models._worker import fork_server, perform_in_worker, start
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes"}


@contextmanager
def to_process(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Await each task in one of `concurrency` processes."""

    async def run(tasks: list[int]) -> list[Any]:
        loop = get_running_loop()
        return await gather(*(loop.run_in_executor(pool, perform_in_worker, task) for task in tasks))

    with (
        ProcessPoolExecutor(concurrency, fork_server(workload, __name__), start, (workload,)) as pool,
        Runner() as runner,
    ):
        yield lambda tasks: runner.run(run(tasks))
