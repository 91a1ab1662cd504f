"""One round: a model opened, run and closed around a list of tasks, with the span of every task.

The span is taken where the work happens, by a workload that wraps the real one: models know nothing of it, and it
works across threads, processes and loops because the clock is the system's monotonic one, shared by all processes.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, replace
from itertools import accumulate
from time import perf_counter
from typing import Any

from benchmarks.models import Model
from benchmarks.workloads import Capacity, Workload

Clock = Callable[[], float]

CLOCKS_APART_S = 0.1  # of a cluster's machines; more, and it cannot be said in which round a task was done
EARLY_S = 0.001  # libuv's clock counts whole milliseconds: a sleep of 20 ms may end after 19.2


@dataclass(frozen=True)
class TracedWorkload(Workload):
    """The same workload, whose answers come as (answer, start, end)."""

    name = "spanned"
    workload: Workload
    clock: Clock = perf_counter

    @property
    def module(self) -> str:
        """The wrapped workload's."""
        return self.workload.module

    def client(self) -> AbstractContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.client()

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.aclient()

    def for_library(self, library: str) -> "TracedWorkload":
        """The wrapped workload in that library's words."""
        return replace(self, workload=self.workload.for_library(library))

    def perform(self, client: Any, task: int) -> tuple[Any, float, float]:
        """Perform between two looks at the clock."""
        start = self.clock()
        answer = self.workload.perform(client, task)
        return answer, start, self.clock()

    async def aperform(self, client: Any, task: int) -> tuple[Any, float, float]:
        """Perform between two looks at the clock."""
        start = self.clock()
        answer = await self.workload.aperform(client, task)
        return answer, start, self.clock()


@dataclass(frozen=True)
class Timing:
    """A timed execution: the moments (seconds of one clock) between its phases, and what `run` returned."""

    began: float
    opened: float
    ran: float
    closed: float
    returned: Any

    @property
    def start_s(self) -> float:
        """Opening the pool or the loop."""
        return self.opened - self.began

    @property
    def run_s(self) -> float:
        """From the first task to the last answer."""
        return self.ran - self.opened

    @property
    def stop_s(self) -> float:
        """Closing it again."""
        return self.closed - self.ran

    @property
    def seconds(self) -> float:
        """All of it, because that is what a script pays."""
        return self.closed - self.began


def time_round(
    model: Model, workload: Workload, tasks: list[int], concurrency: int, clock: Clock = perf_counter
) -> Timing:
    """Run `tasks` once under `model`."""
    spanned = TracedWorkload(workload, clock)
    began = clock()
    with model(spanned, concurrency) as run:
        opened = clock()
        returned = run(tasks)
        ran = clock()
    return Timing(began, opened, ran, clock(), returned)


def validation_error(workload: Workload, tasks: list[int], timing: Timing, slack_s: float = 0.0) -> str | None:
    """What is wrong with the answers and spans of a round; None when it is whole. Other clocks may be `slack_s` off.

    Right values, right count, right order, and every task done between the round's beginning and its end, in no less
    time than it waits: a forgotten `await asyncio.sleep(…)` gives the right answer too.
    """
    returned = timing.returned
    if not isinstance(returned, list):
        return f"run() returned a {type(returned).__name__}, not a list of answers"
    if len(returned) != len(tasks):
        return f"{len(tasks)} tasks went in, {len(returned)} answers came out"
    for task, item in zip(tasks, returned, strict=True):
        if not (isinstance(item, tuple) and len(item) == 3):
            return f"task {task} was not performed: its answer is {item!r:.80}"
        answer, start, end = item
        if not workload.is_correct(task, answer):
            return f"task {task} got the answer {answer!r:.60} instead of {workload.expected(task)!r:.60}"
        if not timing.began - slack_s <= start <= end <= timing.ran + slack_s:
            return f"task {task} was not done between the start and the end of the round"
        if end - start < workload.min_duration_s(task) - EARLY_S:
            return (
                f"task {task} took {end - start:.3g} s, but waiting alone takes {workload.min_duration_s(task):.3g} s"
            )
    return workload.left_undone() or None


def peak_concurrency(timing: Timing) -> int:
    """How many tasks were in flight at the same time, as their spans tell."""
    return most_overlapping((start, end) for _, start, end in timing.returned)


def most_overlapping(spans: Iterable[tuple[float, float]]) -> int:
    """How many spans share a moment; one that ends makes room first."""
    spans = list(spans)
    steps = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    return max(accumulate(step for _, step in steps), default=0)


def spans_us(timing: Timing) -> list[int]:
    """Start and end of every task in microseconds since the round began, flat: [start, end, start, end, …]."""
    return [round((moment - timing.began) * 1e6) for _, start, end in timing.returned for moment in (start, end)]


def efficiency(workload: Workload, tasks: list[int], concurrency: int, capacity: Capacity, seconds: float) -> float:
    """Floor ÷ measured: 1.0 is perfect overlap."""
    return workload.ideal_s(tasks, concurrency, capacity) / seconds
