"""What the charts to play with show: the cells of the drawn charts, panel by panel, one series for each model."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from scripts.analysis import mix_winners
from scripts.analysis.points import Point, Run, by_model, distinct
from scripts.charts import CHARTS, cpu_cost, cpu_scaling, mixed, scaling, speedup, task_latency
from scripts.charts.lib.unit_cost import Cost
from scripts.util.format import Format, between, rate, seconds, short, times, whole


@dataclass(frozen=True)
class Mark:
    """A value at its place: a row, a number of workers, a share."""

    place: float
    value: float
    low: float
    high: float
    where: str  # the place in words
    mind: str = ""


@dataclass(frozen=True)
class Series:
    """The marks of one model."""

    model: str
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Limit:
    """What is physically possible, as a line."""

    places: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """One figure. The axis of the values is the horizontal one if they lie `across`, and can be logarithmic or not."""

    title: str
    value: str
    form: Format
    series: Sequence[Series]
    place: str = ""
    places: dict[float, str] = field(default_factory=dict)  # the ticks of the other axis
    place_ends: tuple[float, float] = (0, 1)
    place_log: bool = False
    across: bool = False
    joined: bool = False
    limits: Sequence[Limit] = ()
    base: int = 10  # of the logarithmic axis

    @property
    def values(self) -> list[float]:
        """Every number that needs room."""
        marks = [mark for series in self.series for mark in series.marks]
        found = [value for mark in marks for value in (mark.value, mark.low, mark.high)]
        return [value for value in found + [one for limit in self.limits for one in limit.values] if value > 0]

    def interval(self, mark: Mark) -> str:
        """The interval in words."""
        return between(mark.low, mark.high, self.form) if mark.low < mark.high else ""


def mark(point: Point, place: float, where: str) -> Mark:
    """A cell at its place."""
    return Mark(place, point.value, point.low, point.high, where, point.flags)


def rows(title: str, value: str, form: Format, found: Sequence[Point], base: int = 10) -> Panel:
    """A row for each cell, the first on top; a workload's limit runs down its rows."""
    alone = len({each.workload for each in found}) == 1
    names = [each.model if alone else f"{each.workload}: {each.model}" for each in found]
    ticks = [short(each.model) if alone else f"{each.workload}: {short(each.model)}" for each in found]
    marks = [
        (each.model, mark(each, -place, name)) for place, (each, name) in enumerate(zip(found, names, strict=True))
    ]
    return Panel(
        title,
        value,
        form,
        [Series(model, [one for name, one in marks if name == model]) for model in distinct(name for name, _ in marks)],
        places={-float(place): name for place, name in enumerate(ticks)},
        place_ends=(-len(found) + 0.4, 0.6),
        across=True,
        limits=list(row_limits(found)),
        base=base,
    )


def row_limits(found: Sequence[Point]) -> Iterator[Limit]:
    """The limit of each workload over its rows."""
    for workload in distinct(each.workload for each in found):
        places = [place for place, each in enumerate(found) if each.workload == workload]
        known = [found[place].limit for place in places if math.isfinite(found[place].limit)]
        if known:
            yield Limit([0.4 - places[0], -0.4 - places[-1]], [max(known)] * 2)


def lines(
    title: str,
    value: str,
    form: Format,
    found: Sequence[Point],
    place: str,
    x: Callable[[Point], float],
    named: Callable[[float], str] = whole,
    pick: Callable[..., float] = max,
) -> Panel:
    """A line for each model over a logarithmic axis of sizes; over evenly spaced places where zero is among them."""
    sizes = sorted({x(each) for each in found})
    at = {size: float(size if sizes[0] > 0 else place) for place, size in enumerate(sizes)}
    low, high = at[sizes[0]], at[sizes[-1]]
    known = [size for size in sizes if any(x(each) == size and each.limit > 0 for each in found)]
    limits = [pick(each.limit for each in found if x(each) == size and each.limit > 0) for size in known]
    return Panel(
        title,
        value,
        form,
        [
            Series(model, [mark(each, at[x(each)], f"{named(x(each))}, {place}") for each in sorted(line, key=x)])
            for model, line in by_model(found).items()
        ],
        place=place,
        places={at[size]: named(size) for size in sizes},
        place_ends=(low / 1.3, high * 1.3) if sizes[0] > 0 else (low - 0.3, high + 0.3),
        place_log=sizes[0] > 0,
        joined=True,
        limits=[Limit([at[size] for size in known], limits)] if known else [],
    )


def curve_marks(curve: task_latency.Curve) -> Iterator[Mark]:
    """A mark for each share of a curve."""
    for share, value, low, high in zip(task_latency.SHARES, curve.value, curve.low, curve.high, strict=True):
        where = f"{100 * share:.0f} % of the tasks"
        yield Mark(float(share), float(value), float(low), float(high), where, curve.cell.flags)


def of_latency(run: Run) -> Iterator[Panel]:
    """The curves of each workload: shares of the tasks over time."""
    for workload, curves in task_latency.curves(run).items():
        series = [Series(curve.cell.model, list(curve_marks(curve))) for curve in curves]
        wait_s = curves[0].cell.wait_s
        yield Panel(
            workload,
            "time of a task",
            seconds,
            series,
            places={share: f"{100 * share:.0f} %" for share in (0, 0.25, 0.5, 0.75, 1)},
            place_ends=(-0.03, 1.03),
            across=True,
            joined=True,
            limits=[Limit([0, 1], [wait_s, wait_s])] if wait_s else [],
        )


def of_speedup(run: Run) -> Iterator[Panel]:
    """Waiting and computing, workload by workload."""
    for name, groups in speedup.groups(run).items():
        found = [row for group in groups for row in group.rows]
        yield rows(speedup.PANELS[name], "times as fast as sequential", times, found)


def of_scaling(run: Run) -> Iterator[Panel]:
    """Throughput over tasks in flight, for each workload."""
    found = scaling.shown(run)
    for workload in distinct(each.workload for each in found):
        here = [each for each in found if each.workload == workload]
        yield lines(workload, "tasks finished in a second", rate, here, "tasks at once", lambda each: each.concurrency)


def of_cpu_scaling(run: Run) -> Iterator[Panel]:
    """Speed-up over workers, for each workload."""
    found, form = cpu_scaling.shown(run)
    value = "times as fast as sequential" if form is times else "tasks finished in a second"
    for workload in distinct(each.workload for each in found):
        here = [each for each in found if each.workload == workload]
        yield lines(workload, value, form, here, "workers", lambda each: each.concurrency)


def of_mixed(run: Run) -> Iterator[Panel]:
    """Time over the share that computes, for each concurrency."""
    for size, here in mix_winners.panels(mix_winners.shown(run)).items():
        percent: Format = lambda at: f"{at:g} %"  # noqa: E731 - one line
        title, value = f"{size} at once", "time for all tasks"
        yield lines(title, value, seconds, here, "computing", mix_winners.share, percent, min)


def of_cpu_cost(run: Run) -> Iterator[Panel]:
    """CPU time of a task, the client's and the server's."""
    for side, title in cpu_cost.HEADS.items():
        found = [row for group in cpu_cost.groups(run, side) for row in group.rows]
        if found:
            yield rows(title, "CPU time of a task", seconds, found)


def of_cost(run: Run, cost: Cost) -> Iterator[Panel]:
    """A row for each model, group by group."""
    for group in cost.groups(run):
        yield rows(group.title, cost.unit, cost.form, group.rows, cost.base)


def panels(run: Run) -> dict[str, list[Panel]]:
    """The panels of each chart that there is something to play with in, by the chart's name."""
    made = {
        speedup.NAME: of_speedup(run),
        task_latency.NAME: of_latency(run),
        scaling.NAME: of_scaling(run),
        cpu_scaling.NAME: of_cpu_scaling(run),
        mixed.NAME: of_mixed(run) if mix_winners.shown(run) else iter(()),
        cpu_cost.NAME: of_cpu_cost(run),
        **{cost.NAME: of_cost(run, cost) for cost in CHARTS if isinstance(cost, Cost)},
    }
    return {name: found for name, each in made.items() if (found := list(each))}
