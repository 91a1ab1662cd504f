"""Pythons side by side: how fast is each model under each interpreter, next to the first one named?"""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from scripts.analysis.interpreter_ratios import Row, build, gain, gil, rows, sentences
from scripts.analysis.points import Point, Run, footer, interval_words, remembered
from scripts.charts.lib import forest
from scripts.charts.lib.layout import head, open_page
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.util.format import between, count_text, listed, times

NAME = "pythons"
POSITION = 200
NEEDS = "several interpreters (make matrix)"
CAVEAT = "Versions, compilers and build flags differ together: two builds of one version tell more than two versions."
PANELS = 2  # side by side: with a third there is no room left for the dots
PANEL = {
    "wire": "wire: the tasks wait",
    "primes": "primes: Python code computes",
    "digest": "digest: C code computes, without the GIL",
}


def point(row: Row, python: str) -> Point:
    """A cell under one interpreter, after which the row is called."""
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


@remembered
def panels(run: Run) -> dict[str, list[forest.Group]]:
    """For each workload a group of rows for each model: the interpreters beside the first."""
    by_work: dict[str, list[forest.Group]] = {}
    ordered = [row for row in rows(run) if row.faster] if run.beside else []
    for row in ordered:
        group = forest.Group(name(row, ordered), [point(row, python) for python in row.faster])
        by_work.setdefault(row.work, []).append(group)
    return by_work


def name(row: Row, others: Sequence[Row]) -> str:
    """The model, and how many tasks at once where it has several sizes."""
    work = ("experiment", "workload", "model")
    sizes = [one for one in others if all(one.cell[part] == row.cell[part] for part in work)]
    model = f"{row.cell['model']}, {row.cell['concurrency']}" if len(sizes) > 1 else str(row.cell["model"])
    return f"{model}*" if row.beside else model


def points(run: Run) -> list[Point]:
    """Every row of every panel."""
    return [row for groups in panels(run).values() for group in groups for row in group.rows]


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has one interpreter only."""
    every = dict(list(panels(run).items())[:PANELS])
    fits = {workload: forest.fitted(groups, theme) for workload, groups in every.items()}
    kept = {workload: groups for workload, (groups, _) in fits.items() if groups}
    if not kept:
        return None
    left_out = [f"{workload}: {title}" for workload, (_, titles) in fits.items() for title in titles]
    left_out += list(panels(run))[PANELS:]
    page = open_page(
        theme,
        title=f"How fast is each Python beside {run.python}?",
        reading=f"Times as fast as {run.python} at the same tasks, in the same turn; 1× is no difference.",
        footer=footer(
            run,
            builds(run),
            points(run),
            *(f"* beside {base} under {run.python}" for base in bases(run)),
            f"Only in the table: {', '.join(left_out)}" if left_out else "",
            sure=f"Bars: {interval_words(run)} each",
        ),
        body_in=forest.height_in(list(kept.values()), theme),
    )
    left_in, right_in = forest.margins_in([group for groups in kept.values() for group in groups], times, theme)
    for axes, (workload, groups) in zip(page.columns(len(kept), left_in, right_in), kept.items(), strict=True):
        axes.set_xscale("log")
        axes.set_xlim(*forest.limits(list(kept.values()), 1.0, 1.1))
        head(axes, PANEL.get(workload, workload), theme, left_in)
        axes.axvline(1, color=theme.muted, linewidth=1)
        forest.draw(axes, groups, times, page, start=1.0, rows=forest.depth(list(kept.values())))
        forest.rule(axes, times, f"times as fast as {run.python}", page)
    return page.figure


def bases(run: Run) -> list[str]:
    """What the models that the first interpreter lacks are set beside."""
    return list(dict.fromkeys(row.beside for row in rows(run) if row.beside))


def builds(run: Run) -> str:
    """Every interpreter, with how it was built."""
    return "; ".join(map(build, run.environment["interpreters"]))


def finding(run: Run) -> str:
    """What threads gain with and without the GIL, or else from how many times to how many the cells are as fast."""
    gains = [(one, value) for one in (run, *run.beside) if (value := gain(one))]
    free = [each for each in gains if not each[0].environment["python"]["gil"]]
    with_gil = [each for each in gains if each[0].environment["python"]["gil"]]
    if free and with_gil:
        parts = [f"{times(value.value)} {gil(one)} ({one.python})" for one, value in (with_gil[0], free[0])]
        return f"Threads computing in Python, beside sequential: {listed(parts)}"
    values = [row.value for row in points(run)]
    return f"From {between(min(values), max(values), times)} the speed of {run.python}" if values else ""


def caption(run: Run) -> str:
    """The slowest and the fastest against the first, and what threads gain."""
    if not (cells := points(run)):
        return ""
    ends = (min(cells, key=lambda row: row.value), max(cells, key=lambda row: row.value))
    least, most = (f"{row.workload} under {row.model} {forest.value_text(row, times)}" for row in ends)
    return " ".join(
        [f"Times as fast as {run.python} ({interval_words(run)}): from {least} to {most}.", *sentences(run)]
    )


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    groups = [
        f"{workload}, {group.title}: {', '.join(f'{row.model} {forest.value_text(row, times)}' for row in group.rows)}"
        for workload, rows in panels(run).items()
        for group in rows
    ]
    return f"How fast is each Python beside {run.python}? {'; '.join(groups)}." if groups else ""


def table(run: Run) -> Table:
    """The data behind it."""
    compared = [row for row in rows(run) if row.faster] if run.beside else []
    lines = [
        [
            word(python),
            word(row.work),
            word(f"{row.cell['model']}, beside {row.beside}" if row.beside else row.cell["model"]),
            number(row.cell["concurrency"], count_text),
            *(number(value, times) for value in (one.value, one.low, one.high)),
            word(one.flags),
        ]
        for row in compared
        for python, one in row.faster.items()
    ]
    return table_of(("Python", "workload", "model", "at once", "times as fast", "low", "high", "warnings"), lines)
