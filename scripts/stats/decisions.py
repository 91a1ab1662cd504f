"""The verdict on a bound from one value per block: it holds, it is refuted, or inconclusive.

Never "true on average". Claims of one file are judged together (Holm).
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from scripts.stats.intervals import (
    FloatArray,
    Interval,
    finite,
    geometric_mean,
    holm,
    mean,
    positive,
    standard_error,
)


@dataclass(frozen=True)
class Bound:
    """The bound of a claim, fixed beforehand: `> 20` is `Bound(low=20, open_low=True)`, `= 0` is `Bound(0, 0)`.

    Raises ValueError when no value could ever satisfy it.
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.high or (self.low == self.high and (self.open_low or self.open_high)):
            raise ValueError(f"No value lies between {self.low:g} and {self.high:g}: the bound can never hold.")

    def contains(self, value: float) -> bool:
        """Whether `value` is inside, with open ends left out."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    @property
    def of_every_ratio(self) -> bool:
        """Whether every ratio, which is above 0, is inside."""
        return self.low <= 0 and math.isinf(self.high)

    @property
    def of_no_ratio(self) -> bool:
        """Whether no ratio is."""
        return self.high <= 0


class Verdict(enum.Enum):
    """The outcome of a claim in a run."""

    HOLDS = "holds"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Case:
    """One claim, measured: a value per block and the bound; `log` for ratios and times, not for what may be zero."""

    values: Sequence[float] | FloatArray
    bound: Bound
    log: bool = True


@dataclass(frozen=True)
class Judgement:
    """A verdict that allows for its whole claims file; `p_value` is Holm's, the interval is that of the claim alone."""

    verdict: Verdict
    interval: Interval
    p_value: float


def verdict(interval: Interval, bound: Bound) -> Verdict:
    """The verdict on one bound from one interval; for several claims, or bounds like `= 0`, use `judge`."""
    if bound.contains(interval.low) and bound.contains(interval.high):
        return Verdict.HOLDS
    below = interval.high < bound.low or (bound.open_low and interval.high == bound.low)
    above = interval.low > bound.high or (bound.open_high and interval.low == bound.high)
    return Verdict.REFUTED if below or above else Verdict.INCONCLUSIVE


def judge(cases: Sequence[Case], confidence: float = 0.95) -> list[Judgement]:
    """Verdicts on all claims of a file at once: the chance of any wrong one is at most `1 - confidence` (Holm).

    A claim holds when two one-sided tests, each at half the level, put the value inside its bound; it is refuted when
    one puts it outside. A bound like `= 0` is for exact measures such as counts: every block must show it, one
    counter-example refutes it; blocks that all agree are exact too. (Ten blocks without a lost update still allow,
    with 95 % confidence, losses in one block of four: `1 - 0.05 ** (1 / 10)`.) Raises ValueError as the intervals do.
    """
    tails = [_tails(case) for case in cases]
    adjusted = holm([min(pair) for pair in tails])
    intervals = [(geometric_mean if case.log else mean)(case.values, confidence) for case in cases]
    verdicts = [Verdict.HOLDS if inside < outside else Verdict.REFUTED for inside, outside in tails]
    return [
        Judgement(side if p <= 1 - confidence else Verdict.INCONCLUSIVE, interval, float(p))
        for side, interval, p in zip(verdicts, intervals, adjusted, strict=True)
    ]


def _tails(case: Case) -> tuple[float, float]:
    """Two-sided p-values for the value lying inside the bound and for lying outside."""
    values, bound = (positive if case.log else finite)(case.values), case.bound
    if bound.low == bound.high or np.ptp(values) == 0:
        return (0.0, 1.0) if all(bound.contains(value) for value in values) else (1.0, 0.0)
    sample = np.log(values) if case.log else values
    low, high = (_log(end) if case.log else end for end in (bound.low, bound.high))
    centre, error, freedom = sample.mean(), standard_error(sample), values.size - 1
    above, below = (centre - low) / error, (high - centre) / error
    inside = max(stdtr(freedom, -above), stdtr(freedom, -below))
    outside = min(stdtr(freedom, above), stdtr(freedom, below))
    return min(1.0, 2 * float(inside)), min(1.0, 2 * float(outside))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
