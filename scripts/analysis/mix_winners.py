"""Which models are the fastest at each mix of waiting and computing, allowing for all comparisons of the map."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scripts.analysis.contests import cell_candidate
from scripts.analysis.families import Family, families
from scripts.analysis.points import Point, Run, cached_on_run, points


@dataclass(frozen=True)
class Tile:
    """One mix at one concurrency: its cells, the fastest first, and their conclusions."""

    share: float
    concurrency: int
    cells: tuple[Point, ...]
    family: Family

    @property
    def contenders(self) -> list[str]:
        """The models that may be the fastest; those that are not usable may be, too."""
        quick = [cell.name for cell, _ in self.family.not_usable] if self.family.disqualified else []
        return [*(cell.name for cell in self.family.contenders), *quick]


@cached_on_run
def tiles(run: Run) -> list[Tile]:
    """The map, by concurrency and then by share; empty when there is nothing to compare or too few blocks."""
    if run.ranges_only:
        return []
    mixtures = [(size, cells) for size, cells in mixes(run) if len(cells) > 1]
    groups = [[cell_candidate(run, (*cell.key, False), cell.model) for cell in cells] for _, cells in mixtures]
    conclusions = families(groups, run.noise_floors)
    return [
        Tile(share(cells[0]), size, tuple(cells), one) for (size, cells), one in zip(mixtures, conclusions, strict=True)
    ]


def mixes(run: Run) -> Iterator[tuple[int, list[Point]]]:
    """The concurrency and cells of each tile, the fastest first; the sequential cell of a mix is in all its tiles."""
    cells = mixed_cells(run)
    alone = [each for each in cells if each.model == "sequential"]
    for size, here in panels([each for each in cells if each.model != "sequential"]).items():
        for percent in sorted({share(each) for each in here}):
            same = [each for each in (*here, *alone) if share(each) == percent and each.tasks == here[0].tasks]
            yield size, sorted(one_each(same), key=lambda each: each.value)


def one_each(cells: list[Point]) -> list[Point]:
    """The first cell of every model."""
    return list({cell.model: cell for cell in reversed(cells)}.values())


def mixed_cells(run: Run) -> list[Point]:
    """The cells of this chart."""
    return points(run, ["mixed"], "seconds")


def panels(cells: list[Point]) -> dict[int, list[Point]]:
    """The cells at each concurrency; the sequential cells are in every panel, without a limit of their own there."""
    alone = [each for each in cells if each.model == "sequential"]
    sizes = {each.concurrency for each in cells if each.model != "sequential"} or {each.concurrency for each in alone}
    without_limit = [replace(each, limit=math.nan) for each in alone]
    return {size: ([] if at(size, alone) else without_limit) + at(size, cells) for size in sorted(sizes)}


def at(size: int, cells: list[Point]) -> list[Point]:
    """The cells at this concurrency."""
    return [each for each in cells if each.concurrency == size]


def share(point: Point) -> float:
    """Share of a task that computes, in whole percent."""
    return round(point.cpu_percent, 1)
