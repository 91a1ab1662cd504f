"""The concurrency from which on asyncio beats threads: with its interval, or that there is none up to the largest size.

At each size the blocks give a ratio, threads over asyncio, with an interval; between two sizes the estimate and both
ends are drawn as straight lines over the logarithm of the concurrency. asyncio wins from where the estimate last rises
above 1. The ends of the interval are where the upper and the lower line do, so it holds every concurrency at which the
run says neither. Rejected: a crossing in every block (half of the blocks may have none, and leaving them out lies).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scripts.analysis.evidence import Measure, evidence
from scripts.stats.intervals import Interval
from scripts.tables.load import Run

EXPERIMENTS = ("network", "scaling")  # the first that a run has
NEVER = math.inf


@dataclass(frozen=True)
class Crossover:
    """Where asyncio starts to win with a workload: `NEVER` for an end that lies beyond the largest size measured."""

    experiment: str
    workload: str
    sizes: tuple[int, ...]
    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        least, most = self.sizes[0], self.sizes[-1]
        start = f"With `{self.workload}`, that asyncio beats threads was "
        if self.high == NEVER:
            return f"{start}not found up to {most:,} at once."
        if self.high <= least:
            return f"{start}established at every size from {least:,} at once on."
        low = "fewer than " + f"{least:,}" if self.low <= least else f"{self.low:,.0f}"
        estimate = f"fewer than {least:,}" if self.estimate <= least else f"about {self.estimate:,.0f}"
        high = f"{math.ceil(self.high):,}"
        return f"{start}established from {high} at once on; it begins at {estimate} (95 % interval {low} to {high})."


def crossover(sizes: Sequence[int], ratios: Sequence[Interval]) -> tuple[float, float, float]:
    """Estimate, low and high of the concurrency from which on the ratio is above 1."""
    curves = ([each.estimate for each in ratios], [each.high for each in ratios], [each.low for each in ratios])
    estimate, low, high = (last_rise(sizes, curve) for curve in curves)
    return estimate, low, high


def last_rise(sizes: Sequence[int], curve: Sequence[float]) -> float:
    """Where the curve last rises above 1: NEVER where it ends below, the first size where it never is below."""
    if curve[-1] <= 1:
        return NEVER
    found = float(sizes[0])
    for (left, before), (right, after) in pairwise(zip(sizes, curve, strict=True)):
        if before <= 1 < after:
            part = -math.log(before) / (math.log(after) - math.log(before))
            found = math.exp(math.log(left) + part * (math.log(right) - math.log(left)))
    return found


def crossovers(run: Run) -> list[Crossover]:
    """One for each workload of the first experiment that the run has threads and asyncio of, at three sizes or more."""
    rounds = run.rounds
    for experiment in EXPERIMENTS:
        here = rounds[(rounds["experiment"] == experiment) & rounds["model"].isin(["threads", "asyncio"])]
        found = [one for name in sorted(set(here["workload"])) if (one := of_workload(run, experiment, name))]
        if found:
            return found
    return []


def of_workload(run: Run, experiment: str, workload: str) -> Crossover | None:
    """The crossover of one workload; None where fewer than three sizes have an interval."""
    rounds, ratios = run.rounds, dict[int, Interval]()
    same = rounds[(rounds["experiment"] == experiment) & (rounds["workload"] == workload)]
    for size in sorted(set(same["concurrency"])):
        cells = [f"{experiment}/{workload}/{model}/c{size}" for model in ("threads", "asyncio")]
        if interval := evidence(run, Measure(cells[0], over=cells[1])).interval:
            ratios[int(size)] = interval
    if len(ratios) < 3 or run.ranges_only:
        return None
    return Crossover(experiment, workload, tuple(ratios), *crossover(list(ratios), list(ratios.values())))
