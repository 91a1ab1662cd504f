"""The work of a race: the `mixed` workload, which records when each task begins to wait, to compute, and ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.wire import AwaitablePool, BlockingConnection
from scripts.site.shared_timeline import COMPUTING, FINISHED, WAITING, timeline_at


@dataclass(frozen=True)
class InstrumentedPrimes(Primes):
    """`primes` that records when a task begins to compute; `mixed` passes the number of the task."""

    path: str = ""

    def perform(self, client: None, task: int) -> int:
        """Record, then compute."""
        timeline_at(self.path).mark(task, COMPUTING)
        return super().perform(client, task)

    async def aperform(self, client: None, task: int) -> int:
        """Record, then compute without awaiting."""
        timeline_at(self.path).mark(task, COMPUTING)
        return await super().aperform(client, task)


@dataclass(frozen=True)
class InstrumentedMixed(Mixed):
    """`mixed`, which records the moments of its tasks in the timeline at `path`.

    With `blocks_loop` its awaitable form calls the blocking client, as beginners do: nothing is awaited.
    """

    path: str = ""
    blocks_loop: bool = False

    @property
    def computing(self) -> InstrumentedPrimes:
        """The part that computes."""
        plain = super().computing
        return InstrumentedPrimes(plain.task_s, plain.numbers_per_s, self.path)

    def perform(self, client: BlockingConnection, task: int) -> int:
        """Record the start, perform, record the end."""
        timeline_at(self.path).mark(task, WAITING)
        answer = super().perform(client, task)
        timeline_at(self.path).mark(task, FINISHED)
        return answer

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[AwaitablePool | BlockingConnection]:  # type: ignore[override]
        """A pool of connections; one blocking connection where the loop is to be blocked."""
        if self.blocks_loop:
            with self.client() as blocking:
                yield blocking
        else:
            async with super().aclient() as pool:
                yield pool

    async def aperform(self, client: AwaitablePool | BlockingConnection, task: int) -> int:
        """Record the start, perform, record the end."""
        if isinstance(client, BlockingConnection):
            return self.perform(client, task)
        timeline_at(self.path).mark(task, WAITING)
        answer = await super().aperform(client, task)
        timeline_at(self.path).mark(task, FINISHED)
        return answer
