"""What it costs to hand a task to a model and to get its answer back."""

from matplotlib.figure import Figure

from scripts.charts import costs
from scripts.charts.data import Run
from scripts.charts.table import Table
from scripts.charts.theme import Theme
from scripts.words import seconds

NAME = "handover"
NEEDS = "a cell of opening"
CAVEAT = "A task that does nothing: a model that hands over several at a time is charged for each of them."


COST = costs.Cost(
    experiment="opening",
    metric="task_seconds",
    title="What does it cost to hand a task over?",
    reading="Time for each of a thousand tasks that do nothing, in a pool or a loop that runs already.",
    measured="Measured: all tasks until their answers are back, divided by their number",
    noun="to hand a task over",
    unit="hand-over",
    form=seconds,
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
