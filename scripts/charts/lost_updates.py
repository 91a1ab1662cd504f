"""The cost of updating a shared counter from several threads, and the ways that lose updates."""

from scripts.analysis.points import Run
from scripts.charts.lib import unit_cost
from scripts.charts.lib.groups import Group
from scripts.charts.lib.theme import FAULT, FIRST_KIND
from scripts.util.format import seconds


def groups(run: Run) -> list[Group]:
    """The ways that lost no update in this run, and the others with the share that they lost."""
    lost = {row.model: row.value for row in unit_cost.measured_cells(run, "lost_updates", "lost_share")}
    rows = unit_cost.measured_cells(run, "lost_updates", "unit_seconds")
    losing = [Group(f"lost {100 * lost[row.model]:.2g} %", [row], FAULT) for row in rows if row.model in lost]
    return [Group("lost no update", [row for row in rows if row.model not in lost], FIRST_KIND), *losing]


POSITION = 150
CHART = unit_cost.Cost(
    NAME="lost-updates",
    NEEDS="a cell of lost_updates",
    CAVEAT="Nothing but updates: a program that does something else in between has fewer that meet.",
    experiment="lost_updates",
    metric="unit_seconds",
    title="What does an update of a shared counter cost?",
    reading="Time for all updates of four workers, divided by their number. A lost update is a wrong answer.",
    measured="Measured: threads, coroutines and processes that read, compute and write at the same time",
    noun="for an update that is not lost",
    unit="an update",
    form=seconds,
    rows=groups,
)
