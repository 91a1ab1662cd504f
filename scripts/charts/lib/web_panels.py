"""Web frameworks under their servers: several metrics of the same cells, side by side. Shared by two charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import pandas as pd
from matplotlib.figure import Figure

from benchmarks.core.work_done import SATURATED
from scripts.analysis.points import Point, Run, footer, interval_words, point, remembered
from scripts.charts.lib import forest
from scripts.charts.lib.layout import head, open_page
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians, columns, with_interval, with_range
from scripts.util.format import Format, count_text
from servers.web_server import APPS

Panels = Mapping[str, Sequence[forest.Group]]


@dataclass(frozen=True)
class Question:
    """One chart of stacks."""

    title: str
    reading: str
    measured: str
    axis: str
    form: Format


def stack_name(framework: str, server: str) -> str:
    """A framework by its name, and with its server where that is not the one of its documentation."""
    kind = server.removeprefix("gunicorn-")
    return framework if kind == APPS.get(framework, ("",))[0] else f"{framework}/{kind}"


@remembered
def measured_cells(run: Run, experiment: str, metric: str) -> list[Point]:
    """The cells of an experiment with one of their metrics, each called after its stack; none where it is unknown."""
    if metric not in run.rounds:
        return []
    frame, rounds = run.summary, dict(list(run.rounds.groupby(CELL)))
    cells = [point(row, "value", {}) for row in frame[frame["experiment"].eq(experiment)].to_dict("records")]
    measured = [telling(run, cell, rounds[cell.key], metric) for cell in cells]
    return [cell for cell in measured if cell.value > 0]


def telling(run: Run, cell: Point, rounds: pd.DataFrame, metric: str) -> Point:
    """The cell with that metric; saturated where the client, which is one thread, had no time left."""
    summary = with_range if run.ranges_only else with_interval
    values = columns("value", block_medians(rounds, metric), summary)
    cores = f"{metric.removesuffix('_per_second')}_client_cores"
    saturated = cores in rounds and rounds[cores].median() > SATURATED
    return replace(
        cell,
        model=stack_name(cell.workload, cell.model),
        value=values["value"],
        low=values["value_low"],
        high=values["value_high"],
        flags=", ".join(filter(None, ["saturated: client" * bool(saturated), cell.flags])),
    )


def draw(run: Run, theme: Theme, question: Question, panels: Panels) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    fits = {name: forest.fitted(groups, theme) for name, groups in panels.items()}
    legible = {name: kept for name, (kept, _) in fits.items() if kept}
    if not legible:
        return None
    every = list(chain.from_iterable(legible.values()))
    left_out = dict.fromkeys(title for _, dropped in fits.values() for title in dropped)
    page = open_page(
        theme,
        title=question.title,
        reading=question.reading,
        footer=footer(
            run,
            question.measured,
            flagged(every),
            f"Not shown: {', '.join(left_out)}" if left_out else "",
            sure=f"Bars: {interval_words(run)}",
        ),
        body_in=forest.height_in(list(legible.values()), theme),
    )
    margins = forest.margins_in(every, question.form, theme)
    for axes, (name, kept) in zip(page.columns(len(legible), *margins), legible.items(), strict=True):
        axes.set_xscale("log")
        axes.set_xlim(*forest.limits([kept]))
        head(axes, name, theme, margins[0])
        forest.draw(axes, kept, question.form, page, start=None, rows=forest.depth(list(legible.values())))
        forest.rule(axes, question.form, question.axis, page)
    return page.figure


def flagged(groups: Sequence[forest.Group]) -> list[Point]:
    """Each cell once, with the flags of the metric that has most of them."""
    rows = sorted((row for group in groups for row in group.rows), key=lambda row: len(row.flags))
    return list({row.key: row for row in rows}.values())


def alt(question: Question, panels: Panels) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{name}, {group.title}: "
        + ", ".join(f"{row.model} {forest.value_text(row, question.form)}" for row in group.rows)
        for name, groups in panels.items()
        for group in groups
    ]
    return f"{question.title} {'; '.join(rows)}." if rows else ""


def table(question: Question, panels: Panels, what: str) -> Table:
    """The data behind it."""
    top = ("stack", "page", "", "workers", what, "low", "high", "warnings")
    return table_of(top, [
        [
            word(row.model), word(name), word(group.title), number(row.concurrency, count_text),
            *(number(value, question.form) for value in (row.value, row.low, row.high)), word(row.flags),
        ]
        for name, groups in panels.items() for group in groups for row in group.rows
    ])  # fmt: skip
