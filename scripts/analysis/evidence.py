"""The evidence of a run for a measure: the rounds of its cells, and one value a turn, paired for a ratio."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scripts.analysis.points import Run, cached_on_run
from scripts.stats.intervals import Interval, geometric_mean, mean, value_range
from scripts.tables.load import FEW_BLOCKS
from scripts.tables.summary import by_turn, in_common

# Metrics with these words in them are positive and skewed, and are judged on the log scale; counts and shares are not.
POSITIVE = re.compile("(seconds|_bytes|bytes_per_task|per_second)$|speedup")


@dataclass(frozen=True)
class Measure:
    """A measure: a metric of the cell `of`, or its ratio to one of the cell `over`."""

    of: str
    metric: str = "seconds"
    over: str = ""
    over_metric: str = ""

    @property
    def cells(self) -> list[str]:
        """The references of the cells that it needs."""
        return list(dict.fromkeys(filter(None, (self.of, self.over))))


@dataclass(frozen=True)
class Evidence:
    """One value for each turn that has it, and the rounds that they come from; `log` where the values are positive."""

    values: pd.Series  # indexed by turn: a block, or one of each interpreter
    sides: tuple[pd.DataFrame, ...]  # the rounds of each cell
    log: bool

    @property
    def rounds(self) -> pd.DataFrame:
        """The rounds of all cells together."""
        return pd.concat(self.sides)

    @property
    def blocks(self) -> int:
        """In how many blocks every side was measured, and both were, unless whole runs are paired."""
        counts = [side["block"].nunique() for side in self.sides]
        paired = [len(self.values)] if all("repeat" not in side for side in self.sides) else []
        return min([*counts, *paired], default=0)

    @property
    def ranges_only(self) -> bool:
        """Whether the blocks are too few for an interval and a verdict."""
        return self.blocks < FEW_BLOCKS

    @property
    def ends(self) -> tuple[float, float, float] | None:
        """Estimate, low and high as they are shown: of the interval, or the range where the blocks are too few."""
        if not self.interval or self.ranges_only:
            return value_range(self.values) if self.interval else None
        return self.interval.estimate, self.interval.low, self.interval.high

    @cached_property
    def interval(self) -> Interval | None:
        """The 95 % CI of the values; None when they are too few, or one is zero where `log` is set."""
        try:
            return (geometric_mean if self.log else mean)(self.values.to_numpy(dtype=np.float64))
        except ValueError:
            return None


@cached_on_run
def names(run: Run) -> list[pd.Series]:
    """The names of each round's cell: experiment, workload, model, size, share of computing; shapes (rounds,)."""
    rounds = run.rounds
    share = 100 * rounds["compute_seconds"] / (rounds["wait_seconds"] + rounds["compute_seconds"])
    columns = [
        rounds["experiment"],
        rounds["workload"],
        rounds["model"],
        "c" + rounds["concurrency"].astype(str),
        ("cpu" + share.round().astype("Int64").astype(str)).where(rounds["workload"] == "mixed"),
    ]
    return [column.astype("category") for column in columns]


@cached_on_run
def cell_rounds(run: Run, reference: str) -> pd.DataFrame:
    """The rounds of the cell that has all the names of the reference; empty when the run has no such cell, or several.

    By the names that stand in the run, not by the cells of this version on this machine: sizes that follow the number
    of cores differ from one machine to the next.
    """
    rounds = run.rounds
    mask = ~rounds["twin"].astype(bool)
    for name in reference.split("/"):
        mask &= np.logical_or.reduce([column.eq(name).fillna(False) for column in names(run)])
    matching = rounds[mask]
    cells = matching[["experiment", "workload", "model", "concurrency", "tasks", "compute_seconds"]].drop_duplicates()
    return pd.DataFrame(matching if len(cells) == 1 else matching.iloc[:0])


def metric_by_turn(run: Run, rounds: pd.DataFrame, metric: str) -> pd.Series:
    """The metric's median in each turn; empty where the rounds do not have it."""
    if metric == "tasks_per_second" and len(rounds):
        return by_turn(run, rounds, "seconds").rdiv(rounds["tasks"].iloc[0])
    return by_turn(run, rounds, metric) if metric in rounds else pd.Series(dtype=float)


def evidence(run: Run, measure: Measure, *, over: Run | None = None, per_capacity: bool = False) -> Evidence:
    """The evidence of a run for a measure: paired turn by turn for a ratio, relative to the capacity if `per_capacity`.

    What the ratio is over comes from the interpreter `over`, where the two sides are not one.
    """
    sides = [cell_rounds(run, measure.of)]
    values = metric_by_turn(run, sides[0], measure.metric)
    if measure.over:
        sides.append(cell_rounds(over or run, measure.over))
        one, two = in_common(*sides)
        values = metric_by_turn(run, one, measure.metric)
        values = values / metric_by_turn(run, two, measure.over_metric or measure.metric)
    if per_capacity:
        values = values / metric_by_turn(run, pd.concat(sides), "parallel_capacity")
    return Evidence(values.dropna(), tuple(sides), bool(measure.over) or bool(POSITIVE.search(measure.metric)))
