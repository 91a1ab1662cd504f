"""The cost of one unit of a model as a forest plot: shared by the charts that differ in the unit only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from scripts.analysis.contests import of_experiment
from scripts.analysis.footer import footer, interval_words, legend_words
from scripts.analysis.points import Point, Run, cached_on_run, flags_text, point, with_values
from scripts.analysis.wording import last_over_first
from scripts.charts.lib import forest, interactive_panel
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, value_text, values_text
from scripts.charts.lib.table import Table, of_point, of_points, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians
from scripts.util.format import Format


@cached_on_run
def measured_cells(run: Run, experiment: str, metric: str) -> list[Point]:
    """The cells of an experiment with a metric of its probe, the cheapest first; zero values are left out."""
    if metric not in run.rounds:
        return []
    mine = run.rounds[run.rounds["experiment"].eq(experiment) & ~run.rounds["twin"].astype(bool)]
    rounds = dict(list(mine.groupby(CELL)))
    cells = run.summary[run.summary["experiment"].eq(experiment) & ~run.summary["twin"].astype(bool)]
    measured = [
        point_of_metric(run, cell, rounds[tuple(cell[name] for name in CELL)], metric)
        for cell in cells.to_dict("records")
    ]
    return sorted((each for each in measured if each.value > 0), key=lambda each: each.value)


def point_of_metric(run: Run, cell: dict[Any, Any], rounds: pd.DataFrame, metric: str) -> Point:
    """A cell with the metric as its value; a metric that is not the foremost stands in place of the workload."""
    measured = with_values(run, point(cell, "value", {}), block_medians(rounds, metric))
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
        rows = measured_cells(run, self.experiment, self.metric)
        return Group("", rows, self.paint, [self.labels.get(row.model, row.model) for row in rows])

    def main_rows(self, run: Run) -> list[Point]:
        """The rows that a sentence is about: those of the first group; each group answers a question of its own."""
        groups = self.groups(run)
        main = next((group for group in groups if group.title == self.main), groups[0] if groups else None)
        return sorted(main.rows, key=lambda row: row.value) if main else []

    def draw(self, run: Run, theme: Theme) -> Figure | None:
        """The figure; None when the run has nothing for it."""
        start = 0.0 if self.linear else None
        kind = "linear" if self.linear else "logarithmic"
        return forest.draw_page(
            theme,
            {"": self.groups(run)},
            Axis(f"{kind} axis", self.form, start, base=self.base, linear=self.linear),
            title=self.title,
            reading=self.reading,
            footer=lambda rows, rest: footer(run, self.measured, rows, rest, sure=legend_words(run)),
            main=self.main,
        )

    def ratio(self, run: Run) -> str:
        """The ratio of the dearest to the cheapest, or the outcome."""
        rows = self.main_rows(run)
        pair = of_experiment(run, [rows[0], rows[-1]], self.metric)
        return last_over_first(pair) if pair else ""

    def finding(self, run: Run) -> str:
        """The cheapest and the dearest, as a title."""
        rows = self.main_rows(run)
        if len(rows) < 2:
            return self.caption(run).rstrip(".")
        least, most = (f"{row.model} {self.form(row.value)}{flags_text(row)}" for row in (rows[0], rows[-1]))
        return f"{most} {self.noun}, {least}: {self.ratio(run)}"

    def caption(self, run: Run) -> str:
        """The cheapest, the dearest, and how many times they differ."""
        rows = self.main_rows(run)
        if not rows:
            return ""
        least, most = (
            f"{row.model} takes {value_text(row, self.form)}{flags_text(row)}" for row in (rows[0], rows[-1])
        )
        if len(rows) == 1:
            return f"{least} {self.noun} ({interval_words(run)})."
        return f"{least} {self.noun}, {most}: {self.ratio(run)} ({interval_words(run)})."

    def alt(self, run: Run) -> str:
        """Every number of the chart as text."""
        parts = list(values_text({"": self.groups(run)}, self.form))
        return f"{self.title} {'; '.join(parts)}." if parts else ""

    def interactive_panels(self, run: Run) -> Iterator[interactive_panel.Panel]:
        """A row for each model, group by group."""
        for group in self.groups(run):
            yield interactive_panel.rows(group.title, self.unit, self.form, group.rows, self.base)

    def table(self, run: Run) -> Table:
        """The data of the chart as a table."""
        groups = self.groups(run)
        if len(groups) < 2:
            return of_points([row for group in groups for row in group.rows], self.unit, self.form)
        head = (
            "model",
            "group",
            "",
            "concurrency",
            "tasks",
            "waits",
            "computes",
            self.unit,
            "low",
            "high",
            "",
            "warnings",
        )
        rows = [(group.title, of_point(replace(row, workload=""), self.form)) for group in groups for row in group.rows]
        return table_of(head, [[row[0], word(title), *row[1:]] for title, row in rows])
