"""Wait for a quiet machine, up to a time limit.

A turn is put off, never taken back: what is measured does not depend on how fast it was, so waiting cannot favour a
side. Simulated in tests/scripts/revisions/test_quiet.py.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.machine.capacity import usable_cores
from benchmarks.machine.cpu_usage import DISTURBED_SHARE, snapshot, usage_between

LOOK_S = 1.0  # at what others use: long enough for /proc's hundredths of a second to tell 5 %
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def duration_s(text: str) -> float:
    """Seconds, from 90, 90s, 10m or 1h. ValueError for anything else."""
    if not (match := re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())):
        raise ValueError(f"{text!r} is no duration: 90s, 10m or 1h")
    return float(match[1]) * UNITS[match[2]]


def others_share() -> float:
    """The share of all cores that other programs and the hypervisor take, over LOOK_S."""
    before = snapshot()
    time.sleep(LOOK_S)
    usage = usage_between(before, snapshot())
    return (usage.others_s + usage.steal_s) / usage.elapsed_s / usable_cores()


@dataclass
class Patience:
    """How long to wait in all, and how long was waited."""

    budget_s: float = 0.0
    measure: Callable[[], float] = others_share
    clock: Callable[[], float] = time.monotonic
    waited_s: float = field(default=0.0, init=False)

    def wait(self) -> bool:
        """Wait until others take less than DISTURBED_SHARE; whether they do. At once where no waiting was asked for."""
        while self.waited_s < self.budget_s:
            began = self.clock()
            busy = self.measure() > DISTURBED_SHARE
            if not busy:
                return True
            self.waited_s += self.clock() - began
        return not self.budget_s
