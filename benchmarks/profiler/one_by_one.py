"""Tasks one at a time: how long each takes, what of it waits and what computes, and its answer."""

import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import perf_counter  # before a user's file is imported, which may replace them
from typing import Any

from benchmarks.machine.cpu_usage import own_cpu_s
from benchmarks.machine.scheduler import core_wait_s
from benchmarks.profiler.child_processes import children, left_running
from benchmarks.profiler.sizing import spread, tail
from benchmarks.workloads._unfinished import undone_inside
from benchmarks.workloads._user_module import TaskFailed, UnusableFile
from benchmarks.workloads.user_work import Mine, awaiting

Step = Callable[[str], None]

LOOK_S = 3.0  # at tasks one at a time
ENOUGH_S = 1.0  # at those that are done sooner: a core changes its speed from one moment to the next
FEWEST = 5  # tasks that are timed, however long they take, where there are so many
SLOWEST_S = 10.0  # of one task: the rounds of a cell must end within a minute


def pauses() -> int:
    """How often this process has given up its core by itself. A task that never did has not waited: it was held up."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


@dataclass(frozen=True)
class Timed:
    """Tasks of one form, one at a time, over and over: seconds, waiting and CPU of each, and the first answers."""

    tasks: Sequence[int]
    seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    answers: dict[int, Any] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def warm(self) -> slice:
        """What counts: each task as often as any other after a cold pass; without a second, all but the first task."""
        passes = len(self.seconds) // len(self.tasks)
        if passes > 1:
            return slice(len(self.tasks), passes * len(self.tasks))
        return slice(1 if len(self.seconds) > 1 else 0, None)

    def enough(self, spent_s: float, least_s: float) -> bool:
        """Whether that was looked at for long enough, in whole passes where there is time for them."""
        if len(self.seconds) % len(self.tasks) == 0 and (spent_s > least_s or not least_s):
            return True
        return spent_s > LOOK_S and len(self.seconds) >= FEWEST

    @property
    def each_s(self) -> float:
        """What a task takes on average."""
        return spread(self.seconds[self.warm])["mean"]

    @property
    def waits_s(self) -> float:
        """What a task waits on average."""
        return spread(self.waits[self.warm])["mean"]

    @property
    def computes_s(self) -> float:
        """CPU of a task on average, as far as it takes its time."""
        return min(self.each_s, spread(self.cpu[self.warm])["mean"])

    @property
    def shortest_s(self) -> dict[int, float]:
        """The least that each task waited, and no more than the quickest tenth of all did: what varies binds less."""
        tenth = sorted(self.waits)[len(self.waits) // 10]
        shortest: dict[int, float] = {}
        for task, waited in zip(cycle(self.tasks), self.waits, strict=False):
            shortest[int(task)] = min(waited, tenth, shortest.get(int(task), waited))
        return shortest

    def described(self) -> dict[str, Any]:
        """As it stands in `learned.forms`."""
        seconds, total_s = self.seconds[self.warm], self.waits_s + self.computes_s
        return {
            "tasks": len(seconds),
            "seconds": spread(seconds),
            "wait_seconds": spread(self.waits[self.warm]),
            "cpu_seconds": spread(self.cpu[self.warm]),
            "cold_seconds": self.seconds[0],
            "tail": tail(seconds),
            "compute_share": self.computes_s / total_s if total_s else None,
        }

    def add(self, task: int, took_s: float, computed_s: float, waited_s: float) -> None:
        """Keep what one task took."""
        self.seconds.append(took_s)
        self.cpu.append(computed_s)
        self.waits.append(waited_s)
        if took_s > SLOWEST_S:
            shorter = f"Next: give tasks that take less than {SLOWEST_S:g} s, so that rounds can be repeated"
            raise UnusableFile(f"task {task} took {took_s:.0f} s. {shorter}")

    def failed(self) -> str:
        """Which tasks failed and what the first said; empty when none did."""
        if not self.failures:
            return ""
        numbers, done = ", ".join(map(str, list(self.failures)[:5])), min(len(self.seconds), len(self.tasks))
        more = ", …" if len(self.failures) > 5 else ""
        count = f"{len(self.failures)} of {done} tasks failed (task {numbers}{more})" if done > 1 else "the task failed"
        advice = "" if "Next:" in (first := next(iter(self.failures.values()))) else (
            ". Next: leave them out of TASKS, or catch that in the function and return what it means"
        )  # fmt: skip
        return f"{count}: {first}{advice}"


def one_by_one(mine: Mine, form: str, tasks: Sequence[int], step: Step, least_s: float = 0.0) -> Timed:
    """Time the tasks once, and again for so many seconds. UnusableFile: one takes too long; TaskFailed: some fail."""
    timed, before = Timed(tasks), children()
    mine.prepare(list(tasks))
    with mine.client() if form == "blocking" else awaiting(mine) as client:
        began = perf_counter()
        for task in cycle(tasks):
            step(f"task {task}")
            queued, paused, used, start = core_wait_s(), pauses(), own_cpu_s(), perf_counter()
            try:
                timed.answers.setdefault(int(task), mine.perform(client, task))
            except TaskFailed as problem:
                timed.failures.setdefault(int(task), str(problem))
            took, computed = perf_counter() - start, own_cpu_s() - used
            waited = took - computed - (core_wait_s() - queued)
            timed.add(task, took, computed, max(0.0, waited) if pauses() > paused else 0.0)
            if timed.enough(start + took - began, least_s) or (timed.failures and len(timed.seconds) >= len(tasks)):
                break
    if why := timed.failed() or promised(timed.answers) or mine.left_undone() or left_running(before):
        raise TaskFailed(why)
    return timed


def promised(answers: Mapping[int, Any]) -> str:
    """The first answer that holds the promise of one, whether or not it has come meanwhile; empty without."""
    promises = ((task, undone_inside(answer)) for task, answer in answers.items())
    return next((f"the answer to task {task} holds {promise}" for task, promise in promises if promise), "")


def opening_s(mine: Mine, form: str) -> float:
    """Opening and closing a client, the least of three."""

    def once() -> float:
        began = perf_counter()
        with mine.client() if form == "blocking" else awaiting(mine):
            return perf_counter() - began

    return min(once() for _ in range(3))
