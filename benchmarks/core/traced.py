"""A workload that times its tasks: it wraps the real one, and takes the span of every task where the work happens.

Models know nothing of it. It works across threads, processes and loops, because the clock is the system's monotonic
one, shared by all processes. It stands alone and imports next to nothing, for every worker process loads it: as a part
of a larger module it once cost each of ten workers 5 ms of computing, which no user's program pays.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from benchmarks.workloads import Workload

Clock = Callable[[], float]


@dataclass(frozen=True)
class TracedWorkload(Workload):
    """The same workload, whose answers come as (answer, start, end); with a `secret`, and a seal made with it."""

    name = "spanned"
    workload: Workload
    clock: Clock = perf_counter
    secret: int | None = None

    @property
    def modules(self) -> tuple[str, ...]:
        """This one and the wrapped workload's."""
        return __name__, *self.workload.modules

    def client(self) -> AbstractContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.client()

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.aclient()

    def for_library(self, library: str) -> "TracedWorkload":
        """The wrapped workload in that library's words."""
        return replace(self, workload=self.workload.for_library(library))

    def perform(self, client: Any, task: int) -> tuple[Any, ...]:
        """Perform the task, and read the clock before and after."""
        start = self.clock()
        answer = self.workload.perform(client, task)
        end = self.clock()
        return (
            (answer, start, end) if self.secret is None else (answer, start, end, seal(self.secret, task, start, end))
        )

    async def aperform(self, client: Any, task: int) -> tuple[Any, ...]:
        """Perform the task, and read the clock before and after."""
        start = self.clock()
        answer = await self.workload.aperform(client, task)
        end = self.clock()
        return (
            (answer, start, end) if self.secret is None else (answer, start, end, seal(self.secret, task, start, end))
        )


def seal(secret: int, task: int, start: float, end: float) -> int:
    """The seal of a span that was taken in this round; an invented span would lack it.

    The hash of numbers is the same in every process.
    """
    return hash((secret, int(task), start, end))
