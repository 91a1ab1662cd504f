"""A workload that keeps the accounts of its tasks, as rounds that tell where the time goes need them.

It stands alone, because every worker process loads it.
"""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.attribution.path import Reading, Step
from benchmarks.machine.scheduler import core_wait_s
from benchmarks.workloads import Workload


def reading() -> Reading:
    """The accounts of the calling thread, now."""
    waited_s = core_wait_s()
    return Reading(time.perf_counter(), time.thread_time(), waited_s)


@dataclass(frozen=True)
class Accounted(Workload):
    """The same workload, whose answers come as (answer, step)."""

    name = "accounted"
    workload: Workload

    @property
    def modules(self) -> tuple[str, ...]:
        """This one and the wrapped workload's."""
        return __name__, *self.workload.modules

    def for_library(self, library: str) -> "Accounted":
        """The wrapped workload in that library's words."""
        return replace(self, workload=self.workload.for_library(library))

    @contextmanager
    def client(self) -> Iterator[tuple[Reading, Any]]:
        """The wrapped workload's, and when it began to be opened."""
        opened = reading()
        with self.workload.client() as client:
            yield opened, client

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[tuple[Reading, Any]]:
        """The wrapped workload's, and when it began to be opened."""
        opened = reading()
        async with self.workload.aclient() as client:
            yield opened, client

    def perform(self, client: tuple[Reading, Any], task: int) -> tuple[Any, Step]:
        """Perform between two readings."""
        begin = reading()
        answer = self.workload.perform(client[1], task)
        return answer, Step(int(task), threading.get_native_id(), client[0], begin, reading())

    async def aperform(self, client: tuple[Reading, Any], task: int) -> tuple[Any, Step]:
        """Perform between two readings."""
        begin = reading()
        answer = await self.workload.aperform(client[1], task)
        return answer, Step(int(task), threading.get_native_id(), client[0], begin, reading())
