"""The cost of submitting a task to a model and getting its answer back."""

from scripts.charts.lib import unit_cost
from scripts.util.format import seconds

POSITION = 100
CHART = unit_cost.Cost(
    NAME="task-handover",
    NEEDS="a cell of pool_startup",
    CAVEAT="A task that does nothing: a model that hands over several at a time is charged for each of them.",
    experiment="pool_startup",
    metric="task_seconds",
    title="What does it cost to hand a task over?",
    reading="Time for each of a thousand tasks that do nothing, in a pool or a loop that runs already.",
    measured="Measured: all tasks until their answers are back, divided by their number",
    noun="to hand a task over",
    unit="hand-over",
    form=seconds,
)
