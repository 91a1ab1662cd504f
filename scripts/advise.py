"""`make advise`: which model, and how many at once, for work that you describe or that `make mine` has measured.

    make advise TASKS=5000 WAIT_MS=200 CPU_MS=3 CORES=8 GIL_RELEASED=0.5
    make advise RUN=results/runs/<id of a make mine>

A prediction, with an interval that held nine of ten held-back measurements (docs/advice.md). Its costs come from
the newest run of this machine that has them, otherwise from the reference run.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.capacity import usable_cores
from scripts import held_back
from scripts.advice import Advice, Option, Question, Source, Task, advise, turning_points, value_of
from scripts.answers import MARGIN
from scripts.console import between, console, number, seconds
from scripts.dataset import LATEST, load
from scripts.exits import Exit, Stop, leave
from scripts.mined import Mine, is_one, read
from scripts.sources import best_source, source_named

MB = 1e6
AXES = {"cpu_s": "computing", "wait_s": "waiting"}
EXAMPLE = "Next: make advise TASKS=5000 WAIT_MS=200 CPU_MS=3"
UNBOUNDED = 1e7  # more tasks, or milliseconds, than anybody means


def amount(least: float, most: float = UNBOUNDED) -> Callable[[str], float]:
    """A number of a range, for argparse."""

    def read(text: str) -> float:
        value = float(text)
        if not (isfinite(value) and least <= value <= most):
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:,.0f}")
        return value

    read.__name__ = "number"  # as argparse calls it where the text is none
    return read


def whole_amount(text: str) -> int:
    """A count, for argparse."""
    value = amount(1)(text)
    if value != int(value):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(value)


whole_amount.__name__ = "number"


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.advise", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=whole_amount, help="how many there are")
    parser.add_argument("--wait-ms", type=amount(0), help="milliseconds that one waits for something else")
    parser.add_argument("--cpu-ms", type=amount(0), help="milliseconds that one computes, its client's CPU included")
    parser.add_argument("--gil-released", type=amount(0, 1), help="share of the computing that lets go of the GIL (0)")
    parser.add_argument("--cores", type=whole_amount, help="cores to compute on (default: those usable here)")
    parser.add_argument("--memory-mb", type=amount(1), help="memory to do it in (default: what is free here)")
    parser.add_argument("--task-mb", type=amount(0), help="memory that a task holds while it is under way (0)")
    parser.add_argument("--at-once", type=whole_amount, help="most tasks at once that the other side allows")
    parser.add_argument("--run", type=Path, help="a run of make mine, or the run to take the costs from")
    parser.add_argument("--validate", type=Path, metavar="RUN", help="how far predictions of that run's cells are off")
    return parser.parse_args()


def refuse_unsaid(given: argparse.Namespace) -> None:
    """Stop when the command line does not describe a task that takes any time."""
    said = {"TASKS": given.tasks, "WAIT_MS": given.wait_ms, "CPU_MS": given.cpu_ms}
    if unsaid := [name for name, value in said.items() if value is None]:
        raise Stop(
            Exit.USAGE, f"make advise does not know {' and '.join(unsaid)}, and no run of make mine says. {EXAMPLE}"
        )
    if not given.wait_ms and not given.cpu_ms:
        raise Stop(Exit.USAGE, f"a task that neither waits nor computes takes no time under any model. {EXAMPLE}")


def by_hand(given: argparse.Namespace, source: Source) -> Question:
    """What the command line must say; the rest as it is here."""
    task = Task(given.wait_ms / 1e3, given.cpu_ms / 1e3)
    free = float(psutil.virtual_memory().available)
    return Question(given.tasks, {"blocking": task, "asyncio": task}, 1.0, capacity(source, usable_cores()), free)


def capacity(source: Source, cores: int) -> float:
    """Cores' worth of work that so many would do, if they were as good at it together as those that were measured."""
    found = source.fit.machine
    return 1 + (cores - 1) * (found.capacity - 1) / (found.cores - 1) if found.cores > 1 else float(cores)


def asked(given: argparse.Namespace, source: Source, mine: Mine | None) -> Question:
    """The question: what make mine has learned, where there is that, and above it what the command line says."""
    known = mine.question(source) if mine else by_hand(given, source)
    return known.but(
        tasks=given.tasks,
        wait_s=thousandth(given.wait_ms),
        cpu_s=thousandth(given.cpu_ms),
        gil_share=None if given.gil_released is None else 1 - given.gil_released,
        capacity=None if given.cores is None else capacity(source, given.cores),
        memory_bytes=None if given.memory_mb is None else given.memory_mb * MB,
        task_bytes=None if given.task_mb is None else given.task_mb * MB,
        at_once=given.at_once,
    )


def thousandth(value: float | None) -> float | None:
    """Milliseconds in seconds, if any."""
    return None if value is None else value / 1e3


def found_mine(given: argparse.Namespace) -> Mine | None:
    """The run of make mine that is meant: the one named, or the latest where the numbers don't say it all."""
    path = given.run or LATEST
    described = None not in (given.tasks, given.wait_ms, given.cpu_ms)
    return read(path) if is_one(path) and (given.run or not described) else None


def table(advice: Advice) -> Table:
    """The options, within 80 columns."""
    made = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="dim")
    made.add_column("", width=12, no_wrap=True)
    for title, width in (("at once", 7), ("expected", 8), ("90 % interval", 15), ("CPU", 7), ("memory", 8)):
        made.add_column(title, width=width, justify="right", no_wrap=True)
    made.add_column("bound by", width=9, no_wrap=True)
    for one in advice.options:
        made.add_row(*line(one), style="bold" if one is advice.best else "")
    made.add_row("floor", "", seconds(advice.floor_s), style="dim")
    return made


def line(one: Option) -> list[str]:
    """One model's row."""
    held = number(one.memory_bytes, "bytes") if one.memory_bytes else ""
    interval = between(one.low, one.high)
    return [one.model, f"{one.concurrency:,}", seconds(one.seconds), interval, seconds(one.cpu_s), held, one.bound_by]


def description(question: Question) -> str:
    """The work in a sentence."""
    task = question.hardest
    held = {1.0: "holding the GIL", 0.0: "without the GIL"}
    gil = held.get(question.gil_share, f"{question.gil_share:.0%} of that under the GIL")
    parts = [f"wait {seconds(task.wait_s)}"] * (task.wait_s > 0)
    parts += [f"compute {seconds(task.cpu_s)} ({gil})"] * (task.cpu_s > 0)
    each = "that each" if question.tasks > 1 else "that"
    tasks = f"{question.tasks:,} task{'s' * (question.tasks > 1)}"
    return f"{tasks} {each} {' and '.join(parts)}, on {question.capacity:.3g} cores' worth of work."


def take(one: Option) -> str:
    """`asyncio, 200 at once`."""
    return one.model if one.concurrency == 1 else f"{one.model}, {one.concurrency:,} at once"


def verdict(advice: Advice) -> str:
    """What to take, and how sure that is."""
    best, other = advice.best, advice.runner_up
    interval = between(best.low, best.high)
    start = f"Take {take(best)}: about {seconds(best.seconds)} ({interval} in nine of ten runs)."
    if alike := advice.no_difference:
        names = ", ".join(option.model for option in alike)
        start += f" No difference that matters (within {MARGIN:.0%}) to {names}: it is the simplest of them."
    if other and other.low <= best.high:
        start += f" That {other.model} takes longer is likely, not sure: their intervals overlap."
    return start


def runner_up(question: Question, source: Source, advice: Advice) -> str:
    """The next best, and when it would win; empty where there is none."""
    best, other = advice.best, advice.runner_up
    if other is None:
        return ""
    start = f"Runner-up: {take(other)}, about {seconds(other.seconds)}, {other.seconds / best.seconds:.2g}× as long."
    turns = [turn(question, axis, value) for axis, value in turning_points(question, source, best.model, other.model)]
    return (
        f"{start} It would win {', or '.join(turns)}."
        if turns
        else f"{start} More or less of anything changes nothing."
    )


def turn(question: Question, axis: str, value: float) -> str:
    """`with more than 12 ms of computing a task`."""
    more = value > value_of(question, axis)
    if axis == "tasks":
        return f"with {value:,.0f} tasks or {'more' if more else 'fewer'}"
    return f"with {'more' if more else 'less'} than {seconds(value)} of {AXES[axis]} a task"


def limits(question: Question, source: Source, advice: Advice) -> Iterator[str]:
    """What keeps an option from going further than it does."""
    if question.at_once is None and not question.reach and question.hardest.wait_s and advice.best.concurrency > 1:
        yield "That is if the other side takes so many at once: AT_ONCE=20 says that it takes no more than 20."
    for one in advice.options:
        reach = question.reach.get(one.model, source.reach[one.model])
        if one.model != "sequential" and one.concurrency == reach < question.tasks:
            yield f"What more than {reach:,} at once would bring {one.model} is not known: no more were measured."


def show(question: Question, source: Source, advice: Advice, out: Console) -> None:
    """Everything, to be read."""
    out.print(description(question), markup=False)
    out.print()
    out.print(table(advice))
    said = [verdict(advice), runner_up(question, source, advice), *limits(question, source, advice)]
    for sentence in filter(None, said):
        out.print(f"\n{sentence}", markup=False)


def validate(path: Path, out: Console) -> None:
    """Print how far predictions of held-back cells were off."""
    found = held_back.validation(load(path))
    if found is None:
        raise Stop(Exit.UNMEASURED, f"{path} has too few cells to hold some back. Next: make bench")
    out.print(held_back.markdown(found), markup=False)
    sys.exit(Exit.WELL if found.meets_aims else Exit.DIFFERENT)


def answer(given: argparse.Namespace, out: Console) -> None:
    """Do what the command line says."""
    if given.validate:
        validate(given.validate, out)
    mine = found_mine(given)
    if mine is None:
        refuse_unsaid(given)
    source = source_named(given.run) if given.run and mine is None else best_source()
    question, source = asked(given, source, mine), mine.told(source) if mine else source
    advice = advise(question, source)
    if advice is None:
        raise Stop(Exit.USAGE, "no model fits into that memory. Next: more MEMORY_MB, less TASK_MB, or fewer TASKS")
    show(question, source, advice, out)
    out.print(f"\nFrom {source.name}.", style="dim", markup=False)


def main() -> None:
    """Advise."""
    try:
        answer(options(), console())
    except Stop as stop:
        leave(stop)
    sys.exit(Exit.WELL)


if __name__ == "__main__":
    main()
