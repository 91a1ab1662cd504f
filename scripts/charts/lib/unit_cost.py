"""What a unit of a model costs, as a forest plot: shared by the charts that differ in the unit only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from scripts.analysis.contests import of_experiment
from scripts.analysis.points import Point, Run, footer, interval_words, point, remembered
from scripts.analysis.wording import last_over_first
from scripts.charts.lib import forest, interactive_panel
from scripts.charts.lib.forest import Group
from scripts.charts.lib.layout import even_ticks, open_page, rule_axis
from scripts.charts.lib.table import Table, of_point, of_points, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians, columns, with_interval, with_range
from scripts.util.format import Format, tick


@remembered
def measured_cells(run: Run, experiment: str, metric: str) -> list[Point]:
    """The cells of an experiment with what its probe tells of that metric, the cheapest first; none that is zero."""
    if metric not in run.rounds:
        return []
    mine = run.rounds[run.rounds["experiment"].eq(experiment) & ~run.rounds["twin"].astype(bool)]
    rounds = dict(list(mine.groupby(CELL)))
    cells = run.summary[run.summary["experiment"].eq(experiment) & ~run.summary["twin"].astype(bool)]
    measured = [
        telling(run, cell, rounds[tuple(cell[name] for name in CELL)], metric) for cell in cells.to_dict("records")
    ]
    return sorted((each for each in measured if each.value > 0), key=lambda each: each.value)


def telling(run: Run, cell: dict[Any, Any], rounds: pd.DataFrame, metric: str) -> Point:
    """A cell with the metric as its value; a metric that is not the foremost stands in place of the workload."""
    values = columns("value", block_medians(rounds, metric), with_range if run.ranges_only else with_interval)
    measured = point(cell | values, "value", {})
    return measured if cell["metric"] == metric else replace(measured, workload=metric)


def by_size(run: Run, experiment: str, metric: str, words: Callable[[int], str]) -> list[Group]:
    """A group for each concurrency, the smallest first."""
    rows = measured_cells(run, experiment, metric)
    sizes = sorted({row.concurrency for row in rows})
    return [Group(words(size), [row for row in rows if row.concurrency == size]) for size in sizes]


@dataclass(eq=False)
class Cost:
    """One question about a cost, and its chart; `rows` are its groups where they are not simply all cells."""

    NAME: str
    NEEDS: str
    CAVEAT: str
    experiment: str
    metric: str
    title: str
    reading: str
    measured: str
    noun: str
    unit: str  # what the value is called in the table
    form: Format
    base: int = 10  # of a logarithmic axis
    linear: bool = False  # from zero, where the largest is no more than some fifty times the smallest
    main: str = ""  # title of the group that a sentence is about; the first unless named
    labels: Mapping[str, str] = field(default_factory=dict)  # of rows that are in no group of their own
    paint: str = ""  # of those rows, where the colours of models would say nothing
    rows: Callable[[Run], list[Group]] | None = None

    def groups(self, run: Run) -> list[Group]:
        """The rows of the chart; a group that is alone needs no title."""
        all_groups = self.rows(run) if self.rows else [self.only_group(run)]
        kept = [group for group in all_groups if group.rows]
        return [replace(kept[0], title="")] if len(kept) == 1 else kept

    def only_group(self, run: Run) -> Group:
        """All cells of the experiment, where they are not split into groups."""
        return Group("", measured_cells(run, self.experiment, self.metric), self.paint, self.labels)

    def main_rows(self, run: Run) -> list[Point]:
        """What a sentence is about: the rows of the first group; those of several answer several questions."""
        groups = self.groups(run)
        main = next((group for group in groups if group.title == self.main), groups[0] if groups else None)
        return sorted(main.rows, key=lambda row: row.value) if main else []

    def draw(self, run: Run, theme: Theme) -> Figure | None:
        """The figure; None when the run has nothing for it."""
        kept, left_out = forest.fitted(self.groups(run), theme)
        if not kept:
            return None
        page = open_page(
            theme,
            title=self.title,
            reading=self.reading,
            footer=footer(
                run,
                self.measured,
                [row for group in kept for row in group.rows],
                f"Not shown: {', '.join(left_out)}" if left_out else "",
                sure=f"Bars: {interval_words(run)}",
            ),
            body_in=forest.height_in([kept], theme),
        )
        axes = page.columns(1, *forest.margins_in(kept, self.form, theme))[0]
        low, high = forest.limits([kept])
        axes.set(xscale="linear" if self.linear else "log", xlim=(0.0 if self.linear else low, high))
        forest.draw(axes, kept, self.form, page, start=0.0 if self.linear else None, rows=forest.depth([kept]))
        if self.linear:
            rule_axis(axes, "x", even_ticks(high), tick(self.form), "linear axis", theme)
        else:
            forest.rule(axes, self.form, "logarithmic axis", page, self.base)
        return page.figure

    def ratio(self, run: Run) -> str:
        """How the dearest is beside the cheapest, as far as the run shows it."""
        rows = self.main_rows(run)
        pair = of_experiment(run, [rows[0], rows[-1]], self.metric)
        return last_over_first(pair) if pair else ""

    def finding(self, run: Run) -> str:
        """The cheapest and the dearest, as a title."""
        rows = self.main_rows(run)
        if len(rows) < 2:
            return self.caption(run).rstrip(".")
        least, most = (f"{row.model} {self.form(row.value)}" for row in (rows[0], rows[-1]))
        return f"{most} {self.noun}, {least}: {self.ratio(run)}"

    def caption(self, run: Run) -> str:
        """The cheapest, the dearest, and how many times they differ."""
        rows = self.main_rows(run)
        if not rows:
            return ""
        least, most = (f"{row.model} takes {forest.value_text(row, self.form)}" for row in (rows[0], rows[-1]))
        if len(rows) == 1:
            return f"{least} {self.noun} ({interval_words(run)})."
        return f"{least} {self.noun}, {most}: {self.ratio(run)} ({interval_words(run)})."

    def alt(self, run: Run) -> str:
        """Every number of the chart as text."""
        parts = [
            (f"{group.title}: " if group.title else "")
            + ", ".join(f"{row.model} {forest.value_text(row, self.form)}" for row in group.rows)
            for group in self.groups(run)
        ]
        return f"{self.title} {'; '.join(parts)}." if parts else ""

    def interactive_panels(self, run: Run) -> Iterator[interactive_panel.Panel]:
        """A row for each model, group by group."""
        for group in self.groups(run):
            yield interactive_panel.rows(group.title, self.unit, self.form, group.rows, self.base)

    def table(self, run: Run) -> Table:
        """The data behind it."""
        groups = self.groups(run)
        if len(groups) < 2:
            return of_points([row for group in groups for row in group.rows], self.unit, self.form)
        head = ("model", "group", "", "at once", "tasks", "waits", "computes", self.unit, "low", "high", "", "warnings")
        rows = [(group.title, of_point(replace(row, workload=""), self.form)) for group in groups for row in group.rows]
        return table_of(head, [[row[0], word(title), *row[1:]] for title, row in rows])
