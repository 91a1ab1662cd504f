"""One round: a model opened, run and closed around a list of tasks, with the span of every task."""

import gc
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate
from secrets import randbits
from time import perf_counter
from typing import Any

from benchmarks.core.traced import Clock, TracedWorkload, seal
from benchmarks.models import Model
from benchmarks.workloads import Capacity, Workload

CLOCKS_APART_S = 0.1  # of a cluster's machines; more, and it cannot be said in which round a task was done
EARLY_S = 0.001  # libuv's clock counts whole milliseconds: a sleep of 20 ms may end after 19.2


@dataclass(frozen=True)
class Timing:
    """A timed execution: the moments (seconds of one clock) between its phases, and what `run` returned."""

    began: float
    opened: float
    ran: float
    closed: float
    returned: Any
    secret: int | None = None  # of the seals that the spans carry
    collecting: bool = True  # whether the garbage collector was on when the last answer came

    @property
    def start_s(self) -> float:
        """Until the model has opened; most executors start their workers later, with the first tasks."""
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

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Start and end of every task."""
        return [(item[1], item[2]) for item in self.returned]


def time_round(
    model: Model, workload: Workload, tasks: Sequence[int], concurrency: int, clock: Clock = perf_counter
) -> Timing:
    """Run `tasks` once under `model`, which gets copies of the tasks and of the workload: it may do as it likes."""
    secret, given = randbits(62), list(tasks)
    traced = TracedWorkload(deepcopy(workload), clock, secret)
    began = clock()
    with model(traced, concurrency) as run:
        opened = clock()
        returned = run(given)
        ran, collecting = clock(), gc.isenabled()
    return Timing(began, opened, ran, clock(), returned, secret, collecting)


def validation_error(workload: Workload, tasks: Sequence[int], timing: Timing, slack_s: float = 0.0) -> str | None:
    """What is wrong with the answers and spans of a round; None when it is whole. Other clocks may be `slack_s` off.

    Right values, right count, right order, and every task done between the round's beginning and its end, in no less
    time than it waits: a forgotten `await asyncio.sleep(…)` gives the right answer too.
    """
    returned = timing.returned
    if type(returned) is not list:
        return f"run() returned a {type(returned).__name__}, not a list of answers"
    if len(returned) != len(tasks):
        return f"{len(tasks)} tasks went in, {len(returned)} answers came out"
    wrong = (item_error(workload, task, item, timing, slack_s) for task, item in zip(tasks, returned, strict=True))
    switched_off = "" if timing.collecting else "garbage collection was switched off"
    return next(filter(None, wrong), "") or switched_off or workload.left_undone() or None


def item_error(workload: Workload, task: int, item: Any, timing: Timing, slack_s: float) -> str:
    """What is wrong with what came back for one task; empty when nothing is."""
    length = 3 if timing.secret is None else 4
    if type(item) is not tuple or len(item) != length:
        return f"task {task} was not performed: its answer is {item!r:.80}"
    answer, start, end, *sealed = item
    if not workload.is_correct(task, answer):
        return f"task {task} got the answer {answer!r:.60} instead of {workload.expected(task)!r:.60}"
    if not type(start) is type(end) is float:
        return f"task {task} has no times, but {start!r:.40} and {end!r:.40}"
    if not timing.began - slack_s <= start <= end <= timing.ran + slack_s:
        return f"task {task} was not done between the start and the end of the round"
    if end - start < workload.min_duration_s(task) - EARLY_S:
        return f"task {task} took {end - start:.3g} s, but waiting alone takes {workload.min_duration_s(task):.3g} s"
    if timing.secret is not None and sealed != [seal(timing.secret, task, start, end)]:
        return f"task {task} was not performed in this round: its times were made up"
    return ""


def peak_concurrency(timing: Timing) -> int:
    """How many tasks were in flight at the same time, as their spans tell."""
    return most_overlapping(timing.spans)


def most_overlapping(spans: Iterable[tuple[float, float]]) -> int:
    """How many spans share a moment; one that ends makes room first."""
    spans = list(spans)
    steps = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    return max(accumulate(step for _, step in steps), default=0)


def spans_us(timing: Timing) -> list[int]:
    """Start and end of every task in microseconds since the round began, flat: [start, end, start, end, …]."""
    return [round((moment - timing.began) * 1e6) for start, end in timing.spans for moment in (start, end)]


def efficiency(workload: Workload, tasks: list[int], concurrency: int, capacity: Capacity, seconds: float) -> float:
    """Ideal time ÷ measured time: 1.0 is perfect overlap."""
    return workload.ideal_s(tasks, concurrency, capacity) / seconds
