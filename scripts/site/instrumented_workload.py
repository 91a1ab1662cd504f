"""The work of a race: the `mixed` workload itself, which leaves a mark wherever a task turns to something else."""

from dataclasses import dataclass

from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.wire import AwaitablePool, BlockingConnection
from scripts.site.shared_timeline import COMPUTING, FINISHED, WAITING, opened


@dataclass(frozen=True)
class MarkedPrimes(Primes):
    """`primes` that say when they begin; `mixed` hands them the number of the task."""

    path: str = ""

    def perform(self, client: None, task: int) -> int:
        """Mark, compute."""
        opened(self.path).put(task, COMPUTING)
        return super().perform(client, task)

    async def aperform(self, client: None, task: int) -> int:
        """Mark, compute without awaiting."""
        opened(self.path).put(task, COMPUTING)
        return await super().aperform(client, task)


@dataclass(frozen=True)
class Marked(Mixed):
    """`mixed`, with the moments of its tasks in the file at `path`."""

    path: str = ""

    @property
    def computing(self) -> MarkedPrimes:
        """The part that computes."""
        plain = super().computing
        return MarkedPrimes(plain.task_s, plain.numbers_per_s, self.path)

    def perform(self, client: BlockingConnection, task: int) -> int:
        """Perform between two marks."""
        opened(self.path).put(task, WAITING)
        answer = super().perform(client, task)
        opened(self.path).put(task, FINISHED)
        return answer

    async def aperform(self, client: AwaitablePool, task: int) -> int:
        """Perform between two marks."""
        opened(self.path).put(task, WAITING)
        answer = await super().aperform(client, task)
        opened(self.path).put(task, FINISHED)
        return answer
