"""Whether what was timed is the same work: in both forms of a file, the second time, in a fresh process, under a model.

Pure: times in, sentences out. A form that waits a third of what the other waits has forgotten to wait. A task that
takes a quarter of its time when it is done again was not done again. A model under which tasks take a quarter of what
they take alone has left them out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FORGOTTEN = 1 / 3  # of the other form's waiting: a client with a connection less to open waits more than that
UNEQUAL = 2 / 3  # below this the two are compared, and the ranking is a note
REMEMBERED = 0.25  # of a task's first time; caches of processors and operating systems rarely give more than twofold
DROPPED = 0.25  # of a task's time alone
SOME = 0.2  # of the tasks; fewer may be chance
CLEAR_S = 0.001  # below this, clocks and cold caches decide
NAMES = {"blocking": "work", "asyncio": "awork"}


@dataclass(frozen=True)
class Waits:
    """What a form waits and takes for one task, in seconds."""

    form: str
    waits_s: float
    each_s: float


def milliseconds(seconds: float) -> str:
    """A time as users write it."""
    return f"{1000 * seconds:.3g} ms"


def forgotten_wait(one: Waits, other: Waits) -> tuple[str, str]:
    """The form that does not wait though the other does, and the reason; empty when they agree."""
    less, more = sorted((one, other), key=lambda form: form.waits_s)
    if more.waits_s < CLEAR_S or more.waits_s < SOME * more.each_s or less.waits_s >= FORGOTTEN * more.waits_s:
        return "", ""
    sentence = (
        f"`{NAMES[less.form]}` waits {milliseconds(less.waits_s)} a task and `{NAMES[more.form]}` "
        f"{milliseconds(more.waits_s)}: they do not do the same work. Next: wait for everything in "
        f"`{NAMES[less.form]}` (await it, or .result())"
    )
    return less.form, sentence


def unequal_wait(one: Waits, other: Waits) -> str:
    """That the two forms wait for clearly different times, in words; empty when they are near enough."""
    less, more = sorted((one, other), key=lambda form: form.waits_s)
    if more.waits_s < CLEAR_S or more.waits_s < SOME * more.each_s or less.waits_s >= UNEQUAL * more.waits_s:
        return ""
    return (
        f"`{NAMES[more.form]}` waits {milliseconds(more.waits_s)} a task and `{NAMES[less.form]}` "
        f"{milliseconds(less.waits_s)}: part of the difference between them is the work, not the model"
    )


def remembered(first: Sequence[float], again: Sequence[float], fresh: Sequence[float]) -> str:
    """Where answers are kept: "in the process", "outside of it", or "" when each task is done anew.

    Seconds of the same tasks the first time, again in the same process, and the first time in another one. The first
    task is left out where there are more: it opens connections and imports. One quick task may be chance, two are not.
    """
    times = list(zip(first, again, fresh, strict=False))
    times = times[1:] if len(times) > 2 else times
    inside = sum(quick(second, min(one, other)) for one, second, other in times)
    outside = sum(quick(second, one) and quick(other, one) for one, second, other in times)
    few = min(2, len(times))
    if inside >= max(few, SOME * len(times)):
        return "in the process"
    return "outside of it" if outside >= max(few, len(times) / 2) else ""


def quick(seconds: float, before: float) -> bool:
    """Whether that is so little of what it took before that it cannot be the same work."""
    return seconds < REMEMBERED * before and before - seconds > CLEAR_S / 2


def dropped(alone: Mapping[int, float], spans: Sequence[tuple[int, float]]) -> str:
    """That tasks took far less under a model than they wait alone, in words; empty when not. Spans: (task, seconds)."""
    known = [(task, took, alone[task]) for task, took in spans if alone.get(task, 0.0) > CLEAR_S]
    short = [(task, took, usual) for task, took, usual in known if took < DROPPED * usual]
    if len(short) < max(2, SOME * len(known)):
        return ""
    task, took, usual = short[0]
    return (
        f"{len(short)} of {len(known)} tasks were not done: task {task} took {milliseconds(took)} there and "
        f"waits {milliseconds(usual)} alone"
    )
