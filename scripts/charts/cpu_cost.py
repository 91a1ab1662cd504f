"""The CPU time of a task, of the client and of the server: waiting costs none, scheduling it does."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from scripts.analysis.contests import of_points
from scripts.analysis.footer import footer, interval_words, legend_words
from scripts.analysis.points import Point, Run, cached_on_run, flags_text, points, with_values
from scripts.analysis.wording import last_over_first
from scripts.charts.lib import forest, interactive_panel
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, values_text
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, of_point, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.charts.speedup import sort_key
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians
from scripts.util.format import seconds

NAME = "cpu-cost"
POSITION = 80
NEEDS = "a cell of io or cpu with CPU times"
CAVEAT = "CPU of the whole round, its start-up included, divided by its tasks: a pool that lives longer costs less."
TITLE = "What does a task cost in CPU time?"
SIDES = {"client": "cpu_seconds", "server": "server_cpu_seconds"}
HEADS = {"client": "The program and its workers", "server": "The server that they asked"}


@cached_on_run
def chart_cells(run: Run, side: str) -> list[Point]:
    """The cells with their CPU seconds for each task."""
    column = SIDES[side]
    if column not in run.rounds:
        return []
    mask = run.rounds["experiment"].isin(["io", "cpu"]) & ~run.rounds["twin"].astype(bool) & run.rounds[column].gt(0)
    rounds = dict(list(run.rounds[mask].groupby(CELL)))
    cells = [(cell, rounds.get(cell.key)) for cell in points(run, ["io", "cpu"], "seconds")]
    priced = [costing(run, cell, mine, column) for cell, mine in cells if mine is not None]
    return [cell for cell in priced if cell.value > 0]


def costing(run: Run, cell: Point, rounds: pd.DataFrame, column: str) -> Point:
    """The cell with what a task costs, in place of its seconds."""
    cost = with_values(run, cell, block_medians(rounds, column) / cell.tasks)
    return replace(cost, limit=math.nan, ceiling=math.nan)


def groups(run: Run, side: str) -> list[Group]:
    """The cells of each workload, those that wait first."""
    cells = chart_cells(run, side)
    names = sorted({(each.experiment != "io", sort_key(each.workload)) for each in cells})
    return [Group(work(name), [each for each in cells if each.workload == name]) for _, (_, name) in names]


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    panels = {HEADS[side]: groups(run, side) for side in SIDES if chart_cells(run, side)}
    measured = "Measured: CPU of the process tree and, apart from it, of the server"
    if HEADS["client"] not in panels:
        return None
    return forest.draw_page(
        theme,
        panels,
        Axis("CPU time of a task (logarithmic)", seconds),
        title=TITLE,
        reading="CPU seconds of a whole round, start-up included, divided by its tasks.",
        footer=lambda rows, rest: footer(run, measured, rows, rest, sure=legend_words(run)),
        shared=True,
        blank="asks no server",
    )


def finding(run: Run) -> str:
    """The lowest and the highest cost of a waiting task, and their ratio where it is established."""
    for group in groups(run, "client")[:1]:
        rows = sorted(group.rows, key=lambda row: row.value)
        if len(rows) > 1:
            pair = [rows[0], rows[-1]]
            ends = " of CPU, ".join(f"{row.model} {seconds(row.value)}{flags_text(row)}" for row in pair)
            return f"A task on {group.title} costs {ends}: {last_over_first(of_points(run, pair, SIDES['client']))}"
        return f"A task on {group.title} costs {rows[0].model} {seconds(rows[0].value)} of CPU{flags_text(rows[0])}"
    return ""


def caption(run: Run) -> str:
    """The cost of a task for every workload and model."""
    parts = [
        f"{group.title}: " + ", ".join(f"{row.model} {seconds(row.value)}{flags_text(row)}" for row in group.rows)
        for group in groups(run, "client")
    ]
    return (
        f"CPU time of a task without the server's (in the chart: {interval_words(run, 's')}): {'; '.join(parts)}."
        if parts
        else ""
    )


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = list(values_text({side: groups(run, side) for side in SIDES}, seconds))
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    head = (
        "model",
        "side",
        "workload",
        "concurrency",
        "tasks",
        "waits",
        "computes",
        "CPU of a task",
        "low",
        "high",
        "",
        "warnings",
    )
    rows = [(side, of_point(each, seconds)) for side in SIDES for each in chart_cells(run, side)]
    return table_of(head, [[row[0], word(side), *row[1:]] for side, row in rows])


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """CPU time of a task, the client's and the server's."""
    for side, title in HEADS.items():
        if cells := [row for group in groups(run, side) for row in group.rows]:
            yield interactive_panel.rows(title, "CPU time of a task", seconds, cells)
