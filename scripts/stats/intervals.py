"""How sure a run makes us: arrays of one value per block in, frozen dataclasses out, no I/O.

The unit is the block, a fresh interpreter. Rounds of one block share its memory layout and the machine's mood, so
pooling them counts the same luck twice; here a block gives one value, the median of its rounds. What two cells of a
block share (drift, frequency, a noisy neighbour) cancels in the log of their ratio, and a t-interval over the logs is
the whole method. The log makes `a/b` and `b/a` the same statement, and halving as far from 1 as doubling.

References: Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013 (the unit is the highest level
that repeats); Georges, Buytaert & Eeckhout, OOPSLA 2007 (t-intervals over invocations); Holm, Scand. J. Stat. 6, 1979;
Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987 (two one-sided tests).

Rejected: pooled rounds and the percentile bootstrap, which miss the truth far more often than they say at 6 to 20
blocks (tests/scripts/stats/test_validity.py); best-of-n, which has no interval; "mean ± sd", which is not one.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, stdtr, stdtrit

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
        """Whether `value` lies in the interval, ends included."""
        return self.low <= value <= self.high

    def excludes(self, value: float) -> bool:
        """Whether `value` lies outside the interval."""
        return not self.contains(value)

    @property
    def inverse(self) -> "Interval":
        """The interval of the inverse ratio."""
        return replace(self, estimate=1 / self.estimate, low=1 / self.high, high=1 / self.low)

    def __str__(self) -> str:
        width = self.high - self.low
        if not (0 < width < math.inf):
            return f"{self.estimate:.4g} [{self.low:.4g}, {self.high:.4g}]"
        places = max(0, 1 - math.floor(math.log10(width)))  # two digits of the width: more would be noise
        return f"{self.estimate:.{places}f} [{self.low:.{places}f}, {self.high:.{places}f}]"


@dataclass(frozen=True)
class Spread:
    """How much a cell's value differs from run to run: the standard deviation of its log, and how sure that is."""

    sd: float
    freedom: float = math.inf  # degrees of freedom; infinite where it is assumed


@dataclass(frozen=True)
class NoiseFloor:
    """How far apart identical cells come out, as a factor less 1 (0.03 is 3 % either way), with its interval.

    `controls` is the number of A/A controls that it comes from; 0 where it was not measured but assumed.
    """

    value: float
    low: float
    high: float
    controls: int


class Limits(NamedTuple):
    """Arrays of shape (...): one t-interval and two-sided p-value (against 0) per sample."""

    centre: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


def mean(values_by_block: ArrayLike, confidence: float = 0.95) -> Interval:
    """Mean of what may be zero or negative (lost updates, differences), shape (blocks,), in its own unit.

    Raises ValueError for fewer than 2 blocks or a value that is not finite.
    """
    values = finite(values_by_block)
    centre, low, high, p_value = (float(limit) for limit in t_limits(values, _share(confidence)))
    return Interval(centre, low, high, values.size, confidence, p_value)


def geometric_mean(values_by_block: ArrayLike, confidence: float = 0.95) -> Interval:
    """Typical value of a positive measure (seconds, bytes), shape (blocks,), in its own unit: for skewed data.

    Raises ValueError for fewer than 2 blocks or a value that is not finite and positive.
    """
    return _exponentiated(mean(np.log(positive(values_by_block)), confidence))


def unpaired_ratio(
    numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95, *, spread: Spread | None = None
) -> Interval:
    """The ratio of values that share nothing, shapes (n_a,) and (n_b,): two runs, perhaps two machines.

    Welch's interval for the difference of mean logs (Biometrika 34, 1947), with Satterthwaite's degrees of freedom.
    Of blocks of single runs `spread` adds what differs from run to run, which the blocks of one run do not show.
    Raises ValueError as `geometric_mean` does.
    """
    top, bottom = np.log(positive(numerator)), np.log(positive(denominator))
    squares = [float(standard_error(logs)) ** 2 for logs in (top, bottom)]
    freedoms: list[float] = [top.size - 1, bottom.size - 1]
    if spread:
        squares, freedoms = [*squares, 2 * spread.sd**2], [*freedoms, spread.freedom]
    return _welch(top, bottom, squares, freedoms, confidence)


def runs_ratio(numerator: ArrayLike, denominator: ArrayLike, spread: Spread, confidence: float = 0.95) -> Interval:
    """The ratio of whole runs, shapes (runs_a,) and (runs_b,), with the `spread` from run to run of all cells."""
    top, bottom = np.log(positive(numerator)), np.log(positive(denominator))
    square = spread.sd**2 * (1 / top.size + 1 / bottom.size)
    return _welch(top, bottom, [square], [spread.freedom], confidence)


def pooled_spread(groups: Iterable[ArrayLike]) -> Spread | None:
    """The spread from run to run of the logs of values, each of shape (runs,); None where no cell has two runs."""
    logs = [np.log(positive(group)) for group in groups]
    freedom = sum(values.size - 1 for values in logs)
    square = sum(float(values.var(ddof=1)) * (values.size - 1) for values in logs)
    return Spread(math.sqrt(square / freedom), freedom) if freedom else None


def _welch(
    top: FloatArray, bottom: FloatArray, squares: Sequence[float], freedoms: Sequence[float], confidence: float
) -> Interval:
    error = math.sqrt(sum(squares))
    parts = sum(square**2 / freedom for square, freedom in zip(squares, freedoms, strict=True))
    freedom = sum(squares) ** 2 / parts if parts else math.inf
    centre = float(top.mean() - bottom.mean())
    half = float(stdtrit(freedom, (1 + _share(confidence)) / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(_t(np.asarray(centre), np.asarray(error)))))
    blocks = min(top.size, bottom.size)
    return _exponentiated(Interval(centre, centre - half, centre + half, blocks, confidence, p_value))


def t_limits(values: FloatArray, confidence: float = 0.95) -> Limits:
    """Student's interval for the mean over the last axis: (..., blocks) to (...). Simulations run this very code."""
    n = values.shape[-1]
    centre, error = values.mean(axis=-1), standard_error(values)
    half = stdtrit(n - 1, (1 + confidence) / 2) * error
    return Limits(centre, centre - half, centre + half, 2 * stdtr(n - 1, -np.abs(_t(centre, error))))


def holm(p_values: ArrayLike) -> FloatArray:
    """p-values adjusted so that the chance of any false finding among them all, shape (tests,), stays at the level."""
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raw[order] * np.arange(raw.size, 0, -1)))
    return adjusted


def noise_floor(controls: Sequence[FloatArray]) -> NoiseFloor:
    """The noise floor that A/A controls of one kind show together, each an array of block ratios (blocks,).

    The root mean square of the controls' estimates, but no less than the standard error that all their blocks give:
    the estimate of one pair alone is a lottery (it may come out at a tenth of what it is usually). It is of the size
    of an estimate's scatter, not of an interval's end: `conclude` asks that the whole other interval clears it, so
    ends would count the scatter twice. Where the controls lie no farther apart than their blocks explain, all blocks
    tell how sure it is; otherwise only the number of controls does. Raises ValueError without controls.
    """
    if not controls:
        raise ValueError("No A/A control was measured, so the noise floor is unknown.")
    logs = [np.log(positive(control)) for control in controls]
    squares = float(np.mean([values.mean() ** 2 for values in logs]))
    freedom = sum(values.size - 1 for values in logs)
    within = sum(float(standard_error(values)) ** 2 * (values.size - 1) for values in logs) / freedom
    freedom = len(logs) if squares > 4 * within else freedom  # beyond twice the standard error an offset is real
    square = max(squares, within)
    low, high = (square * freedom / float(chdtri(freedom, tail)) for tail in (0.025, 0.975))
    value, low, high = (math.expm1(math.sqrt(each)) for each in (square, low, high))
    return NoiseFloor(value, low, high, len(logs))


def value_range(values: ArrayLike) -> tuple[float, float, float]:
    """Median, smallest and largest of values of shape (n,): what `make quick` prints, which gives no verdicts."""
    array = np.asarray(values, dtype=np.float64)
    return float(np.median(array)), float(array.min()), float(array.max())


def standard_error(values: FloatArray) -> FloatArray:
    """The standard error of the mean over the last axis: (..., blocks) to (...)."""
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


def finite(values: ArrayLike) -> FloatArray:
    """The values as an array; ValueError unless they are numbers, one for each of two or more blocks."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size < 2:
        raise ValueError(f"An interval needs one value per block and at least 2 blocks, not shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError("A block gave a value that is not a finite number: it is not a result.")
    return array


def positive(values: ArrayLike) -> FloatArray:
    """The values as an array. ValueError as `finite`, or where one is not above zero."""
    array = finite(values)
    if not (array > 0).all():
        raise ValueError(f"A ratio or geometric mean needs positive values, not {array.min():g}; use mean().")
    return array
