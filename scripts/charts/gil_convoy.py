"""How long an answer takes beside something that computes, from a thread and from an event loop."""

from collections.abc import Iterator

from scripts.analysis.points import Point, Run
from scripts.charts.lib import unit_cost
from scripts.charts.lib.groups import Group
from scripts.charts.lib.theme import FIRST_KIND, SECOND_KIND
from scripts.util.format import seconds


def groups(run: Run) -> list[Group]:
    """The median and the 90th percentile, for threads and for event loops."""
    titles = {"p50_seconds": "median", "p90_seconds": "90th percentile"}
    return [
        Group(f"{answerer}, {title}", rows, paint, [LABELS.get(row.model, row.model) for row in rows])
        for metric, title in titles.items()
        for answerer, paint, rows in by_answerer(unit_cost.measured_cells(run, "gil_convoy", metric))
    ]


def by_answerer(rows: list[Point]) -> Iterator[tuple[str, str, list[Point]]]:
    """The rows answered by a thread and those answered by an event loop, each with its colour."""
    loops = [row for row in rows if row.model.startswith("asyncio")]
    yield "a thread answers", FIRST_KIND, [row for row in rows if row not in loops]
    yield "an event loop answers", SECOND_KIND, loops


LABELS = {
    "alone": "nothing beside it",
    "beside-process": "a process computes",
    "beside-computing": "a thread computes",
    "beside-short-turns": "it computes, short turns",
    "asyncio-alone": "nothing beside it",
    "asyncio-process": "a process computes",
    "asyncio-to-thread": "a thread computes",
    "asyncio-computing": "a coroutine computes",
}
POSITION = 140
CHART = unit_cost.Cost(
    NAME="gil-convoy",
    NEEDS="a cell of gil_convoy",
    CAVEAT="Fifty answers a block are too few to show the slowest in a hundred.",
    experiment="gil_convoy",
    metric="p50_seconds",
    title="How long does an answer take beside computing?",
    reading="Time of an answer over loopback while nothing, a thread, a process or a coroutine computes.",
    measured="Measured: by a process that asks 10 ms after each answer",
    noun="for an answer in the middle",
    unit="an answer",
    form=seconds,
    rows=groups,
)
