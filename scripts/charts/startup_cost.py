"""The start cost of one thread, one asyncio task or one process, and of a pool or a loop."""

from scripts.analysis.points import Run
from scripts.charts.lib import unit_cost
from scripts.charts.lib.groups import Group
from scripts.util.format import seconds


def groups(run: Run) -> list[Group]:
    """One unit of each kind; and every model, opened for ten at once."""
    models = "a model: opened, ten tasks, closed"
    units = Group("one thread, task, process", unit_cost.measured_cells(run, "startup_cost", "unit_seconds"))
    return [units, Group(models, unit_cost.measured_cells(run, "pool_startup", "open_seconds"))]


POSITION = 90
CHART = unit_cost.Cost(
    NAME="startup-cost",
    NEEDS="a cell of startup_cost or pool_startup",
    CAVEAT="What an empty unit costs on its own; a pool starts each of its workers only once.",
    experiment="startup_cost",
    metric="unit_seconds",
    title="What does it cost to start one?",
    reading="Time to start one unit that does nothing, and to wait until it is done.",
    measured="Measured: starting and joining one unit after another",
    noun="to start and join one",
    unit="start and join",
    form=seconds,
    rows=groups,
)
