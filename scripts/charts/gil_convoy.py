"""How long an answer takes beside something that computes, from a thread and from an event loop."""

from scripts.analysis.points import Run
from scripts.charts.lib import unit_cost
from scripts.charts.lib.forest import Group
from scripts.util.format import seconds


def groups(run: Run) -> list[Group]:
    """The answer in the middle, and the one that a tenth of them exceed."""
    titles = {"p50_seconds": "half of the answers take longer", "p90_seconds": "one in ten takes longer"}
    return [Group(title, unit_cost.told(run, "gil_convoy", metric)) for metric, title in titles.items()]


POSITION = 140
CHART = unit_cost.Cost(
    NAME="gil-convoy",
    NEEDS="a cell of gil_convoy",
    CAVEAT="Fifty answers a block, so that nothing is known of the slowest in a hundred.",
    experiment="gil_convoy",
    metric="p50_seconds",
    title="What does computing do to whoever answers?",
    reading="Time that an answer takes over the loopback, with nothing beside it, a thread, a process or a coroutine.",
    measured="Measured: by a process that asks 10 ms after each answer",
    noun="for an answer in the middle",
    unit="an answer",
    form=seconds,
    rows=groups,
)
