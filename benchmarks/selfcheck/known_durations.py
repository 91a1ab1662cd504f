"""Known answers: rounds whose time follows from how they are made, so that what is left is the harness's own error.

What lasts a stated time by construction is a wait, or a spin until a moment of the very clock that times it; how often
it lasts follows from the schedule: `ceil(N / C) * L` when all overlap, `N * L` when a lock lets none. All that a round
adds to its work is in the error: opening and closing the pool, handing over tasks, the spans; and so is what the
machine adds: sleepers woken late, a core taken away. Both can only be positive. So the error of the median round is
what a user gets here and now, and that of the quickest is the nearest to what the harness itself adds.

Rejected: known amounts of computing (their time is the machine's mood: the same cell drifted 33 % in a session),
and processes (to start one costs more than the aim, and that is a finding, not an error).
"""

import threading
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.core.round import time_round, validation_error
from benchmarks.models import model
from benchmarks.workloads import Capacity, Workload
from benchmarks.workloads.sleep import Sleep

ROUNDS = 5  # the median of so many, after one warm-up round
AIM_SHARE, AIM_S = 0.01, 0.001  # a fifth of the smallest difference that answers report, and some wake-ups
ALONE = threading.Lock()  # of this process: a workload that holds a lock cannot be sent to another


@dataclass(frozen=True)
class Spin(Workload):
    """Compute until `spin_s` have passed on the clock: as many additions as fit, but always that long."""

    name = "spin"
    spin_s: float = 0.02

    def perform(self, client: None, task: int) -> int:
        """Look at the clock until it is time."""
        until = time.perf_counter() + self.spin_s
        while time.perf_counter() < until:
            pass
        return task

    def expected(self, task: int) -> int:
        """The task itself."""
        return task

    def compute_s(self, task: int) -> float:
        """The stated time."""
        return self.spin_s


@dataclass(frozen=True)
class OneAtATime(Sleep):
    """Waiting that does not scale: every wait holds the one lock."""

    name = "one-at-a-time"

    def perform(self, client: None, task: int) -> int:
        """Wait while holding the lock: no other task can wait meanwhile."""
        with ALONE:
            return super().perform(client, task)

    def ideal_s(self, tasks: list[int], concurrency: int, capacity: Capacity) -> float:
        """The sum of all waits, at any concurrency."""
        return super().ideal_s(tasks, 1, capacity)


@dataclass(frozen=True)
class ReferenceRound:
    """A round whose time is known."""

    what: str
    model: str
    workload: Workload
    tasks: int
    concurrency: int

    @property
    def seconds(self) -> float:
        """The known time."""
        return self.workload.ideal_s(list(range(self.tasks)), self.concurrency, Capacity())

    @property
    def waits(self) -> int:
        """How many waits follow one another; each ends as late as this machine wakes a sleeper."""
        wait_s = self.workload.wait_s(0)
        return round(self.seconds / wait_s) if wait_s else 0


@dataclass(frozen=True)
class ErrorEstimate:
    """What the rounds of a known answer took."""

    known: ReferenceRound
    rounds_s: tuple[float, ...]

    @property
    def error_s(self) -> float:
        """Measured less known, in the median round: harness and machine together."""
        return median(self.rounds_s) - self.known.seconds

    @property
    def least_error_s(self) -> float:
        """The error of the quickest round: the harness alone, without other load."""
        return min(self.rounds_s) - self.known.seconds

    def own_error_s(self, late_s: float) -> float:
        """What is left of the least error when each wait in a row ends late by `late_s`, as bare sleeps do."""
        return self.least_error_s - self.known.waits * late_s

    @property
    def aim_s(self) -> float:
        """The largest error that the harness allows itself."""
        return AIM_SHARE * self.known.seconds + AIM_S


def waits(name: str, tasks: int, concurrency: int) -> ReferenceRound:
    """Waits of 20 ms that overlap as far as they may."""
    return ReferenceRound(f"{tasks} waits, {concurrency} at once, {name}", name, Sleep(), tasks, concurrency)


KNOWN = (
    ReferenceRound("8 spins of 20 ms, each alone", "sequential", Spin(), 8, 1),
    waits("asyncio", 20, 5),
    waits("threads", 20, 5),
    waits("threads", 5, 1),  # with the next: four times the work, four times as much at once: it scales perfectly
    waits("threads", 20, 4),
    ReferenceRound("20 waits under a lock, 4 threads", "threads", OneAtATime(delay_s=0.005), 20, 4),
)


def find(known: ReferenceRound) -> ErrorEstimate:
    """Time the rounds as a cell's are timed. ValueError when answers are wrong."""
    tasks = known.workload.tasks(known.tasks)
    took = []
    for _ in range(1 + ROUNDS):
        timing = time_round(model(known.model), known.workload, tasks, known.concurrency)
        if wrong := validation_error(known.workload, tasks, timing):
            raise ValueError(f"{known.what}: {wrong}")
        took.append(timing.seconds)
    return ErrorEstimate(known, tuple(took[1:]))
