"""Interpreters side by side: the same cells under each Python of a run, and what that says of Pythons and builds.

Every turn has a block of each interpreter, in an order drawn for that turn, so what drifts hits all alike: ratios are
paired turn by turn. A model that the first interpreter lacks is set beside the same tasks run sequentially there. The
tasks are sized once, under our own Python, and are the same for all; so is the server, which
runs under our own Python whichever client is measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from scripts.analysis.conclusions import unusable
from scripts.analysis.interpreter_builds import (
    SWITCHES,
    build,
    differ_only_in,
    effective_switches,
    gil,
    package_differences,
)
from scripts.analysis.model_order import order
from scripts.analysis.points import Run, cached_on_run
from scripts.analysis.wording import interval_kind
from scripts.tables.columns import CELL_AND_TWIN
from scripts.tables.summary import by_turn, columns, flags, paired, sequential_of, summary_for
from scripts.util.format import between, bytes_text, digits, listed, seconds, times

LEADING = ("wire", "primes", "digest")
SHARING = "thread_contention"
WORK = ("cpu", "primes")  # the computing that holds the GIL


@dataclass(frozen=True)
class Value:
    """An estimate with its interval, or with its range where the blocks are too few."""

    value: float
    low: float
    high: float
    flags: str = ""

    def __str__(self) -> str:
        return f"{times(self.value)} ({between(self.low, self.high, times)})"


@dataclass(frozen=True)
class Row:
    """A cell: its value under the first interpreter, and how many times smaller it is under each other interpreter."""

    cell: dict[str, Any]
    metric: str
    first: float
    faster: dict[str, Value]
    baseline: str = ""  # the model that the first interpreter did the same tasks with, where it lacks this one

    @property
    def work(self) -> str:
        """The work: the workload, or the experiment where a metric is observed instead of time."""
        return str(self.cell["workload"] if self.metric == "seconds" else self.cell["experiment"])


def value(run: Run, values: pd.Series) -> Value | None:
    """Positive values (turns,) as one estimate; None where they are too few."""
    estimate, low, high = columns("it", values, summary_for(ranges_only=run.ranges_only)).values()
    return Value(estimate, low, high) if estimate > 0 else None


def rows(run: Run) -> list[Row]:
    """Every cell that was timed under the first interpreter or under a later one, A/A controls left out."""
    return [one for one in every_row(run) if one.metric.endswith("seconds")]


@cached_on_run
def every_row(run: Run) -> list[Row]:
    """A row for every cell, whatever its metric; none for a cell without a counterpart under another interpreter."""
    mine = dict(list(run.rounds.groupby(CELL_AND_TWIN)))
    keys = dict.fromkeys(
        key for one in run.by_interpreter for key, _ in one.rounds.groupby(CELL_AND_TWIN) if not key[-1]
    )
    first = {key: mine[key] if key in mine else sequential_of(key, mine) for key in keys}
    rows = [
        row(run, dict(zip(CELL_AND_TWIN, key, strict=True)), base) for key, base in first.items() if base is not None
    ]
    return sorted((one for one in rows if one.faster or not one.baseline), key=sort_key)


def sort_key(row: Row) -> Any:
    """The workloads that the suite answers with first, and the models in their order."""
    leading = LEADING.index(row.work) if row.work in LEADING else len(LEADING)
    experiment = "" if leading < len(LEADING) else row.cell["experiment"]
    return leading, experiment, row.work, order(row.cell["model"]), row.cell["concurrency"]


def row(run: Run, cell: dict[str, Any], mine: pd.DataFrame) -> Row:
    """A cell under every interpreter that has it, and its ratios to `mine`, the rounds under the first interpreter."""
    metric = mine["metric"].iloc[0] if isinstance(mine["metric"].iloc[0], str) else "seconds"
    first, faster = by_turn(run, mine, metric), dict[str, Value]()
    for other in run.other_interpreters:
        theirs = other.rounds[(other.rounds[list(cell)] == list(cell.values())).all(axis=1)]
        ratios = (first / by_turn(run, theirs, metric)).dropna() if len(theirs) else pd.Series(dtype=float)
        if ratio := value(run, ratios):
            marks = [flags(each, one.rounds["block"].nunique()) for each, one in ((theirs, other), (mine, run))]
            faster[other.python] = replace(ratio, flags=next(filter(None, marks), ""))
    base = mine["model"].iloc[0]
    return Row(cell, metric, float(first.median()), faster, base if base != cell["model"] else "")


def computing(run: Run, model: str) -> pd.DataFrame:
    """The rounds of a model that computes WORK, A/A controls left out."""
    rounds = run.rounds
    names = (rounds["experiment"] + "/" + rounds["workload"] + "/" + rounds["model"]).eq("/".join([*WORK, model]))
    return pd.DataFrame(rounds[names & ~rounds["twin"].astype(bool)])


def not_usable(run: Run, *models: str) -> str:
    """Why the rounds of these models at WORK decide nothing; empty where they do, and in a run with ranges only."""
    cells = [cell for model in models if len(cell := computing(run, model))]
    return "" if run.ranges_only else next(filter(None, map(unusable, cells)), "")


def threads_speedup(run: Run) -> Value | None:
    """The speed-up of computing in threads over sequential, under one interpreter; None where it is not usable."""
    alone, threads = (computing(run, model) for model in ("sequential", "threads"))
    if not (len(alone) and len(threads)) or not_usable(run, "sequential", "threads"):
        return None
    return value(run, paired(alone, threads))


def sequential_cost(run: Run, one: Run, switch: str) -> str:
    """The time of a single thread without the GIL, or with a JIT, relative to a build that differs in that alone."""
    without = [other for other in run.by_interpreter if not other.environment["python"].get(switch)]
    others = [other for other in without if differ_only_in(switch, one, other)]
    if not others:
        alone = SWITCHES[switch]
        return f"What {one.python} costs a sequential program is left open: no build here differs by {alone} alone."
    here, there = (computing(each, "sequential") for each in (one, others[0]))
    if not (len(here) and len(there)):
        return ""
    if why := next(filter(None, (not_usable(each, "sequential") for each in (one, others[0]))), ""):
        return f"What {one.python} costs a sequential program is left open: {why}."
    ratio = value(run, (by_turn(run, here, "seconds") / by_turn(run, there, "seconds")).dropna())
    return f"Sequentially, {one.python} takes {ratio} the time of {others[0].python}." if ratio else ""


def sentences(run: Run) -> list[str]:
    """Sentences: the speed-up of threads under each interpreter, and the single-thread cost of free threading."""
    gains = [(one, speedup) for one in run.by_interpreter if (speedup := threads_speedup(one))]
    parts = [f"{speedup} under {one.python} ({gil(one)})" for one, speedup in gains]
    unclear = [(one.python, why) for one in run.by_interpreter if (why := not_usable(one, "sequential", "threads"))]
    left_out = [f"Threads against sequential under {python}: not usable, {why}." for python, why in unclear]
    if not parts:
        return [*left_out, *convoy_sentences(run), *memory_sentences(run)]
    kind = interval_kind(run)
    costs = [sequential_cost(run, one, switch) for one, _ in gains for switch in effective_switches(one)]
    return [
        f"Tasks that compute in Python, speed of threads ÷ sequential: {listed(parts)}. Brackets: {kind}.",
        *left_out,
        *filter(None, costs),
        *convoy_sentences(run),
        *memory_sentences(run),
        f"Meanwhile this machine did {digits(cores(run))} cores' worth of work in parallel, the ideal for threads.",
    ]


def cores(run: Run) -> float:
    """The median parallel capacity beside the threads that computed, under all interpreters."""
    capacities = [computing(one, "threads")["parallel_capacity"] for one in run.by_interpreter]
    return float(pd.concat(capacities).median())


def notes(run: Run) -> Iterator[str]:
    """Warnings about the interpreters: builds, packages that differ, cells that are missing, the GIL."""
    interpreters = run.environment["interpreters"]
    for one in interpreters:
        yield f"{build(one)}, {one['python']['compiler']}."
    names = dict[str, list[str]]()
    for one in interpreters:
        for note in package_differences(one, interpreters):
            names.setdefault(note, []).append(one["name"])
    yield from (f"{listed(those)}: {note}" for note, those in names.items())
    yield from unmatched_cells(run)
    for part in run.by_interpreter:
        python = part.environment["python"]
        if python["free_threaded"] and python["gil"]:
            yield f"{part.python}: the GIL was switched back on while it was measured."


def convoy_sentences(run: Run) -> Iterator[str]:
    """The delay of an answering thread beside a computing one, under each interpreter."""
    named = {one.python: f"{one.python} ({gil(one)})" for one in run.by_interpreter}
    for one in every_row(run):
        if (one.cell["experiment"], one.cell["model"]) == ("gil_convoy", "beside-computing") and one.faster:
            others = [f"{value} as fast under {named[name]}" for name, value in one.faster.items()]
            text = f"takes {seconds(one.first)} under {named[run.python]}"
            yield f"An answer from a thread beside one that computes {text}, and is {listed(others)}."


def sharing(run: Run) -> Iterator[tuple[str, dict[str, Value]]]:
    """For each object that threads share: under each interpreter, how many times as fast two threads are as one."""
    parts = [(one.python, one.rounds[one.rounds["experiment"] == SHARING]) for one in run.by_interpreter]
    for form in dict.fromkeys(model for _, rounds in parts for model in rounds["model"]):
        ratios = {python: two_threads(run, rounds[rounds["model"] == form]) for python, rounds in parts}
        yield form, {python: ratio for python, ratio in ratios.items() if ratio}


def two_threads(run: Run, rounds: pd.DataFrame) -> Value | None:
    """How many times as fast two threads do an operation as one does; None where either was not measured."""
    one, two = (rounds[rounds["concurrency"] == threads] for threads in (1, 2))
    if one.empty or two.empty:
        return None
    return value(run, (by_turn(run, one, "unit_seconds") / by_turn(run, two, "unit_seconds")).dropna())


def memory_sentences(run: Run) -> Iterator[str]:
    """The memory of the same program under each interpreter."""
    for one in every_row(run):
        if one.metric.endswith("bytes"):
            others = [f"{name} takes {inverse(ratio)} as much" for name, ratio in one.faster.items()]
            first = f"{bytes_text(one.first)} under {run.python}"
            yield f"Memory of a program, {one.cell['model']}: {first}; {listed(others)}."


def inverse(value: Value) -> Value:
    """The inverse of a ratio, with its interval."""
    return replace(value, value=1 / value.value, low=1 / value.high, high=1 / value.low)


def unmatched_cells(run: Run) -> Iterator[str]:
    """The cells that another interpreter ran and the first did not."""
    keys = {tuple(one.cell.values()) for one in every_row(run)}
    for one in run.other_interpreters:
        left = [key for key, _ in one.rounds.groupby(CELL_AND_TWIN) if not key[-1] and key not in keys]
        for key in left:
            yield f"{one.python} only: {'/'.join(map(str, key[:3]))}."
