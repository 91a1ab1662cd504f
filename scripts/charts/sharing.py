"""What an update of a shared counter costs when several want to make one, and which ways lose some."""

from matplotlib.figure import Figure

from scripts.charts import costs
from scripts.charts.data import Run
from scripts.charts.forest import Group
from scripts.charts.table import Table
from scripts.charts.theme import Theme
from scripts.words import seconds

NAME = "sharing"
NEEDS = "a cell of sharing"
CAVEAT = "Nothing but updates: a program that does something else in between has fewer that meet."


def groups(run: Run) -> list[Group]:
    """The ways that lose nothing; and each that does, with the share that it loses."""
    lost = {row.model: row.value for row in costs.told(run, "sharing", "lost_share")}
    rows = costs.told(run, "sharing", "unit_seconds")
    losing = [Group(f"loses {100 * lost[row.model]:.2g} %", [row]) for row in rows if row.model in lost]
    return [Group("loses no update", [row for row in rows if row.model not in lost]), *losing]


COST = costs.Cost(
    experiment="sharing",
    metric="unit_seconds",
    title="What does an update of a shared counter cost?",
    reading="Time for all updates of four workers, divided by their number. A lost update is a wrong answer.",
    measured="Measured: threads, coroutines and processes that read, compute and write, all at once",
    noun="for an update that is not lost",
    unit="an update",
    form=seconds,
    groups=groups,
)


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return costs.draw(run, theme, COST)


def finding(run: Run) -> str:
    """The cheapest and the dearest."""
    return costs.finding(run, COST)


def caption(run: Run) -> str:
    """The cheapest and the dearest."""
    return costs.caption(run, COST)


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return costs.alt(run, COST)


def table(run: Run) -> Table:
    """The data behind it."""
    return costs.table(run, COST)
