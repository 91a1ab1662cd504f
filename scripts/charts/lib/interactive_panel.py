"""The data of an interactive chart: panels, each with one series for every model. The report draws them as SVG."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from scripts.analysis.points import Point, by_model, distinct
from scripts.util.format import Format, between, count_text, short


@dataclass(frozen=True)
class Mark:
    """A value at its place: a row, a number of workers, a share."""

    place: float
    value: float
    low: float
    high: float
    where: str  # the place in words
    warnings: str = ""


@dataclass(frozen=True)
class Series:
    """The marks of one model."""

    model: str
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Limit:
    """The ideal, as a line."""

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
        """Every number that the axis must cover."""
        marks = [mark for series in self.series for mark in series.marks]
        numbers = [value for mark in marks for value in (mark.value, mark.low, mark.high)]
        return [value for value in numbers + [one for limit in self.limits for one in limit.values] if value > 0]

    def interval(self, mark: Mark) -> str:
        """The interval in words."""
        return between(mark.low, mark.high, self.form) if mark.low < mark.high else ""


def mark(point: Point, place: float, where: str) -> Mark:
    """A cell at its place."""
    return Mark(place, point.value, point.low, point.high, where, point.flags)


def rows(title: str, value: str, form: Format, cells: Sequence[Point], base: int = 10) -> Panel:
    """A row for each cell, the first on top; a workload's limit runs down its rows."""
    alone = len({each.workload for each in cells}) == 1
    names = [each.model if alone else f"{each.workload}: {each.model}" for each in cells]
    ticks = [short(each.model) if alone else f"{each.workload}: {short(each.model)}" for each in cells]
    marks = [
        (each.model, mark(each, -place, name)) for place, (each, name) in enumerate(zip(cells, names, strict=True))
    ]
    return Panel(
        title,
        value,
        form,
        [Series(model, [one for name, one in marks if name == model]) for model in distinct(name for name, _ in marks)],
        places={-float(place): name for place, name in enumerate(ticks)},
        place_ends=(-len(cells) + 0.4, 0.6),
        across=True,
        limits=list(row_limits(cells)),
        base=base,
    )


def row_limits(cells: Sequence[Point]) -> Iterator[Limit]:
    """The limit of each workload over its rows."""
    for workload in distinct(each.workload for each in cells):
        places = [place for place, each in enumerate(cells) if each.workload == workload]
        finite = [cells[place].limit for place in places if math.isfinite(cells[place].limit)]
        if finite:
            yield Limit([0.4 - places[0], -0.4 - places[-1]], [max(finite)] * 2)


def lines(
    title: str,
    value: str,
    form: Format,
    cells: Sequence[Point],
    place: str,
    x: Callable[[Point], float],
    named: Callable[[float], str] = count_text,
    pick: Callable[..., float] = max,
) -> Panel:
    """A line for each model over a logarithmic axis of sizes; over evenly spaced places where zero is among them."""
    sizes = sorted({x(each) for each in cells})
    at = {size: float(size if sizes[0] > 0 else place) for place, size in enumerate(sizes)}
    low, high = at[sizes[0]], at[sizes[-1]]
    limited = [size for size in sizes if any(x(each) == size and each.limit > 0 for each in cells)]
    limits = [pick(each.limit for each in cells if x(each) == size and each.limit > 0) for size in limited]
    return Panel(
        title,
        value,
        form,
        [
            Series(model, [mark(each, at[x(each)], f"{named(x(each))}, {place}") for each in sorted(line, key=x)])
            for model, line in by_model(cells).items()
        ],
        place=place,
        places={at[size]: named(size) for size in sizes},
        place_ends=(low / 1.3, high * 1.3) if sizes[0] > 0 else (low - 0.3, high + 0.3),
        place_log=sizes[0] > 0,
        joined=True,
        limits=[Limit([at[size] for size in limited], limits)] if limited else [],
    )
