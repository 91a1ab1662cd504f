"""Pure waiting: no network, no computing. What is left of a model when the work costs nothing."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.workloads import EVERY_FORM, Workload


@dataclass(frozen=True)
class Sleep(Workload):
    """Wait `delay_s` seconds, then return the task."""

    name = "sleep"
    forms = EVERY_FORM
    delay_s: float = 0.02

    def perform(self, client: None, task: int) -> int:
        """Wait in the operating system."""
        time.sleep(self.delay_s)
        return task

    async def aperform(self, client: None, task: int) -> int:
        """Wait in the event loop."""
        await asyncio.sleep(self.delay_s)
        return task

    def for_library(self, library: str) -> Workload:
        """In trio's words where it is trio."""
        if library != "trio":
            return self
        from benchmarks.workloads.trio_variants import SleepInTrio

        return SleepInTrio(self.delay_s)

    def expected(self, task: int) -> int:
        """The task itself."""
        return task

    def wait_s(self, task: int) -> float:
        """The delay."""
        return self.delay_s
