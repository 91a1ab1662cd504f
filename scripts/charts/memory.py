"""How much memory a task holds while it waits."""

from matplotlib.figure import Figure

from scripts.charts import costs
from scripts.charts.data import Run
from scripts.charts.forest import Group
from scripts.charts.table import Table
from scripts.charts.theme import Theme
from scripts.words import amount

NAME = "memory"
NEEDS = "a cell of memory"
CAVEAT = "Memory that processes share is counted once (PSS). What a model has once counts too, most where few wait."


def groups(run: Run) -> list[Group]:
    """As many groups as there are numbers of tasks that wait."""
    return costs.by_size(run, "memory", "bytes_per_task", lambda size: f"{size:,} waiting")


COST = costs.Cost(
    experiment="memory",
    metric="bytes_per_task",
    title="How much memory does a waiting task hold?",
    reading="Memory added by each task that waits, client and workers together.",
    measured="Measured: memory with all tasks waiting, less memory before, divided by the tasks",
    noun="for each waiting task",
    unit="memory",
    form=amount,
    base=2,
    groups=groups,
)


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return costs.draw(run, theme, COST)


def finding(run: Run) -> str:
    """The cheapest and the dearest."""
    return costs.finding(run, COST)


def caption(run: Run) -> str:
    """The leanest and the heaviest."""
    return costs.caption(run, COST)


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return costs.alt(run, COST)


def table(run: Run) -> Table:
    """The data behind it."""
    return costs.table(run, COST)
