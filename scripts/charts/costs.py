"""What a unit of a model costs, as a forest plot: shared by `starting` and `memory`, which differ in the unit only."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from scripts.charts import forest
from scripts.charts.data import Point, Run, footer, interval_words, points
from scripts.charts.page import open_page
from scripts.charts.table import Table, of_points
from scripts.charts.theme import Theme
from scripts.charts.words import Format, times


@dataclass(frozen=True)
class Cost:
    """One question about a cost."""

    experiment: str
    metric: str
    title: str
    reading: str
    measured: str
    noun: str
    unit: str  # what the value is called in the table
    form: Format
    base: int = 10  # of the axis


def shown(run: Run, cost: Cost) -> list[Point]:
    """The cells of the chart, the cheapest first."""
    return sorted(points(run, [cost.experiment], "value", cost.metric), key=lambda each: each.value)


def draw(run: Run, theme: Theme, cost: Cost) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    groups = [forest.Group("", shown(run, cost))]
    if not groups[0].rows:
        return None
    page = open_page(
        theme,
        title=cost.title,
        reading=cost.reading,
        footer=footer(run, cost.measured, groups[0].rows, sure=f"Bars: {interval_words(run)}"),
        body_in=forest.height_in([groups], theme),
    )
    axes = page.columns(1, *forest.margins_in(groups, cost.form, theme))[0]
    axes.set_xscale("log")
    axes.set_xlim(*forest.limits([groups]))
    forest.draw(axes, groups, cost.form, page, start=None, rows=forest.depth([groups]))
    forest.rule(axes, cost.form, "logarithmic axis", page, cost.base)
    return page.figure


def finding(run: Run, cost: Cost) -> str:
    """The cheapest and the dearest, as a title."""
    rows = shown(run, cost)
    if len(rows) < 2:
        return caption(run, cost).rstrip(".")
    least, most = (f"{row.model} {cost.form(row.value)}" for row in (rows[0], rows[-1]))
    return f"{most} {cost.noun}, {least}: {times(rows[-1].value / rows[0].value)} as much"


def caption(run: Run, cost: Cost) -> str:
    """The cheapest, the dearest, and how many times they differ."""
    rows = shown(run, cost)
    if not rows:
        return ""
    least, most = (f"{row.model} takes {forest.value_text(row, cost.form)}" for row in (rows[0], rows[-1]))
    if len(rows) == 1:
        return f"{least} {cost.noun} ({interval_words(run)})."
    ratio = times(rows[-1].value / rows[0].value)
    return f"{least} {cost.noun}, {most}: {ratio} as much ({interval_words(run)})."


def alt(run: Run, cost: Cost) -> str:
    """Every number of the chart as text."""
    rows = [f"{row.model} {forest.value_text(row, cost.form)}" for row in shown(run, cost)]
    return f"{cost.title} {', '.join(rows)}." if rows else ""


def table(run: Run, cost: Cost) -> Table:
    """The data behind it."""
    return of_points(shown(run, cost), cost.unit, cost.form)
