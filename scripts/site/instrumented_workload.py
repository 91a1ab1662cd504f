"""The work of a race: the `mixed` workload, which records when each task begins to wait, to compute, and ends."""

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
    """`mixed`, which records the moments of its tasks in the timeline at `path`."""

    path: str = ""

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

    async def aperform(self, client: AwaitablePool, task: int) -> int:
        """Record the start, perform, record the end."""
        timeline_at(self.path).mark(task, WAITING)
        answer = await super().aperform(client, task)
        timeline_at(self.path).mark(task, FINISHED)
        return answer
