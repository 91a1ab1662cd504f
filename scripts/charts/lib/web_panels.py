"""Web frameworks under their servers: several metrics of the same cells, side by side. Shared by two charts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure

from benchmarks.core.work_done import SATURATED
from scripts.analysis.footer import footer, legend_words
from scripts.analysis.points import Point, Run, cached_on_run, point, with_values
from scripts.charts.lib import forest
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, Panels, values_text
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians
from scripts.util.format import Format, count_text
from servers.web_server import APPS


@dataclass(frozen=True)
class Question:
    """A question about web stacks, and the words of its chart."""

    title: str
    reading: str
    measured: str
    axis: str
    form: Format


def stack_name(framework: str, server: str) -> str:
    """A framework by its name, and with its server where that is not the one of its documentation."""
    kind = server.removeprefix("gunicorn-")
    return framework if kind == APPS.get(framework, ("",))[0] else f"{framework}/{kind}"


COLOURS = "event loop, threads, greenlets, one request at a time"
RUNS_IN = {"threads": "threads", "gevent": "gevent", "sync": "sequential"}  # the workers of gunicorn


def group(title: str, rows: Sequence[Point]) -> Group:
    """Rows in the colour of what runs their handlers: an event loop, threads, greenlets, or one request at a time."""
    return Group(title, rows, styles=[RUNS_IN.get(row.model.partition("/")[2], "asyncio") for row in rows])


@cached_on_run
def measured_cells(run: Run, experiment: str, metric: str) -> list[Point]:
    """The cells of an experiment with one of their metrics, each called after its stack; none where it is unknown."""
    if metric not in run.rounds:
        return []
    frame, rounds = run.summary, dict(list(run.rounds.groupby(CELL)))
    cells = [point(row, "value", {}) for row in frame[frame["experiment"].eq(experiment)].to_dict("records")]
    measured = [point_of_metric(run, cell, rounds[cell.key], metric) for cell in cells]
    return [cell for cell in measured if cell.value > 0]


def point_of_metric(run: Run, cell: Point, rounds: pd.DataFrame, metric: str) -> Point:
    """The cell with that metric; saturated where the client, which is one thread, had no time left."""
    cores = f"{metric.removesuffix('_per_second')}_client_cores"
    saturated = cores in rounds and rounds[cores].median() > SATURATED
    return replace(
        with_values(run, cell, block_medians(rounds, metric)),
        model=stack_name(cell.workload, cell.model),
        flags=", ".join(filter(None, ["saturated: client" * bool(saturated), cell.flags])),
    )


def draw(run: Run, theme: Theme, question: Question, panels: Panels) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return forest.draw_page(
        theme,
        panels,
        Axis(question.axis, question.form, common=False),
        title=question.title,
        reading=question.reading,
        footer=lambda rows, rest: footer(run, question.measured, cells_with_flags(rows), rest, sure=legend_words(run)),
        shared=True,
    )


def cells_with_flags(rows: Sequence[Point]) -> list[Point]:
    """Each cell once, with the flags of the metric that has most of them."""
    return list({row.key: row for row in sorted(rows, key=lambda row: len(row.flags))}.values())


def alt(question: Question, panels: Panels) -> str:
    """Every number of the chart as text."""
    rows = list(values_text(panels, question.form))
    return f"{question.title} {'; '.join(rows)}." if rows else ""


def table(question: Question, panels: Panels, what: str) -> Table:
    """The data of the chart as a table."""
    top = ("stack", "page", "", "workers", what, "low", "high", "warnings")
    return table_of(top, [
        [
            word(row.model), word(name), word(group.title), number(row.concurrency, count_text),
            *(number(value, question.form) for value in (row.value, row.low, row.high)), word(row.flags),
        ]
        for name, groups in panels.items() for group in groups for row in group.rows
    ])  # fmt: skip
