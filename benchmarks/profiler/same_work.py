"""Tasks one at a time, and what refuses them: a form that forgets to wait, answers that are kept, tasks that fail.

A second pass in this process and one in a fresh process tell a task that is done anew from an answer that is kept.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from benchmarks.profiler.agreement import NAMES, Waits, forgotten_wait, milliseconds, remembered, unequal_wait
from benchmarks.profiler.isolated import isolated
from benchmarks.profiler.one_by_one import Timed, one_by_one
from benchmarks.workloads._user_answers import same, unpicklable
from benchmarks.workloads._user_module import TaskFailed, UnusableFile
from benchmarks.workloads.user_work import Mine

Step = Callable[[str], None]

AGAIN, AGAIN_S = 12, 1.0  # tasks that are done again, and for about how long
FEWEST_AGAIN = 3
LONGEST_TASK = 10_000  # letters of a task that are compared with those of another process
ADDRESS = re.compile(r"0x[0-9a-f]+")
ANOTHER_LIST = (
    "TASKS is another list in each process (a set, or chosen at random), so no two blocks would do the same work. "
    "Next: TASKS = sorted(…), or random.seed(1) before it"
)
FRESH_PATIENCE_S = 20.0  # beyond what the tasks took: an interpreter starts in a second


@dataclass
class Doubts:
    """Sentences about the work that fit nowhere else, and the reasons for which a ranking is a note and no headline."""

    notes: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Looked:
    """What a look at each form found: times of those that are usable, why the other one is not, answers that differ."""

    mine: Mine
    times: dict[str, Timed]
    refused: dict[str, str]
    unlike: str  # why answers cannot be compared; empty when they can

    def sample(self) -> dict[str, Any]:
        """A few tasks and their answers, as they would travel to another process."""
        first = next(iter(self.times.values()))
        numbers = list(islice(first.answers, AGAIN))
        tasks = {f"task {number}": self.mine.code.tasks[number] for number in numbers}
        return tasks | {f"the answer to task {number}": first.answers[number] for number in numbers}


def look_at_forms(mine: Mine, forms: Sequence[str], enough_s: float, step: Step, doubts: Doubts) -> Looked:
    """Time each form. UnusableFile or TaskFailed with the reason when none is usable."""
    times, refused, unlike = dict[str, Timed](), dict[str, str](), ""
    sample = mine.tasks(len(mine.code.tasks))[:AGAIN]
    before = listing(mine, sample)
    for form in forms:
        try:
            timed = one_by_one(mine, form, mine.tasks(len(mine.code.tasks)), step, enough_s)
            unchanged(before, listing(mine, sample), form)
            why = second_pass(mine, form, timed, step, doubts)
        except TaskFailed as problem:
            if len(forms) == 1:
                raise
            refused[form] = f"`{NAMES[form]}`: {problem}"
            continue
        unlike, times[form] = unlike or why, timed
    if not times:
        raise TaskFailed("; ".join(refused.values()))
    compare_waits(times, refused, doubts)
    if unlike and not mine.code.given("answer"):
        doubts.reasons.append(f"answers cannot be compared: {unlike}")
    return Looked(mine, times, refused, unlike)


def compare_waits(times: dict[str, Timed], refused: dict[str, str], doubts: Doubts) -> None:
    """Refuse the form that does not wait though the other does."""
    if len(times) < 2:
        return
    one, other = (Waits(form, timed.waits_s, timed.each_s) for form, timed in times.items())
    form, why = forgotten_wait(one, other)
    if form:
        refused[form] = why
        del times[form]
    elif why := unequal_wait(one, other):
        doubts.reasons.append(why)


def second_pass(mine: Mine, form: str, first: Timed, step: Step, doubts: Doubts) -> str:
    """Do some tasks again, here and in a fresh process. Why answers cannot be compared; UnusableFile when kept."""
    tasks = again_tasks(mine, first)
    once, again = first.seconds[: len(tasks)], one_by_one(mine, form, [*tasks, *tasks], step)
    step("the same tasks in a fresh process")
    patience_s = FRESH_PATIENCE_S + 4 * sum(once)
    fresh, seen = isolated(first_pass, mine, form, list(map(int, tasks)), patience_s=patience_s, step=step)
    if seen != listing(mine, tasks):
        raise UnusableFile(ANOTHER_LIST)
    for second in (again.seconds[: len(tasks)], again.seconds[len(tasks) :]):  # the latter with the same client
        if where := remembered(once, second, fresh):
            check_caching(where, form, once, second, doubts)
            break
    for task in tasks:
        before, after = first.answers[task], again.answers[task]
        if not same(before, after):
            return f"task {task} gave {before!r:.60} and then {after!r:.60}. Next: write answer(task)"
    return ""


def again_tasks(mine: Mine, first: Timed) -> list[int]:
    """The first tasks of a pass, as many as take about a second."""
    each_s = sum(first.seconds) / len(first.seconds)
    count = min(AGAIN, max(FEWEST_AGAIN, int(AGAIN_S / 2 / max(each_s, 1e-6))))
    return [task for task in mine.tasks(len(mine.code.tasks)) if task in first.answers][:count]


def first_pass(mine: Mine, form: str, numbers: Sequence[int], step: Step) -> tuple[list[float], list[str]]:
    """Seconds of these tasks, the first time in this process, and what they are there."""
    tasks = [task for task in mine.tasks(len(mine.code.tasks)) if task in set(numbers)]
    described = listing(mine, tasks)
    if len(tasks) < len(numbers):
        raise UnusableFile(ANOTHER_LIST)
    return one_by_one(mine, form, tasks, step).seconds, described


def unchanged(before: Sequence[str], after: Sequence[str], form: str) -> None:
    """UnusableFile where a form has changed its tasks: the next round would do other work."""
    for was, now in zip(before, after, strict=True):
        if was != now:
            raise UnusableFile(
                f"`{NAMES[form]}` changes its tasks: {was:.40} became {now:.40}, so each round would do other work. "
                "Next: copy the task in the function (copy.deepcopy)"
            )


def listing(mine: Mine, tasks: Sequence[int]) -> list[str]:
    """How many tasks the file has, and these in words; of what only its address tells, the class."""
    words = [ADDRESS.sub("", repr(mine.code.tasks[task])[:LONGEST_TASK]) for task in tasks]
    return [str(len(mine.code.tasks)), *words]


def check_caching(where: str, form: str, once: Sequence[float], second: Sequence[float], doubts: Doubts) -> None:
    """Refuse answers that the process keeps; doubt those that something outside of it keeps."""
    before, after = max(zip(once, second, strict=False), key=lambda pair: pair[0] / pair[1])
    times = f"{milliseconds(before)} the first time and {milliseconds(after)} the second"
    if where == "in the process":
        raise UnusableFile(
            f"`{NAMES[form]}` remembers its answers: a task took {times}, so rounds would measure its memory. "
            "Next: empty that memory in client(), or call what it remembers from the function without it "
            "(function.__wrapped__ of a cached one)"
        )
    doubts.reasons.append(
        f"a task of `{NAMES[form]}` took {times}, in a fresh process too: "
        "a file, a service or the system keeps its answer"
    )


def sealed(values: Mapping[Any, Any]) -> str:
    """What keeps tasks or answers from being sent to another process, by name; empty when nothing does."""
    return next(filter(None, (unpicklable(value, str(name)) for name, value in values.items())), "")
