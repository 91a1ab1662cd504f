"""Fetch, then compute: the share of CPU decides which model wins.

A task lasts `task_s` seconds on an idle machine: `(1 - cpu_share)` of it waits for the server, `cpu_share` computes.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass

from benchmarks.workloads import Workload
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.wire import AwaitablePool, BlockingConnection, Wire


@dataclass(frozen=True)
class Mixed(Workload):
    """`wire`, then `primes`, on what arrived."""

    name = "mixed"
    waits_first = True
    needs = ("url", "numbers_per_s")
    cpu_share: float = 0.2
    task_s: float = 0.02
    url: str = ""
    numbers_per_s: float = 0.0

    @property
    def fetching(self) -> Wire:
        """The workload that waits."""
        return Wire(url=self.url, delay_s=self.task_s * (1 - self.cpu_share))

    @property
    def computing(self) -> Primes:
        """The workload that computes."""
        return Primes(task_s=self.task_s * self.cpu_share, numbers_per_s=self.numbers_per_s)

    def client(self) -> AbstractContextManager[BlockingConnection]:
        """A connection."""
        return self.fetching.client()

    def aclient(self) -> AbstractAsyncContextManager[AwaitablePool]:
        """A pool of connections."""
        return self.fetching.aclient()

    def perform(self, client: BlockingConnection, task: int) -> int:
        """Fetch the number, then compute with it."""
        fetched = int(self.fetching.perform(client, task))
        return self.computing.perform(None, fetched) if self.cpu_share else fetched

    async def aperform(self, client: AwaitablePool, task: int) -> int:
        """Fetch awaiting, compute blocking."""
        fetched = int(await self.fetching.aperform(client, task))
        return await self.computing.aperform(None, fetched) if self.cpu_share else fetched

    def expected(self, task: int) -> int:
        """The answer of `primes`, or the number itself if nothing is computed."""
        return self.computing.expected(task) if self.cpu_share else task

    def wait_s(self, task: int) -> float:
        """How long the fetch waits."""
        return self.fetching.delay_s

    def compute_s(self, task: int) -> float:
        """The calibrated time of the computing."""
        return self.computing.task_s
