"""Web frameworks under their servers: several metrics of the same cells, side by side. Shared by two charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from matplotlib.figure import Figure

from scripts.charts import forest
from scripts.charts.data import CELL, Point, Run, footer, interval_words, point, remembered
from scripts.charts.page import head, open_page
from scripts.charts.table import Table, made, number, word
from scripts.charts.theme import Theme
from scripts.charts.words import Format, whole
from scripts.summary import block_medians, columns, with_interval, with_range
from servers.web import APPS

Panels = Mapping[str, Sequence[forest.Group]]


@dataclass(frozen=True)
class Question:
    """One chart of stacks."""

    title: str
    reading: str
    measured: str
    axis: str
    form: Format


def called(framework: str, server: str) -> str:
    """A framework by its name, and with its server where that is not the one of its documentation."""
    kind = server.removeprefix("gunicorn-")
    return framework if kind == APPS.get(framework, ("",))[0] else f"{framework}/{kind}"


@remembered
def told(run: Run, experiment: str, metric: str) -> list[Point]:
    """The cells of an experiment with one of their metrics, each called after its stack; none where it is unknown."""
    if metric not in run.rounds:
        return []
    frame, rounds = run.summary, dict(list(run.rounds.groupby(CELL)))
    cells = [point(row, "value", {}) for row in frame[frame["experiment"].eq(experiment)].to_dict("records")]
    found = []
    for cell in cells:
        values = columns(
            "value", block_medians(rounds[cell.key], metric), with_range if run.ranges_only else with_interval
        )
        value, low, high = (values[name] for name in ("value", "value_low", "value_high"))
        name = called(cell.workload, cell.model)
        found.append(replace(cell, model=name, value=value, low=low, high=high))
    return [cell for cell in found if cell.value > 0]


def draw(run: Run, theme: Theme, question: Question, panels: Panels) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    fits = {name: forest.fitted(groups, theme) for name, groups in panels.items()}
    shown = {name: kept for name, (kept, _) in fits.items() if kept}
    if not shown:
        return None
    every = list(chain.from_iterable(shown.values()))
    left_out = dict.fromkeys(title for _, dropped in fits.values() for title in dropped)
    page = open_page(
        theme,
        title=question.title,
        reading=question.reading,
        footer=footer(
            run,
            question.measured,
            list({row.key: row for group in every for row in group.rows}.values()),
            f"Not shown: {', '.join(left_out)}" if left_out else "",
            sure=f"Bars: {interval_words(run)}",
        ),
        body_in=forest.height_in(list(shown.values()), theme),
    )
    margins = forest.margins_in(every, question.form, theme)
    for axes, (name, kept) in zip(page.columns(len(shown), *margins), shown.items(), strict=True):
        axes.set_xscale("log")
        axes.set_xlim(*forest.limits([kept]))
        head(axes, name, theme, margins[0])
        forest.draw(axes, kept, question.form, page, start=None, rows=forest.depth(list(shown.values())))
        forest.rule(axes, question.form, question.axis, page)
    return page.figure


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
    top = ("stack", "page", "", "workers", what, "low", "high", "mind")
    return made(top, [
        [
            word(row.model), word(name), word(group.title), number(row.concurrency, whole),
            *(number(value, question.form) for value in (row.value, row.low, row.high)), word(row.flags),
        ]
        for name, groups in panels.items() for group in groups for row in group.rows
    ])  # fmt: skip
