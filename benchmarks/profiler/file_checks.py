"""What a user's file must be before anything of it is timed: its fields make sense, and it leaves the clocks alone."""

import math
import time
from difflib import get_close_matches
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.core.tampering import Originals
from benchmarks.profiler.same_work import Doubts, Looked
from benchmarks.workloads._user_module import Code, UnusableFile, load
from benchmarks.workloads.user_work import Mine

REST_S, BUSY = 0.1, 0.1  # a look at the file while it has nothing to do, and the cores that it may use then
EMPTY_LOOKS = 200
FIELDS = ("MOST_AT_ONCE", "EXPECT")
ALIKE = 0.9  # of the letters: a slip of the pen


def loaded(source: str, doubts: Doubts) -> Code:
    """The file, imported. UnusableFile where it replaces what measures it, or a field of it makes no sense."""
    before = Originals.now()
    code = load(source)
    if changed := [change for change in before.changes() if "replaced" in change or "garbage collection" in change]:
        raise UnusableFile(
            f"{source}: importing it changes what measures it: {', '.join(changed[:3])}. Next: leave that to the "
            "program around the work; models of their own (make models) run it under gevent, uvloop and others"
        )
    check_fields(source, code)
    if (cores := busy_cores()) > BUSY:
        doubts.reasons.append(
            f"the file keeps {cores:.2g} cores busy while no task runs: a thread of its own computes beside every model"
        )
    return code


def busy_cores() -> float:
    """Cores that this process uses while it has nothing to do."""
    began, used = time.monotonic(), time.process_time()
    time.sleep(REST_S)
    return (time.process_time() - used) / (time.monotonic() - began)


def check_fields(source: str, code: Code) -> None:
    """UnusableFile where a field of the file is of another kind than it must be, or nearly called like one."""
    most, expect = code.given("MOST_AT_ONCE"), code.given("EXPECT")
    if most is not None and (not isinstance(most, int) or most < 1):
        raise UnusableFile(f"{source}: MOST_AT_ONCE is {most!r:.40}. Next: write a whole number from 1 on")
    if expect is not None and (isinstance(expect, str) or not all(isinstance(one, str) for one in expect)):
        raise UnusableFile(f'{source}: EXPECT lists sentences. Next: EXPECT = ["threads at least 5x sequential"]')
    for name in (name for name in vars(code.module) if name.isupper() and name not in FIELDS):
        if near := get_close_matches(name, FIELDS, 1, ALIKE):
            raise UnusableFile(f"{source}: {name} means nothing here. Next: call it {near[0]}")
    if ideal := code.given("ideal"):
        check_ideal(source, ideal(list(code.tasks), 1))


def check_ideal(source: str, ideal_s: Any) -> None:
    """UnusableFile unless the limit is a time."""
    if not isinstance(ideal_s, int | float) or not math.isfinite(ideal_s) or ideal_s <= 0:
        raise UnusableFile(
            f"{source}: ideal(tasks, concurrency) returned {ideal_s!r:.40}. Next: return seconds above 0"
        )


def mind_nothing(looked: Looked, doubts: Doubts) -> None:
    """Doubt work that takes no longer than the call of a function that does nothing."""
    task_s = min(median(timed.seconds) for timed in looked.times.values())
    if task_s < 2 * empty_s(looked.mine):
        words = "as long as a function that does nothing: the models are compared, not the work"
        doubts.reasons.append(f"a task takes {1e6 * task_s:.2g} µs, {words}")


def empty_s(mine: Mine) -> float:
    """What a look at a task takes that does nothing."""
    task, took = mine.tasks(1)[0], list[float]()
    for _ in range(EMPTY_LOOKS):
        began = perf_counter()
        mine.perform(lambda value: None, task)
        took.append(perf_counter() - began)
    return median(took)
