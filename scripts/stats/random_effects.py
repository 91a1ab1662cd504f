"""Machines as the units: a random-effects mean, an interval for the next machine, and what tells machines apart.

Each machine gives one effect (the log of a ratio) and its variance within the machine. The spread between machines is
estimated by Paule and Mandel's method (J. Res. NBS 87, 1982), the mean has Hartung and Knapp's interval (Stat. Med. 20,
2001), and the prediction interval for the next machine is Higgins, Thompson and Spiegelhalter's (JRSS A 172, 2009).

What tells machines apart is looked for among many splits of the machines and many claims. All are judged together by
permuting the machines and comparing with the largest statistic of each permutation (Westfall and Young, 1993): the
chance of naming any split where there is none stays at the level, whatever the splits share.

Rejected: DerSimonian and Laird's interval, which is too narrow for fewer than some twenty machines; Bonferroni over
splits, which share most of their machines; a logistic regression on verdicts, which twelve machines cannot carry.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import stdtrit

from scripts.stats.intervals import FloatArray

PERMUTATIONS = 999  # the smallest p-value is then 0.001, a fiftieth of the level
LEVEL = 0.05
LEAST_SIDE = 2  # machines on each side of a split: one machine tells nothing of its kind
# Degrees of freedom that the variance of a split borrows from all claims: one that is small by chance would
# otherwise decide (Smyth, Stat. Appl. Genet. Mol. Biol. 3, 2004).
BORROWED = 6
SEED = 20  # of the permutations: the same shares give the same page


@dataclass(frozen=True)
class Pooled:
    """The mean effect over machines and its interval; the interval for the next machine; spreads, all on one scale."""

    estimate: float
    low: float
    high: float
    next_low: float
    next_high: float
    between: float  # standard deviation between machines
    within: float  # typical standard error within a machine
    machines: int


def pool(effects: ArrayLike, variances: ArrayLike) -> Pooled:
    """Random-effects summary of one effect per machine, shapes (machines,).

    Raises ValueError for fewer than 3 machines, or for a value that is not finite.
    """
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if y.size < 3 or y.shape != v.shape:
        raise ValueError(f"A summary over machines needs at least 3 of them, not {y.size}.")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v >= 0).all()):
        raise ValueError("An effect or a variance is not a finite number.")
    v = np.maximum(v, 1e-12)
    between = paule_mandel(y, v)
    weights = 1 / (v + between)
    centre = float((weights * y).sum() / weights.sum())
    scatter = float((weights * (y - centre) ** 2).sum() / (y.size - 1))
    error2 = max(scatter, 1.0) / float(weights.sum())
    quantile = float(stdtrit(y.size - 1, 0.975))
    typical = math.sqrt(float(np.median(v)))
    half, reach = quantile * math.sqrt(error2), quantile * math.sqrt(between + typical**2 + error2)
    return Pooled(
        centre, centre - half, centre + half, centre - reach, centre + reach, math.sqrt(between), typical, y.size
    )


def paule_mandel(effects: FloatArray, variances: FloatArray) -> float:
    """The variance between machines at which the weighted scatter is what chance gives; 0 where it is less already."""

    def excess(between: float) -> float:
        weights = 1 / (variances + between)
        centre = (weights * effects).sum() / weights.sum()
        return float((weights * (effects - centre) ** 2).sum() - (effects.size - 1))

    top = float(np.var(effects, ddof=1)) * effects.size + 1e-9
    return 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, top))


@dataclass(frozen=True)
class Moderator:
    """A split that tells machines apart for a claim: column and split by index, and the adjusted p-value."""

    claim: int
    split: int
    p_value: float
    difference: float  # mean effect inside the split minus outside

    @property
    def direction(self) -> str:
        """How the effect is inside the split: the split is established on both sides, so its sign is."""
        return "larger" if self.difference > 0 else "smaller"


def moderators(effects: FloatArray, splits: NDArray[np.bool_], permutations: int = PERMUTATIONS) -> list[Moderator]:
    """For each claim the split that tells machines apart most, where that is established at LEVEL over all looks.

    `effects` has shape (machines, claims), NaN where a machine has no value; `splits` has shape (splits, machines).
    """
    if not splits.size or effects.shape[0] < 2 * LEAST_SIDE:
        return []
    rng, sums, inside = np.random.default_rng(SEED), Sums.of(effects), splits.astype(np.float64)
    observed, difference = sums.split_t(inside)
    shuffled = (inside[:, rng.permutation(len(effects))] for _ in range(permutations))
    largest = np.array([sums.split_t(one)[0].max() for one in shuffled])
    best = observed.argmax(axis=0)
    peaks = observed[best, np.arange(effects.shape[1])]
    p_values = (1 + (largest[:, None] >= peaks - 1e-9).sum(axis=0)) / (permutations + 1)
    return [
        Moderator(claim, int(best[claim]), float(p), float(difference[best[claim], claim]))
        for claim, p in enumerate(p_values)
        if p <= LEVEL and peaks[claim] > 0
    ]


@dataclass(frozen=True)
class Sums:
    """The sums behind every t, computed once for all permutations: shapes (machines, claims) or (claims,)."""

    present: FloatArray
    values: FloatArray
    n: FloatArray
    total: FloatArray
    total_squares: FloatArray
    typical: float  # variance of a claim: the median over claims

    @classmethod
    def of(cls, effects: FloatArray) -> "Sums":
        """The sums of effects with NaN where a machine has no value."""
        present = np.isfinite(effects)
        values = np.where(present, effects, 0.0)
        squares, n = values**2, present.sum(axis=0).astype(np.float64)
        spread = squares.sum(axis=0) - values.sum(axis=0) ** 2 / np.maximum(n, 1)
        typical = float(np.median(spread / np.maximum(n - 1, 1)))
        return cls(present.astype(np.float64), values, n, values.sum(axis=0), squares.sum(axis=0), typical)

    def split_t(self, inside: FloatArray) -> tuple[FloatArray, FloatArray]:
        """|t| of each split for each claim, shape (splits, claims), 0 where a side is too small; the differences."""
        n_in, sum_in = inside @ self.present, inside @ self.values
        n_out, sum_out = self.n - n_in, self.total - sum_in
        usable = (n_in >= LEAST_SIDE) & (n_out >= LEAST_SIDE)
        n_in, n_out = np.maximum(n_in, 1), np.maximum(n_out, 1)
        scatter = self.total_squares - sum_in**2 / n_in - sum_out**2 / n_out
        variance = (np.maximum(scatter, 0) + BORROWED * self.typical) / (n_in + n_out - 2 + BORROWED)
        difference = sum_in / n_in - sum_out / n_out
        error = np.sqrt(np.maximum(variance, 1e-12) * (1 / n_in + 1 / n_out))
        return np.where(usable, np.abs(difference) / error, 0.0), difference


def numeric_splits(values: Sequence[float]) -> list[tuple[float, NDArray[np.bool_]]]:
    """Each threshold between two distinct values, and which machines lie above it."""
    array = np.asarray(values, dtype=np.float64)
    distinct = sorted({value for value in array if math.isfinite(value)})
    return [((low + high) / 2, array > (low + high) / 2) for low, high in pairwise(distinct)]
