"""Advice as the terminal shows it: the work, a row for each model, what to take, and when something else would win."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from scripts.analysis.conclusions import MARGIN, overlap, within_margin
from scripts.predict.recommend import MOST, Advice, Option, Question, Source, axis_value, turning_points
from scripts.predict.remedies import Remedy, remedies
from scripts.util.format import between, bytes_text, listed, percent, plural, seconds, tick

AXES = {"cpu_s": "computing", "wait_s": "waiting"}


def table(advice: Advice) -> Table:
    """The options, within 80 columns."""
    made = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="dim")
    made.add_column("", width=12, no_wrap=True)
    for title, width in (("in flight", 9), ("expected", 9), ("90 % interval", 17), ("CPU", 9), ("memory", 8)):
        made.add_column(title, width=width, justify="right", no_wrap=True)
    made.add_column("bound by", width=9, no_wrap=True)
    for one in advice.options:
        made.add_row(*line(one), style="bold" if one is advice.best else "")
    made.add_row("ideal time", "", seconds(advice.floor_s), style="dim")
    return made


def line(option: Option) -> list[str]:
    """The row of an option."""
    memory_text = bytes_text(option.memory_bytes) if option.memory_bytes else ""
    interval = between(option.low, option.high, seconds)
    return [
        option.model,
        f"{option.concurrency:,}",
        seconds(option.seconds),
        interval,
        seconds(option.cpu_s),
        memory_text,
        option.bound_by,
    ]


def description(question: Question) -> str:
    """The work in a sentence."""
    task = question.hardest
    extremes = {1.0: "holding the GIL", 0.0: "without the GIL"}
    gil = extremes.get(question.gil_share, f"{percent(question.gil_share)} of that under the GIL")
    short = tick(seconds)
    parts = [f"wait {short(task.wait_s)}"] * (task.wait_s > 0)
    parts += [f"compute {short(task.cpu_s)} ({gil})"] * (task.cpu_s > 0)
    each = "that each" if question.tasks > 1 else "that"
    tasks = f"{plural(question.tasks, 'task')} {each} {' and '.join(parts)}"
    return f"{tasks}, on {question.capacity:.3g} cores' worth of work."


def option_text(option: Option) -> str:
    """`asyncio, concurrency 200`."""
    return option.model if option.concurrency == 1 else f"{option.model}, concurrency {option.concurrency:,}"


def verdict(advice: Advice) -> str:
    """The recommended option, and how sure that is."""
    best = advice.best
    interval = between(best.low, best.high, seconds)
    start = f"Take {option_text(best)}: about {seconds(best.seconds)} ({interval} in nine of ten runs)."
    if tied := advice.no_difference:
        names = ", ".join(option.model for option in tied)
        start += f" No difference that matters (within {percent(MARGIN)}) to {names}: it is the simplest of them."
    if unsure := [one.model for one in advice.slower if overlap((best.low, best.high), (one.low, one.high))]:
        takes = "takes" if len(unsure) == 1 else "take"
        start += f" That {listed(unsure)} {takes} longer is likely, not sure: the intervals overlap."
    return start


def runner_up(question: Question, source: Source, advice: Advice) -> str:
    """The next best option, and when it would be quicker; empty where there is none."""
    best, other = advice.best, advice.runner_up
    if other is None:
        return ""
    start = (
        f"Runner-up: {option_text(other)}, about {seconds(other.seconds)}, {other.seconds / best.seconds:.2g}× as long."
    )
    if tied := [one.model for one in advice.slower if one is not other and within_margin(other.seconds, one.seconds)]:
        start += f" No difference that matters to {listed(tied)}."
    turns = [
        turning_point_text(question, axis, value)
        for axis, value in turning_points(question, source, best.model, other.model)
    ]
    range_text = f"up to a hundredfold, {MOST['tasks']:,.0f} tasks or {seconds(MOST['wait_s'])}"
    when = (
        f"It would win {', or '.join(turns)}."
        if turns
        else f"None of them alone changes that (looked for: {range_text})."
    )
    return f"{start} {when}"


def turning_point_text(question: Question, axis: str, value: float) -> str:
    """`with more than 12 ms of computing a task`."""
    more = value > axis_value(question, axis)
    if axis == "tasks" and round(value) == 1:
        return "with a single task"
    if axis == "tasks":
        return f"with {float(f'{value:.2g}'):,.0f} tasks or {'more' if more else 'fewer'}"
    return f"with {'more' if more else 'less'} than {seconds(value)} of {AXES[axis]} a task"


def remedy_text(remedy: Remedy) -> str:
    """A remedy that may be quicker, in words."""
    return f"Quicker still, if its parts add up: {remedy}, about {seconds(remedy.seconds)}. Not validated: try it."


def limits(question: Question, source: Source, advice: Advice) -> Iterator[str]:
    """The limits of an option, in words."""
    if question.at_once is None and not question.reach and question.hardest.wait_s and advice.best.concurrency > 1:
        yield "That is if the server takes so many concurrent requests: AT_ONCE=20 says that it takes no more than 20."
    for one in advice.options:
        reach = question.reach.get(one.model, source.reach[one.model])
        if one.model != "sequential" and one.concurrency == reach < question.tasks:
            yield (
                f"{one.model}: measured up to concurrency {reach:,}, and no higher one is considered. "
                f"A run with a higher one may change the answer."
            )


def show(question: Question, source: Source, advice: Advice, out: Console) -> None:
    """Print the advice: table, verdict, runner-up, remedies, limits."""
    out.print(description(question), markup=False)
    out.print()
    out.print(table(advice))
    other = [remedy_text(one) for one in remedies(question, source, advice)]
    sentences = [verdict(advice), runner_up(question, source, advice), *other, *limits(question, source, advice)]
    for sentence in filter(None, sentences):
        out.print(f"\n{sentence}", markup=False)
