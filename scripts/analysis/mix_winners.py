"""Which model wins each mix of waiting and computing: beyond the noise floor, and allowing for all the comparisons.

The fastest of a tile wins when it is established to be faster than every other; Holm's correction runs over all the
comparisons of the map. Where it is not, nobody wins, and those that may be the fastest are named.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from scripts.analysis.conclusions import MARGIN
from scripts.analysis.points import CELL, Point, Run, points, remembered
from scripts.stats import decisions, intervals
from scripts.tables.summary import block_medians, kind_of_work


@dataclass(frozen=True)
class Tile:
    """One mix at one concurrency: its cells, the fastest first, and how many times longer each of the others takes."""

    share: float
    concurrency: int
    cells: tuple[Point, ...]
    ratios: tuple[intervals.Interval, ...]  # of cells[1:] over cells[0]
    beaten: tuple[bool, ...]  # which of cells[1:] are established to be slower

    @property
    def winner(self) -> Point | None:
        """The cell that is established to be faster than every other; None when none is."""
        return self.cells[0] if self.cells and all(self.beaten) else None

    @property
    def contenders(self) -> tuple[Point, ...]:
        """The fastest, and those that it is not established to beat."""
        rest = [cell for cell, beaten in zip(self.cells[1:], self.beaten, strict=True) if not beaten]
        return (self.cells[0], *rest)


@remembered
def tiles(run: Run) -> list[Tile]:
    """The map, by concurrency and then by share; empty when there is nothing to compare or too few blocks."""
    if run.ranges_only:
        return []
    medians = {key: block_medians(rounds, "seconds") for key, rounds in cells_of(run).groupby(CELL)}
    found = [(size, cells) for size, cells in mixes(run) if len(cells) > 1]
    ratios = [[ratio(medians, cells[0], other) for other in cells[1:]] for _, cells in found]
    adjusted = iter(intervals.holm([each.p_value for row in ratios for each in row]))
    return [
        Tile(
            share(cells[0]),
            size,
            tuple(cells),
            tuple(row),
            tuple(slower(run, cells[0], each, float(next(adjusted))) for each in row),
        )
        for (size, cells), row in zip(found, ratios, strict=True)
    ]


def cells_of(run: Run) -> pd.DataFrame:
    """The rounds that the map rests on."""
    return run.rounds[run.rounds["experiment"].eq("mixed") & ~run.rounds["twin"].astype(bool)]


def mixes(run: Run) -> Iterator[tuple[int, list[Point]]]:
    """The cells of each tile, the fastest first. Sequential does the same work whatever is allowed: it is in all."""
    found = shown(run)
    alone = [each for each in found if each.model == "sequential"]
    for size, here in panels([each for each in found if each.model != "sequential"]).items():
        for percent in sorted({share(each) for each in here}):
            same = [each for each in (*here, *alone) if share(each) == percent and each.tasks == here[0].tasks]
            yield size, sorted(one_each(same), key=lambda each: each.value)


def one_each(cells: list[Point]) -> list[Point]:
    """The first cell of every model."""
    return list({cell.model: cell for cell in reversed(cells)}.values())


def ratio(medians: Mapping[Any, pd.Series], fastest: Point, other: Point) -> intervals.Interval:
    """How many times longer the other takes, paired block by block."""
    pairs = (medians[other.key] / medians[fastest.key]).dropna()
    return intervals.geometric_mean(pairs.to_numpy())


def slower(run: Run, fastest: Point, found: intervals.Interval, p_value: float) -> bool:
    """Whether the ratio establishes a difference that matters, beyond what twins of such work showed."""
    floor = run.noise_floors.get(kind_of_work(fastest.wait_s, fastest.compute_s)) or 0.0
    return decisions.compare(found, MARGIN, floor, p_value) is decisions.Comparison.SLOWER


def shown(run: Run) -> list[Point]:
    """The cells of this chart."""
    return points(run, ["mixed"], "seconds")


def panels(found: list[Point]) -> dict[int, list[Point]]:
    """The cells at each concurrency; sequential, which does the same whatever is allowed, stands in every panel.

    The limit of a panel is that of the models that may do as much at once.
    """
    alone = [each for each in found if each.model == "sequential"]
    sizes = {each.concurrency for each in found if each.model != "sequential"} or {each.concurrency for each in alone}
    elsewhere = [replace(each, limit=math.nan) for each in alone]
    return {size: ([] if at(size, alone) else elsewhere) + at(size, found) for size in sorted(sizes)}


def at(size: int, found: list[Point]) -> list[Point]:
    """Those at this concurrency."""
    return [each for each in found if each.concurrency == size]


def share(each: Point) -> float:
    """Share of a task that computes, in whole percent."""
    return round(each.cpu_percent, 1)
