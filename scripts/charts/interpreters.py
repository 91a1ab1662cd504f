"""Pythons side by side: how fast is each model under each interpreter, next to the first one named?"""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from scripts.analysis.footer import footer, interval_words
from scripts.analysis.interpreter_builds import build, build_difference, gil
from scripts.analysis.interpreter_ratios import Row, Value, rows, sentences, threads_speedup
from scripts.analysis.points import Point, Run, cached_on_run, flags_text
from scripts.charts.lib import forest
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, value_text
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.util.format import between, count_text, listed, times

NAME = "pythons"
POSITION = 200
NEEDS = "several interpreters (make matrix)"
CAVEAT = "Versions, compilers and build flags differ together: two builds of one version tell more than two versions."
PANELS = 2  # side by side: with a third there is no room left for the dots
MESSAGE = "threads ÷ sequential"
TITLES = ("How fast is each Python beside {}?", "Do threads gain from computing without the GIL?")
READINGS = (
    "Times as fast as {} at the same tasks, in the same turn; 1× is no difference.",
    "Top: threads beside sequential in each Python. Below: each Python beside {}, the same tasks; 1× is no difference.",
)
PANEL = {
    "wire": "raw HTTP/1.1 (h11): the tasks wait",
    "primes": "pure Python: the tasks compute",
    "digest": "hashing: C code computes, without the GIL",
}


def point(row: Row, python: str) -> Point:
    """A cell under one interpreter; the row has the interpreter's name."""
    cell, ratio = row.cell, row.faster[python]
    return Point(
        experiment=cell["experiment"],
        workload=f"{row.work}-{cell['model']}",
        model=python,
        concurrency=int(cell["concurrency"]),
        tasks=int(cell["tasks"]),
        wait_s=cell["wait_seconds"],
        compute_s=cell["compute_seconds"],
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        limit=math.nan,
        flags=ratio.flags,
    )


@cached_on_run
def panels(run: Run) -> dict[str, list[Group]]:
    """For each workload a group of rows for each model: the interpreters beside the first."""
    by_work: dict[str, list[Group]] = {}
    ordered = [row for row in rows(run) if row.faster] if run.other_interpreters else []
    for row in ordered:
        group = Group(name(row, ordered), [point(row, python) for python in row.faster])
        by_work.setdefault(row.work, []).append(group)
    return by_work


def name(row: Row, others: Sequence[Row]) -> str:
    """The model, and how many tasks at once where it has several sizes."""
    work = ("experiment", "workload", "model")
    sizes = [one for one in others if all(one.cell[part] == row.cell[part] for part in work)]
    model = f"{row.cell['model']}, {row.cell['concurrency']}" if len(sizes) > 1 else str(row.cell["model"])
    return f"{model}*" if row.baseline else model


def points(run: Run) -> list[Point]:
    """Every row of every panel."""
    return [row for groups in panels(run).values() for group in groups for row in group.rows]


def message(run: Run) -> list[Group]:
    """The speed-up of computing in threads under each interpreter, for the title."""
    gains = [(one, value) for one in run.by_interpreter if run.other_interpreters and (value := threads_speedup(one))]
    rows = [of_threads(one, value) for one, value in gains]
    mixed = len({bool(one.environment["python"]["gil"]) for one, _ in gains}) > 1
    return [Group(MESSAGE, rows, names=[f"{one.python}, {gil(one)}" for one, _ in gains])] if mixed else []


def of_threads(run: Run, value: Value) -> Point:
    """The speed-up of threads under one interpreter; the row has the interpreter's name."""
    numbers = {"value": value.value, "low": value.low, "high": value.high, "limit": math.nan}
    size = {"concurrency": 0, "tasks": 0, "wait_s": 0.0, "compute_s": 0.0}
    return Point("cpu", "primes-gain", run.python, **size, **numbers, flags="")  # type: ignore[arg-type]


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has one interpreter only."""
    every = dict(list(panels(run).items())[:PANELS])
    lead = message(run)
    work = next((name for name in every if name == "primes"), None) if lead else None
    ordered = sorted(every, key=lambda name: name != work)
    shown_panels = {PANEL.get(name, name): [*(lead if name == work else []), *every[name]] for name in ordered}
    rest = f"Only in the table: {', '.join(list(panels(run))[PANELS:])}" if len(panels(run)) > PANELS else ""
    return forest.draw_page(
        theme,
        shown_panels,
        Axis(f"times as fast{'' if lead else f' as {run.python}'} (logarithmic)", times, 1.0, also=(1.0, 1.1)),
        title=TITLES[bool(lead)].format(run.python),
        reading=READINGS[bool(lead)].format(run.python),
        footer=lambda _, left_out: footer(
            run,
            builds(run),
            points(run),
            *(f"* beside {base} under {run.python}" for base in bases(run)),
            rest,
            left_out,
            sure=f"Bars: {interval_words(run)} each",
        ),
        shared=True,
    )


def bases(run: Run) -> list[str]:
    """The models that stand in for those that the first interpreter cannot run."""
    return list(dict.fromkeys(row.baseline for row in rows(run) if row.baseline))


def builds(run: Run) -> str:
    """Every interpreter, with how it was built."""
    return "; ".join(map(build, run.environment["interpreters"]))


def finding(run: Run) -> str:
    """The speed-up of threads with and without the GIL, or else the range of the cells' ratios."""
    gains = [(one, value) for one in run.by_interpreter if (value := threads_speedup(one))]
    free = [each for each in gains if not each[0].environment["python"]["gil"]]
    with_gil = [each for each in gains if each[0].environment["python"]["gil"]]
    if free and with_gil:
        pairs = [(one, other) for one in with_gil for other in free]
        alike = min(pairs, key=lambda pair: bool(build_difference(pair[0][0], pair[1][0], ("free_threaded",))))
        parts = [f"{times(value.value)} {gil(one)} ({one.python})" for one, value in alike]
        return f"Threads computing in Python, beside sequential: {listed(parts)}"
    values = [row.value for row in points(run) if not row.flags]
    return f"From {between(min(values), max(values), times)} the speed of {run.python}" if values else ""


def caption(run: Run) -> str:
    """The slowest and the fastest cell relative to the first interpreter, and the speed-up of threads."""
    if not (cells := points(run)):
        return ""
    ends = (min(cells, key=lambda row: row.value), max(cells, key=lambda row: row.value))
    least, most = (f"{row.workload} under {row.model} {value_text(row, times)}{flags_text(row)}" for row in ends)
    return " ".join(
        [f"Times as fast as {run.python} ({interval_words(run)}): from {least} to {most}.", *sentences(run)]
    )


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    groups = [
        f"{workload}, {group.title}: {', '.join(f'{row.model} {value_text(row, times)}' for row in group.rows)}"
        for workload, panel in panels(run).items()
        for group in panel
    ]
    return f"How fast is each Python beside {run.python}? {'; '.join(groups)}." if groups else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    compared = [row for row in rows(run) if row.faster] if run.other_interpreters else []
    lines = [
        [
            word(python),
            word(row.work),
            word(f"{row.cell['model']}, beside {row.baseline}" if row.baseline else row.cell["model"]),
            number(row.cell["concurrency"], count_text),
            *(number(value, times) for value in (one.value, one.low, one.high)),
            word(one.flags),
        ]
        for row in compared
        for python, one in row.faster.items()
    ]
    return table_of(("Python", "workload", "model", "concurrency", "times as fast", "low", "high", "warnings"), lines)
