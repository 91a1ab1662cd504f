"""A model tried on the user's work, in an interpreter of its own: a few tasks, a stress, a sweep, its memory.

Each runs the user's code, and says beforehand what it is about to do. What goes wrong is a sentence.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter  # before a user's file is imported, which may replace them
from typing import Any

from benchmarks.core.round import Timing, time_round, validation_error
from benchmarks.core.runner import stop_fork_server
from benchmarks.models import model, needs
from benchmarks.probes.task_memory import tree_bytes
from benchmarks.profiler.agreement import dropped
from benchmarks.profiler.evidence import Marks, Observations, WatchedWorkload, between, watching
from benchmarks.profiler.sizing import MOST, MOST_AT_ONCE, LoadStep, goes_on, heights
from benchmarks.profiler.timeline import a_second_longer, end_spread
from benchmarks.workloads._user_errors import FAILS_TOGETHER, described
from benchmarks.workloads._user_module import TaskFailed, UnusableFile
from benchmarks.workloads.user_work import Mine, Task, references

Step = Callable[[str], None]

FEW = 3  # tasks that each model tries first
RUNG_S = 0.3
LADDER_S = 8.0
MOST_TASKS = 2_000  # of a rung
CROWD = 8  # threads that try to disturb each other
SWITCH_S = 1e-5  # how often they take turns meanwhile; Python's own is 5 ms
GLANCE_S = 0.005  # between two looks at the memory


@dataclass(frozen=True)
class Plan:
    """What is to be tried of a model, and what is known of the tasks: answers, and the least that each took alone."""

    mine: Mine
    most: int  # tasks in flight
    each_s: float
    answers: Mapping[int, Any] | None  # None where they cannot be sent: found once more there
    shortest_s: Mapping[int, float]
    sweeps: bool = True
    stresses: bool = False
    ladder_s: float = LADDER_S
    rung_s: float = RUNG_S

    def tasks(self, count: int) -> list[int]:
        """So many tasks, of those whose answers are known."""
        numbers = list(self.shortest_s)
        values = self.mine.code.tasks
        return [Task.of(number, values[number]) for number in (numbers[place % len(numbers)] for place in range(count))]


@dataclass(frozen=True)
class Trial:
    """What came of it: why the model cannot do the work, or the steps of its sweep and how far they went."""

    failure: str = ""
    unsafe: str = ""  # what went wrong among many threads
    sweep: list[LoadStep] = field(default_factory=list)
    reached: int = MOST_AT_ONCE  # tasks in flight, where more failed
    note: str = ""


def trial(name: str, plan: Plan, step: Step) -> Trial:
    """Everything about one model."""
    if plan.answers is not None:
        references(plan.mine.source).update(plan.answers)
    step(f"{name}, a few tasks")
    if failure := few(name, plan):
        return Trial(failure)
    step(f"{name}, a stress of it")
    unsafe = stress(plan) if plan.stresses else ""
    if "event loop" in unsafe:
        return Trial(unsafe)
    if not plan.sweeps:
        return Trial(unsafe=unsafe)
    sweep, why = climb(name, plan, step)
    if why and ("event loop" in why or not sweep):  # the next loop would not take what this one was given
        return Trial(why)
    broke = bool(why) and "takes too long" not in why
    reached = sweep[-1].concurrency if broke else MOST_AT_ONCE
    return Trial("", unsafe, sweep, reached, advised(why, reached) if broke else why)


def few(name: str, plan: Plan) -> str:
    """What goes wrong when a model does a few tasks; loops twice: what was made for the first fails in the second."""
    at_once = min(FEW, plan.most)
    tasks = plan.tasks(at_once)
    times = 2 if needs(name).form == "asyncio" else 1
    why = next(filter(None, (attempt(name, plan.mine, tasks, at_once, plan.shortest_s) for _ in range(times))), "")
    if not why or at_once == 1 or "Next:" in why or "not done" in why:
        return why
    alone = attempt(name, plan.mine, tasks, 1, plan.shortest_s)
    return why if alone else advised(why, 1, together=at_once)


def advised(why: str, reached: int, together: int = 0) -> str:
    """A failure that comes only with more in flight, and what to write."""
    if "Next:" in why or not FAILS_TOGETHER.search(why):
        return why
    fine = f"one at a time it works, {together} in flight fail" if together else f"{reached} in flight still worked"
    return f"{why}; {fine}. Next: write MOST_AT_ONCE = {reached} in the file"


def attempt(
    name: str, mine: Mine, tasks: list[int], concurrency: int, shortest_s: Mapping[int, float] | None = None
) -> str:
    """What goes wrong when that model does these tasks; empty when nothing does."""
    try:
        mine.prepare(tasks)
        timing = time_round(model(name), mine, tasks, concurrency)
        return validation_error(mine, tasks, timing) or dropped(shortest_s or {}, spans(tasks, timing))
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        return error_text(problem)
    finally:
        stop_fork_server()


def spans(tasks: list[int], timing: Timing) -> list[tuple[int, float]]:
    """How long each task took."""
    return [(int(task), end - start) for task, (start, end) in zip(tasks, timing.spans, strict=True)]


def error_text(problem: BaseException) -> str:
    """An exception in one line; of several that came together the first."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return str(problem) if isinstance(problem, TaskFailed | UnusableFile) else described(problem)


@contextmanager
def switching(seconds: float) -> Iterator[None]:
    """Let threads take turns that often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def stress(plan: Plan) -> str:
    """What goes wrong when many threads do tasks and take turns all the time; empty when nothing does."""
    crowd = min(CROWD, plan.most)
    count = max(2 * crowd, min(8 * crowd, int(crowd / plan.each_s)))
    with switching(SWITCH_S):
        return attempt("threads", plan.mine, plan.tasks(count), crowd, plan.shortest_s)


def climb(name: str, plan: Plan, step: Step) -> tuple[list[LoadStep], str]:
    """A model with more and more tasks in flight until nothing is gained, and why it went no further; else empty."""
    steps, began, rate = list[LoadStep](), perf_counter(), 1 / plan.each_s
    try:
        for concurrency in heights(min(plan.most, MOST.get(name, MOST_AT_ONCE))):
            count = min(MOST_TASKS, max(2 * concurrency, ceil(2 * plan.rung_s * rate)))  # should the rate double
            if steps and perf_counter() - began + count / rate > plan.ladder_s:
                return steps, f"{name} was tried with up to {steps[-1].concurrency} in flight: more takes too long"
            step(f"{name}, {concurrency} in flight")
            steps.append(rung(name, plan, concurrency, count))
            rate = max(rung.tasks_per_second for rung in steps)
            if not goes_on(steps):
                break
    except Exception as problem:
        return steps, f"{name} with {concurrency} in flight: {error_text(problem)}"
    finally:
        stop_fork_server()
    return steps, ""


def rung(name: str, plan: Plan, concurrency: int, count: int) -> LoadStep:
    """One look at one concurrency, at a pool that has its workers already. TaskFailed when the answers are wrong."""
    observations = Observations()
    watched, tasks, began = (
        WatchedWorkload(plan.mine, observations=observations),
        plan.tasks(count),
        perf_counter(),
    )
    plan.mine.prepare(tasks)
    with watching(observations), model(name)(watched, concurrency) as run:
        run(plan.tasks(concurrency))
        before = Marks.now(observations)
        forget(observations)
        returned = run(tasks)
        evidence = between(before, Marks.now(observations), observations)
    closed = perf_counter()
    timing = Timing(began, began, closed, closed, returned)
    if wrong := validation_error(plan.mine, tasks, timing) or dropped(plan.shortest_s, spans(tasks, timing)):
        raise TaskFailed(wrong)
    took = sorted(end - start for start, end in timing.spans)
    rate = count / evidence.seconds
    return LoadStep(
        concurrency, count, closed - began, rate, evidence.cores_busy, took[len(took) // 2],
        a_second_longer(took), end_spread([end for _, end in timing.spans]), evidence,
    )  # fmt: skip


def forget(observations: Observations) -> None:
    """Begin to add up anew; which thread runs the loop is still known."""
    fresh = Observations(
        observations.loop_thread, observations.loop_native_id, perf_counter(), watch_cpu_s=observations.watch_cpu_s
    )
    for name, value in vars(fresh).items():
        setattr(observations, name, value)


def memory(name: str, plan: Plan, concurrency: int, step: Step) -> float:
    """Bytes for each task in flight: the peak growth of this process and its descendants, divided by their number."""
    step(f"memory of {name}")
    mine = plan.mine
    with model(name)(mine, 1) as run:
        run(plan.tasks(1))
    before, peaks, done = tree_bytes(), [0], threading.Event()

    def look() -> None:
        while not done.wait(GLANCE_S):
            peaks.append(tree_bytes())

    watcher = threading.Thread(target=look)
    watcher.start()
    with model(name)(mine, concurrency) as run:
        run(plan.tasks(2 * concurrency))
    done.set()
    watcher.join()
    return max(0, max(peaks) - before) / concurrency


def can_run(name: str, mine: Mine) -> bool:
    """Whether a model speaks a form that the file has, and its package is here."""
    requirements = needs(name)
    return requirements.form in mine.forms and not requirements.unavailable_reason()
