"""How long the event loop goes without a heartbeat while something runs in it: the pitfalls, made visible."""

from matplotlib.figure import Figure

from scripts.charts import costs
from scripts.charts.data import Run
from scripts.charts.table import Table
from scripts.charts.theme import Theme
from scripts.words import seconds

NAME = "heartbeat"
NEEDS = "a cell of blocking"
CAVEAT = "The heart beats every 10 ms: what holds the loop for less than that is not seen."
COST = costs.Cost(
    experiment="blocking",
    metric="longest_gap_seconds",
    title="What stops the event loop, and for how long?",
    reading="The longest time between two beats of a 10 ms heartbeat while this ran in the loop.",
    measured="Measured: ticks of a coroutine that sleeps 10 ms between two looks at the clock",
    noun="between two beats",
    unit="longest gap",
    form=seconds,
)


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return costs.draw(run, theme, COST)


def finding(run: Run) -> str:
    """What holds the loop least and most."""
    rows = costs.main_rows(run, COST)
    if not rows:
        return ""
    quiet, loud = rows[0], rows[-1]
    return f"{loud.model} stops the event loop for {seconds(loud.value)}, {quiet.model} for {seconds(quiet.value)}"


def caption(run: Run) -> str:
    """The shortest and the longest silence."""
    return costs.caption(run, COST)


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return costs.alt(run, COST)


def table(run: Run) -> Table:
    """The data behind it."""
    return costs.table(run, COST)
