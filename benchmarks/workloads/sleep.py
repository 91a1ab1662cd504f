"""Pure waiting: no network, no computing. It shows a model's own overhead."""

import asyncio
import time
from dataclasses import dataclass
from types import MappingProxyType

from benchmarks.workloads import EVERY_FORM, Workload


@dataclass(frozen=True)
class Sleep(Workload):
    """Wait `delay_s` seconds, then return the task."""

    name = "sleep"
    forms = EVERY_FORM
    variants = MappingProxyType({"trio": "benchmarks.workloads.trio_variants:SleepInTrio"})
    delay_s: float = 0.02

    def perform(self, client: None, task: int) -> int:
        """Wait in the operating system."""
        time.sleep(self.delay_s)
        return task

    async def aperform(self, client: None, task: int) -> int:
        """Wait in the event loop."""
        await asyncio.sleep(self.delay_s)
        return task

    def expected(self, task: int) -> int:
        """The task itself."""
        return task

    def wait_s(self, task: int) -> float:
        """The delay."""
        return self.delay_s
