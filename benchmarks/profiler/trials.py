"""The single looks of a survey: tasks one at a time, a model with few tasks, with more and more, with its memory.

Each runs the user's code, and says beforehand what it is about to do. What goes wrong in one look is a sentence.
"""

import multiprocessing
import pickle
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.core.round import Timing, TracedWorkload, time_round, validation_error
from benchmarks.core.runner import stop_fork_server
from benchmarks.machine.cpu_usage import snapshot, usage_between
from benchmarks.models import model, needs
from benchmarks.probes.task_memory import tree_bytes
from benchmarks.profiler.sizing import MOST, MOST_AT_ONCE, LoadStep, goes_on, heights, spread, tail
from benchmarks.workloads._user_module import TaskFailed, UnusableFile, line_of
from benchmarks.workloads.user_work import Mine, awaiting

Step = Callable[[str], None]

LOOK_S = 3.0  # at tasks one at a time
ENOUGH_S = (
    1.0  # and as long as this at those that are done sooner: a core changes its speed from one moment to the next
)
FEWEST = 5  # tasks that are timed, however long they take, where there are so many
SLOWEST_S = 10.0  # of one task: the rounds of a cell must end within a minute
RUNG_S = 0.3
LADDER_S = 8.0
MOST_TASKS = 2_000  # of a rung
CROWD = 8  # threads that try to disturb each other
SWITCH_S = 1e-5  # how often they take turns meanwhile; Python's own is 5 ms
QUEUED = Path("/proc/thread-self/schedstat")  # CPU, time in the queue for a core, turns
GLANCE_S = 0.005  # between two looks at the memory


def cpu_s() -> float:
    """CPU of this process and of the children that it has waited for."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def pauses() -> int:
    """How often this process has let go of its core by itself. A task that never did has not waited: it was held up."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def held_up_s() -> float:
    """How long this thread was ready and had no core: waiting for others' programs, not for its own work (Linux)."""
    try:
        return int(QUEUED.read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


@dataclass(frozen=True)
class Timed:
    """Tasks of one form, one at a time, over and over: seconds, waiting and CPU of each, and the first answers."""

    tasks: Sequence[int]
    seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    answers: dict[int, Any] = field(default_factory=dict)

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


def one_by_one(mine: Mine, form: str, tasks: Sequence[int], step: Step, least_s: float = 0.0) -> Timed:
    """Time the tasks once, and again for so many seconds. Unfit when one takes too long."""
    found, began = Timed(tasks), time.perf_counter()
    with mine.client() if form == "blocking" else awaiting(mine) as client:
        for task in cycle(tasks):
            step(f"task {task}")
            queued, paused, used, start = held_up_s(), pauses(), cpu_s(), time.perf_counter()
            answer = mine.perform(client, task)
            took, computed = time.perf_counter() - start, cpu_s() - used
            waited = took - computed - (held_up_s() - queued)
            found.seconds.append(took)
            found.cpu.append(computed)
            found.waits.append(max(0.0, waited) if pauses() > paused else 0.0)
            found.answers.setdefault(int(task), answer)
            if took > SLOWEST_S:
                shorter = f"Next: give tasks that take less than {SLOWEST_S:g} s, so that rounds can be repeated"
                raise UnusableFile(f"task {task} took {took:.0f} s. {shorter}")
            if found.enough(start + took - began, least_s):
                break
    return found


def opening_s(mine: Mine, form: str) -> float:
    """Opening and closing a client, the least of three."""

    def once() -> float:
        began = time.perf_counter()
        with mine.client() if form == "blocking" else awaiting(mine):
            return time.perf_counter() - began

    return min(once() for _ in range(3))


@contextmanager
def switching(seconds: float) -> Iterator[None]:
    """Let threads take turns that often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def attempt(name: str, mine: Mine, tasks: list[int], concurrency: int) -> str:
    """What goes wrong when that model does these tasks; empty when nothing does."""
    try:
        timing = time_round(model(name), mine, tasks, concurrency)
        return validation_error(mine, tasks, timing) or ""
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        return said(problem)
    finally:
        stop_fork_server()


def said(problem: BaseException) -> str:
    """An exception in one line; of several that came together the first."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return str(problem) if isinstance(problem, TaskFailed) else f"{type(problem).__name__}: {problem}{line_of(problem)}"


def race(mine: Mine, each_s: float) -> str:
    """What goes wrong when many threads do tasks and take turns all the time; empty when nothing does."""
    count = max(2 * CROWD, min(8 * CROWD, int(CROWD / each_s)))
    with switching(SWITCH_S):
        return attempt("threads", mine, mine.tasks(count), CROWD)


def unpicklable(value: Any, name: str, depth: int = 3) -> str:
    """The innermost part of a value that cannot be pickled, by name, and why; empty when all of it can."""
    try:
        pickle.dumps(value)
    except Exception as problem:
        parts = parts_of(value, name) if depth else {}
        inner = (unpicklable(part, called, depth - 1) for called, part in parts.items())
        return next(filter(None, inner), f"{name}, a {type(value).__name__}, cannot be pickled: {problem}")
    return ""


def parts_of(value: Any, name: str) -> dict[str, Any]:
    """What a value is made of."""
    if isinstance(value, dict):
        return {f"{name}[{key!r}]": part for key, part in value.items()}
    if isinstance(value, list | tuple):
        return {f"{name}[{place}]": part for place, part in enumerate(value)}
    return {f"{name}.{key}": part for key, part in getattr(value, "__dict__", {}).items()}


def climb(name: str, mine: Mine, most: int, each_s: float, step: Step) -> tuple[list[LoadStep], str]:
    """A model with more and more tasks at once until nothing is gained, and why it went no further; else empty."""
    found, began, rate = list[LoadStep](), time.perf_counter(), 1 / each_s
    try:
        for concurrency in heights(min(most, MOST.get(name, MOST_AT_ONCE))):
            count = min(MOST_TASKS, max(2 * concurrency, ceil(2 * RUNG_S * rate)))  # should the rate double
            if found and time.perf_counter() - began + count / rate > LADDER_S:
                return found, f"{name} was looked at with up to {found[-1].concurrency} at once: more takes too long"
            step(f"{name}, {concurrency} at once")
            found.append(rung(name, mine, concurrency, count))
            rate = max(rung.tasks_per_second for rung in found)
            if not goes_on(found):
                break
    except Exception as problem:
        return found, f"{name} with {concurrency} at once: {said(problem)}"
    finally:
        stop_fork_server()
    return found, ""


def rung(name: str, mine: Mine, concurrency: int, count: int) -> LoadStep:
    """One look at one concurrency, at a pool that has its workers already. ValueError when the answers are wrong."""
    tasks, spanned, began = mine.tasks(count), TracedWorkload(mine), time.perf_counter()
    with model(name)(spanned, concurrency) as run:
        run(mine.tasks(concurrency))
        before = snapshot()
        returned = run(tasks)
        usage = usage_between(before, snapshot())
    closed = time.perf_counter()
    if wrong := validation_error(mine, tasks, Timing(began, began, closed, closed, returned)):
        raise ValueError(wrong)
    took = sorted(end - start for _, start, end in returned)
    seconds, rate = closed - began, count / usage.elapsed_s
    return LoadStep(concurrency, count, seconds, rate, usage.ours_s / usage.elapsed_s, took[len(took) // 2])


def memory(name: str, mine: Mine, concurrency: int, step: Step) -> float | None:
    """Bytes for each task in flight, in an interpreter that has done nothing else; None when it could not be told."""
    step(f"memory of {name}")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=weigh, args=(theirs, name, mine, concurrency))
    process.start()
    theirs.close()
    try:
        return float(ours.recv()) if ours.poll(4 * SLOWEST_S) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


def weigh(out: Connection, name: str, mine: Mine, concurrency: int) -> None:
    """Send the peak growth of this process and its descendants, divided by the tasks in flight."""
    with model(name)(mine, 1) as run:
        run(mine.tasks(1))
    before, peaks, done = tree_bytes(), [0], threading.Event()

    def look() -> None:
        while not done.wait(GLANCE_S):
            peaks.append(tree_bytes())

    watcher = threading.Thread(target=look)
    watcher.start()
    with model(name)(mine, concurrency) as run:
        run(mine.tasks(2 * concurrency))
    done.set()
    watcher.join()
    stop_fork_server()
    out.send(max(0, max(peaks) - before) / concurrency)


def fits(name: str, mine: Mine) -> bool:
    """Whether a model speaks a form that the file has, and its package is here."""
    spoken = needs(name)
    return spoken.form in mine.forms and not spoken.unavailable_reason()
