"""How much memory a task holds while it waits."""

from scripts.analysis.points import Run
from scripts.charts.lib import unit_cost
from scripts.charts.lib.groups import Group
from scripts.util.format import amount


def groups(run: Run) -> list[Group]:
    """As many groups as there are numbers of tasks that wait."""
    return unit_cost.by_size(run, "task_memory", "bytes_per_task", lambda size: f"{size:,} waiting")


POSITION = 110
CHART = unit_cost.Cost(
    NAME="memory",
    NEEDS="a cell of task_memory",
    CAVEAT="Memory that processes share counts once (PSS). What a model needs once counts too, most where few wait.",
    experiment="task_memory",
    metric="bytes_per_task",
    title="How much memory does a waiting task hold?",
    reading="Memory added by each task that waits, client and workers together.",
    measured="Measured: memory with all tasks waiting, less memory before, divided by the tasks",
    noun="for each waiting task",
    unit="memory",
    form=amount,
    base=2,
    rows=groups,
    main="1,000 waiting",
)
