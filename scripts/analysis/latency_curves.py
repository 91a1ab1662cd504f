"""Within what time each share of a cell's tasks is done: one value per block for each share, and its interval.

Rejected: pooling the tasks of all blocks, whose intervals would be far too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.load.quantiles import shows_quantile
from scripts.analysis.points import Point, Run, by_model, cached_on_run, points
from scripts.stats.intervals import FloatArray
from scripts.tables.summary import summary_for

EXPERIMENTS = ("network", "io")  # the first that was measured
WORKLOADS = ("wire", "http")
AT_ONCE = 50  # or the nearest that was measured
SHARES = np.round(np.arange(0.01, 1.0, 0.01), 2)


@dataclass(frozen=True)
class Curve:
    """The time within which each share of a cell's tasks is done, with its interval over blocks."""

    cell: Point
    each_block: int  # tasks that a block timed
    value: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def marked(self) -> list[float]:
        """The shares that get a marker and a number: the highest for which there are tasks enough."""
        top = next((share for share in (0.99, 0.95, 0.9) if shows_quantile(self.each_block, share)), 0.9)
        return [0.5, top]

    def at(self, share: float) -> Point:
        """The value of a share as a point, so that it is written like any other."""
        place = int(np.searchsorted(SHARES, share))
        value, low, high = (float(each[place]) for each in (self.value, self.low, self.high))
        return replace(self.cell, value=value, low=low, high=high, limit=self.cell.wait_s)


@cached_on_run
def curves(run: Run) -> dict[str, list[Curve]]:
    """The curves of each workload, in the order of models."""
    for experiment in EXPERIMENTS:
        cells = [each for each in points(run, [experiment], "seconds") if each.workload in WORKLOADS]
        by_workload = {name: by_workload for name in WORKLOADS if (by_workload := of_workload(run, cells, name))}
        if by_workload:
            return by_workload
    return {}


def of_workload(run: Run, all_cells: Sequence[Point], workload: str) -> list[Curve]:
    """One curve for each model, at the concurrency nearest to AT_ONCE that it was measured at."""
    chosen = {}
    for model, cells in by_model(each for each in all_cells if each.workload == workload).items():
        chosen[model] = min(cells, key=lambda each: (each.model == "sequential", abs(each.concurrency - AT_ONCE)))
    return [curve for cell in chosen.values() if (curve := of_cell(run, cell))]


def of_cell(run: Run, cell: Point) -> Curve | None:
    """The curve of a cell; None when no spans were kept."""
    spans = cell.spans(run)
    if spans.empty:
        return None
    durations_s = (spans["end_s"] - spans["start_s"]).to_numpy()
    order = np.argsort(spans["block"].to_numpy(), kind="stable")
    blocks = np.split(durations_s[order], np.unique(spans["block"].to_numpy()[order], return_index=True)[1][1:])
    quantiles = np.array([np.quantile(block, SHARES, method="inverted_cdf") for block in blocks])
    quantiles = np.maximum(quantiles, 1e-6)  # the clock of a span
    summary = summary_for(ranges_only=run.ranges_only or len(blocks) < 2)
    value, low, high = np.array([summary(column) for column in quantiles.T]).T
    return Curve(cell, min(map(len, blocks)), value, low, high)
