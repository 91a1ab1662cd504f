"""How sure a run makes us: arrays of one value per block in, frozen dataclasses out, no I/O.

The unit is the block, a fresh interpreter. Rounds of one block share its memory layout and the machine's mood, so
pooling them counts the same luck twice; here a block gives one value, the median of its rounds. What two cells of a
block share (drift, frequency, a noisy neighbour) cancels in the log of their ratio, and a t-interval over the logs is
the whole method. The log makes `a/b` and `b/a` the same statement, and halving as far from 1 as doubling.

References: Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013 (the unit is the highest level
that repeats); Georges, Buytaert & Eeckhout, OOPSLA 2007 (t-intervals over invocations); Hodges & Lehmann, Ann. Math.
Stat. 34, 1963; Holm, Scand. J. Stat. 6, 1979; Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987 (two one-sided tests).

Rejected: pooled rounds and the percentile bootstrap, which miss the truth far more often than they say at 6 to 20
blocks (`tests/scripts/test_validity.py` shows it); best-of-n, which has no interval; "mean ± sd", which is not one.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate from `n` blocks, its interval, and the two-sided p-value against ratio 1 (or difference 0)."""

    estimate: float
    low: float
    high: float
    n: int
    confidence: float
    p_value: float

    def contains(self, value: float) -> bool:
        """Whether `value` is among those that the data do not speak against."""
        return self.low <= value <= self.high

    def excludes(self, value: float) -> bool:
        """Whether the data speak against `value`."""
        return not self.contains(value)

    def __str__(self) -> str:
        width = self.high - self.low
        if not (0 < width < math.inf):
            return f"{self.estimate:.4g} [{self.low:.4g}, {self.high:.4g}]"
        places = max(0, 1 - math.floor(math.log10(width)))  # two digits of the width: more would be noise
        return f"{self.estimate:.{places}f} [{self.low:.{places}f}, {self.high:.{places}f}]"


class Limits(NamedTuple):
    """Arrays of shape (...): one t-interval and two-sided p-value (against 0) per sample."""

    centre: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


def block_medians(rounds: ArrayLike) -> FloatArray:
    """One value per block, shape (..., blocks), from that of each of its rounds, shape (..., blocks, rounds)."""
    return np.median(np.asarray(rounds, dtype=np.float64), axis=-1)


def block_ratios(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """The ratio within each block, shape (blocks,): what the blocks share cancels. Errors as in `paired_ratio`."""
    top, bottom = _positive(numerator), _positive(denominator)
    if top.shape != bottom.shape:
        raise ValueError(f"A paired ratio needs the same blocks on both sides, not {top.size} and {bottom.size}.")
    return top / bottom


def mean(values_by_block: ArrayLike, confidence: float = 0.95) -> Interval:
    """Mean of what may be zero or negative (lost updates, differences), shape (blocks,), in its own unit.

    Raises ValueError for fewer than 2 blocks or a value that is not finite.
    """
    values = _finite(values_by_block)
    centre, low, high, p_value = (float(limit) for limit in t_limits(values, _share(confidence)))
    return Interval(centre, low, high, values.size, confidence, p_value)


def geometric_mean(values_by_block: ArrayLike, confidence: float = 0.95) -> Interval:
    """Typical value of a positive measure (seconds, bytes), shape (blocks,), in its own unit: for skewed data.

    Raises ValueError for fewer than 2 blocks or a value that is not finite and positive.
    """
    return _exponentiated(mean(np.log(_positive(values_by_block)), confidence))


def paired_ratio(numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> Interval:
    """How many times the numerator is of the denominator; each of shape (blocks,), same unit, same order of blocks.

    Raises ValueError for fewer than 2 blocks, unequal lengths, or a value that is not finite and positive.
    """
    return geometric_mean(block_ratios(numerator, denominator), confidence)


def hodges_lehmann_ratio(numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> Interval:
    """Second opinion on `paired_ratio`, which one wild block hardly moves: shapes and errors are the same.

    The median of the Walsh averages of the log-ratios, with the interval of the exact signed-rank test. Being a
    rank test it keeps at least `confidence`, and with fewer than 6 blocks no finite interval reaches 95 %.
    """
    logs = np.log(block_ratios(numerator, denominator))
    first, second = np.triu_indices(logs.size)
    walsh = np.sort(np.round((logs[first] + logs[second]) / 2, 12))  # beyond 12 digits is rounding: those are ties
    tail = _signed_rank_cdf(logs.size)
    cut = int(np.searchsorted(tail, (1 - _share(confidence)) / 2, side="right"))
    padded = np.concatenate(([-np.inf], walsh, [np.inf]))
    p_value = min(1.0, 2 * float(tail[min((walsh >= 0).sum(), (walsh <= 0).sum())]))
    low, high = float(padded[cut]), float(padded[-1 - cut])
    return _exponentiated(Interval(float(np.median(walsh)), low, high, logs.size, confidence, p_value))


def t_limits(values: FloatArray, confidence: float = 0.95) -> Limits:
    """Student's interval for the mean over the last axis: (..., blocks) to (...). Simulations run this very code."""
    n = values.shape[-1]
    centre, error = values.mean(axis=-1), _standard_error(values)
    half = stdtrit(n - 1, (1 + confidence) / 2) * error
    return Limits(centre, centre - half, centre + half, 2 * stdtr(n - 1, -np.abs(_t(centre, error))))


def holm(p_values: ArrayLike) -> FloatArray:
    """p-values adjusted so that the chance of any false finding among them all, shape (tests,), stays at the level."""
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raw[order] * np.arange(raw.size, 0, -1)))
    return adjusted


def noise_floor(twin_ratios: Sequence[Interval]) -> float:
    """The farthest from 1 that the estimate of any identical pair came, as a factor less 1: 0.03 is 3 % either way.

    Estimates, not the ends of their intervals: `compare` asks that the whole other interval clears the floor, so the
    ends would count the scatter twice (in simulation a true 5 % was then found in 43 % of calm sessions, not in 95 %).
    Raises ValueError without twins: an unmeasured floor is not a floor of zero.
    """
    if not twin_ratios:
        raise ValueError("No identical twins were measured, so the noise floor is unknown.")
    return max(max(twin.estimate, 1 / twin.estimate) for twin in twin_ratios) - 1


def quantile_enough(n: int, q: float, confidence: float = 0.95) -> bool:
    """Whether `n` tasks show the quantile `q` at all: p99 needs 299.

    All n stay below the true quantile with chance q**n. Until that is under 5 %, not even the slowest task is known
    to reach it, and no order statistic bounds it from above (David & Nagaraja, "Order Statistics", 2003, 7.1).
    """
    return q**n <= 1 - confidence


def ecdf(values: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The values of shape (n,) sorted, and the share of all at or below each: nothing binned, nothing smoothed."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return ordered, np.arange(1, ordered.size + 1) / ordered.size


def value_range(values: ArrayLike) -> tuple[float, float, float]:
    """Median, smallest and largest of values of shape (n,): what `make quick` prints, which gives no verdicts."""
    array = np.asarray(values, dtype=np.float64)
    return float(np.median(array)), float(array.min()), float(array.max())


def _signed_rank_cdf(n: int) -> FloatArray:
    """P(W <= w) of Wilcoxon's signed-rank sum for w = 0 ... n(n+1)/2: each rank is added or not, at even odds."""
    density = np.ones(1)
    for rank in range(1, n + 1):
        density = (np.pad(density, (0, rank)) + np.pad(density, (rank, 0))) / 2
    return np.cumsum(density)


def _standard_error(values: FloatArray) -> FloatArray:
    return np.asarray(values.std(axis=-1, ddof=1) / math.sqrt(values.shape[-1]))


def _t(distance: FloatArray, error: FloatArray) -> FloatArray:
    """Student's t; without any scatter a distance is infinitely many errors, and no distance is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(distance == 0, 0.0, distance / error)


def _exponentiated(logs: Interval) -> Interval:
    with np.errstate(over="ignore"):  # two wild blocks can leave it open upwards: infinity is the right end
        low, estimate, high = (float(np.exp(x)) for x in (logs.low, logs.estimate, logs.high))
    return Interval(estimate, low, high, logs.n, logs.confidence, logs.p_value)


def _share(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"A confidence is a share between 0 and 1, not {confidence:g}.")
    return confidence


def _finite(values: ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size < 2:
        raise ValueError(f"An interval needs one value per block and at least 2 blocks, not shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError("A block gave a value that is not a finite number: it is not a result.")
    return array


def _positive(values: ArrayLike) -> FloatArray:
    array = _finite(values)
    if not (array > 0).all():
        raise ValueError(f"A ratio or geometric mean needs positive values, not {array.min():g}; use mean().")
    return array


@dataclass(frozen=True)
class Bound:
    """What a claim says of a value, fixed beforehand: `> 20` is `Bound(low=20, open_low=True)`, `= 0` is `Bound(0, 0)`.

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


class Verdict(enum.Enum):
    """What a run says of a claim."""

    HOLDS = "holds"
    REFUTED = "refuted"
    NOT_ESTABLISHED = "not established"


class Comparison(enum.Enum):
    """What two cells, or two runs of one, say of each other."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"
    NOT_ESTABLISHED = "not established"


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
    """What one interval says of one bound; for a claims file, and for bounds like `= 0`, use `judge`."""
    if bound.contains(interval.low) and bound.contains(interval.high):
        return Verdict.HOLDS
    below = interval.high < bound.low or (bound.open_low and interval.high == bound.low)
    above = interval.low > bound.high or (bound.open_high and interval.low == bound.high)
    return Verdict.REFUTED if below or above else Verdict.NOT_ESTABLISHED


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
    found = [Verdict.HOLDS if inside < outside else Verdict.REFUTED for inside, outside in tails]
    return [
        Judgement(side if p <= 1 - confidence else Verdict.NOT_ESTABLISHED, interval, float(p))
        for side, interval, p in zip(found, intervals, adjusted, strict=True)
    ]


def compare(ratio: Interval, margin: float, noise_floor: float = 0.0, p_value: float | None = None) -> Comparison:
    """What a ratio of seconds, new over old, says. `margin` and `noise_floor` are factors less 1: 0.05 is 5 %.

    "Same" when the whole interval is inside the margin, whatever side of 1 it is on: the margin says what is too
    small to matter. A difference must lie wholly outside the noise floor. Among many comparisons give Holm's `p_value`.
    """
    p_value = ratio.p_value if p_value is None else p_value
    if 1 / (1 + margin) <= ratio.low and ratio.high <= 1 + margin:
        return Comparison.SAME
    if p_value <= 1 - ratio.confidence and ratio.high < 1 / (1 + noise_floor):
        return Comparison.FASTER
    if p_value <= 1 - ratio.confidence and ratio.low > 1 + noise_floor:
        return Comparison.SLOWER
    return Comparison.NOT_ESTABLISHED


def _tails(case: Case) -> tuple[float, float]:
    """Two-sided p-values for the value lying inside the bound and for lying outside."""
    values, bound = (_positive if case.log else _finite)(case.values), case.bound
    if bound.low == bound.high or np.ptp(values) == 0:
        return (0.0, 1.0) if all(bound.contains(value) for value in values) else (1.0, 0.0)
    sample = np.log(values) if case.log else values
    low, high = (_log(end) if case.log else end for end in (bound.low, bound.high))
    centre, error, freedom = sample.mean(), _standard_error(sample), values.size - 1
    above, below = (centre - low) / error, (high - centre) / error
    inside = max(stdtr(freedom, -above), stdtr(freedom, -below))
    outside = min(stdtr(freedom, above), stdtr(freedom, below))
    return min(1.0, 2 * float(inside)), min(1.0, 2 * float(outside))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
