"""Which rounds the timeline shows, and the lanes of their tasks.

The round is the measured one whose time is nearest the cell's median, so that no lucky one is shown. A task is put
into the first lane that is free when it starts (greedy interval partitioning), so the number of lanes is the most
tasks that were ever in flight.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.analysis.points import Point, Run, cached_on_run, cell_tables, points

PREFERRED = {"io": ("wire", "http", "sleep"), "cpu": ("primes", "digest")}
MOST_SPANS = 300  # more would be a smear on a slide and megabytes in an SVG


@dataclass(frozen=True)
class Race:
    """One round of one cell: when its tasks started and ended, in seconds since the round began."""

    cell: Point
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    seconds: float
    in_all: int

    @property
    def end_s(self) -> float:
        """When the round ended, in seconds."""
        return max(self.seconds, *self.ends)

    @property
    def lanes(self) -> list[int]:
        """The lane of each task."""
        return lanes(self.starts, self.ends)


def lanes(starts: Sequence[float], ends: Sequence[float]) -> list[int]:
    """The first lane that is free, for each span in the order of their starts."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    placed: list[int] = []
    for start, end in zip(starts, ends, strict=True):
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (end, lane))
        placed.append(lane)
    return placed


def cells(run: Run) -> dict[str, list[Point]]:
    """The cells of each panel column: one workload of each experiment, one cell of each model."""
    chosen: dict[str, list[Point]] = {}
    for experiment, preferred in PREFERRED.items():
        timed = points(run, [experiment], "seconds")
        names = sorted(
            {each.workload for each in timed}, key=lambda name: (name not in preferred, rank(preferred, name))
        )
        largest = {each.model: each for each in timed if each.workload in names[:1]}
        if largest:
            chosen[experiment] = list(largest.values())
    return chosen


def rank(preferred: Sequence[str], name: str) -> tuple[int, str]:
    """Where the name stands among those preferred, the others by name."""
    return (preferred.index(name) if name in preferred else len(preferred), name)


def race(run: Run, cell: Point) -> Race | None:
    """The round of the cell whose time is nearest the median; None when no spans were kept."""
    typical = nearest(run, cell)
    if typical is None:
        return None
    row, spans = typical
    first = spans.head(MOST_SPANS)
    return Race(cell, tuple(first["start_s"]), tuple(first["end_s"]), float(row["seconds"]), len(spans))


def nearest(run: Run, cell: Point) -> tuple[dict[Any, Any], pd.DataFrame] | None:
    """The round nearest the median and the spans of its tasks, in the order of their starts."""
    rounds = rounds_of(run, cell)
    distance = (rounds["seconds"] - rounds["seconds"].median()).abs()
    spans = cell.spans(run)
    for row in rounds.loc[distance.sort_values(kind="stable").index].to_dict("records"):
        same = spans["block"].eq(row["block"]) & spans["round"].eq(row["round"])
        one = spans[same].sort_values(["start_s", "end_s"])
        if len(one):
            return row, one
    return None


def rounds_of(run: Run, cell: Point) -> pd.DataFrame:
    """The measured rounds of the cell."""
    rounds = cell_tables(run)[(*cell.key, False)]
    return rounds[~rounds["warmup"].astype(bool) & rounds["seconds"].notna()]


@cached_on_run
def races(run: Run) -> dict[str, dict[str, Race]]:
    """The races of each column, by model."""
    columns = {
        name: {cell.model: one for cell in column if (one := race(run, cell))} for name, column in cells(run).items()
    }
    return {name: column for name, column in columns.items() if column}
