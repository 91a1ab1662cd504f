"""What one thread, one asyncio task or one process costs to start, and what a pool or a loop does."""

from matplotlib.figure import Figure

from scripts.charts import costs
from scripts.charts.data import Run
from scripts.charts.forest import Group
from scripts.charts.table import Table
from scripts.charts.theme import Theme
from scripts.words import seconds

NAME = "starting"
NEEDS = "a cell of starting or opening"
CAVEAT = "What an empty unit costs on its own; a pool starts each of its workers only once."


def groups(run: Run) -> list[Group]:
    """One unit of each kind; and every model, opened for ten at once."""
    models = "a model: opened, ten tasks, closed"
    units = Group("one thread, task, process", costs.told(run, "starting", "unit_seconds"))
    return [units, Group(models, costs.told(run, "opening", "open_seconds"))]


COST = costs.Cost(
    experiment="starting",
    metric="unit_seconds",
    title="What does it cost to start one?",
    reading="Time to start one unit that does nothing, and to wait until it is done.",
    measured="Measured: starting and joining one unit after another",
    noun="to start and join one",
    unit="start and join",
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
