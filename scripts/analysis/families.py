"""Conclusions over several cells that did the same work: which is the fastest, and from which size on one is faster.

Holm's correction runs over everything that is compared together. The fastest of a family is never named alone where
another may be as fast.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np
import pandas as pd

from scripts.analysis.conclusions import Conclusion, Outcome, conclude, unusable
from scripts.stats.intervals import Interval, NoiseFloor, geometric_mean, holm
from scripts.tables.summary import block_medians, kind_of_work


@dataclass(frozen=True)
class Candidate:
    """A cell to compare: its name, its rounds, and the column whose smaller values are better."""

    name: str
    rounds: pd.DataFrame
    column: str = "seconds"

    @cached_property
    def values(self) -> pd.Series:
        """The median of the column in each block, shape (blocks,)."""
        return block_medians(self.rounds, self.column)

    @cached_property
    def estimate(self) -> float:
        """The geometric mean of the values; NaN without values or where one is not positive."""
        positive = len(self.values) and (self.values > 0).all()
        return float(np.exp(np.log(self.values).mean())) if positive else math.nan

    @cached_property
    def unusable(self) -> str:
        """Why the cell is not usable; empty when it is."""
        if not self.estimate > 0:
            return "it has no positive values"
        return unusable(self.rounds, timed=self.column == "seconds")

    @property
    def kind(self) -> str:
        """The kind of work, by which the noise floor is chosen."""
        return kind_of_work(*self.rounds.iloc[0][["wait_seconds", "compute_seconds"]])

    def over(self, other: "Candidate") -> Interval | None:
        """The ratio of this cell to another, paired block by block; None where fewer than two blocks have both."""
        pairs = (self.values / other.values).dropna()
        return geometric_mean(pairs.to_numpy()) if len(pairs) > 1 and (pairs > 0).all() else None


Floors = Mapping[str, NoiseFloor | None]


@dataclass(frozen=True)
class Family:
    """Cells that did the same work: the fastest usable one, and all others in order of time.

    `others` has for each cell how it compares with the fastest (SLOWER: slower than it), or why it is not usable.
    """

    fastest: Candidate | None
    others: tuple[tuple[Candidate, Conclusion], ...]

    @property
    def winners(self) -> tuple[Candidate, ...]:
        """The fastest and all tied with it. Empty where no cell is slower, or one that is not usable may be faster."""
        beaten = any(conclusion.outcome is Outcome.SLOWER for _, conclusion in self.others)
        if not self.fastest or not beaten or self.disqualified:
            return ()
        return self.contenders

    @property
    def contenders(self) -> tuple[Candidate, ...]:
        """The fastest cell and all that may be as fast; empty without a usable cell."""
        tied = [cell for cell, conclusion in self.others if conclusion.undecided]
        return (self.fastest, *tied) if self.fastest else ()

    @property
    def beaten(self) -> tuple[tuple[Candidate, Conclusion], ...]:
        """The cells that are slower than the fastest."""
        return tuple(pair for pair in self.others if pair[1].outcome is Outcome.SLOWER)

    @property
    def not_usable(self) -> tuple[tuple[Candidate, Conclusion], ...]:
        """The cells that are not usable."""
        return tuple(pair for pair in self.others if pair[1].outcome is Outcome.NOT_USABLE)

    @property
    def disqualified(self) -> str:
        """Why no fastest cell can be named: one that is not usable took less time; empty where none did."""
        least = self.fastest.estimate if self.fastest else math.inf
        quick = (f"{one.reason} ({cell.name})" for cell, one in self.not_usable if not cell.estimate > least)
        return next(quick, "")


def families(groups: Sequence[Sequence[Candidate]], floors: Floors) -> list[Family]:
    """A family of each group of cells; Holm's correction runs over all comparisons of all of them."""
    fastest = [min((cell for cell in group if not cell.unusable), key=_estimate, default=None) for group in groups]
    rest = [_in_order(group, first) for group, first in zip(groups, fastest, strict=True)]
    ratios = [_ratios(first, others) for first, others in zip(fastest, rest, strict=True)]
    adjusted = iter(holm([ratio.p_value for row in ratios for ratio in row if ratio]))
    return [
        Family(first, tuple(_judged(first, *pair, adjusted, floors) for pair in zip(others, row, strict=True)))
        for first, others, row in zip(fastest, rest, ratios, strict=True)
    ]


def family(cells: Sequence[Candidate], floors: Floors) -> Family:
    """The family of one group."""
    return families([cells], floors)[0]


def _estimate(cell: Candidate) -> float:
    return cell.estimate


def _in_order(group: Sequence[Candidate], first: Candidate | None) -> list[Candidate]:
    rest = (cell for cell in group if cell is not first)
    return sorted(rest, key=lambda cell: (not cell.estimate > 0, cell.estimate))


def _ratios(first: Candidate | None, others: Sequence[Candidate]) -> list[Interval | None]:
    return [cell.over(first) if first and not cell.unusable else None for cell in others]


def _judged(
    first: Candidate | None, cell: Candidate, ratio: Interval | None, adjusted: Iterator[float], floors: Floors
) -> tuple[Candidate, Conclusion]:
    p_value = float(next(adjusted)) if ratio else None
    why = cell.unusable or ("" if first else "no other cell is usable")
    return cell, conclude(ratio, floors.get(cell.kind), p_value=p_value, unusable=why)


@dataclass(frozen=True)
class Sizes:
    """How one model compares with another at each measured size, the smallest first."""

    conclusions: Mapping[float, Conclusion]

    def with_outcome(self, outcome: Outcome) -> list[float]:
        """The sizes with that outcome."""
        return [size for size, one in self.conclusions.items() if one.outcome is outcome]

    @property
    def onset(self) -> float | None:
        """The smallest size from which on the first model is faster at every usable size; None where that is not clear.

        It is clear where the usable size before it showed no measurable difference, or the one slower.
        """
        usable = [
            (size, one.outcome) for size, one in self.conclusions.items() if one.outcome is not Outcome.NOT_USABLE
        ]
        lasting = list(takewhile(lambda pair: pair[1] is Outcome.FASTER, reversed(usable)))
        before = usable[: len(usable) - len(lasting)]
        clear = lasting and (not before or before[-1][1] is not Outcome.INCONCLUSIVE)
        return lasting[-1][0] if clear else None


def at_sizes(pairs: Mapping[int, tuple[Candidate, Candidate]], floors: Floors) -> Sizes:
    """How the first of each pair compares with the second, by size; Holm's correction runs over the sizes."""
    ordered = dict(sorted(pairs.items()))
    whys = [one.unusable or other.unusable for one, other in ordered.values()]
    ratios = [None if why else one.over(other) for why, (one, other) in zip(whys, ordered.values(), strict=True)]
    adjusted = iter(holm([ratio.p_value for ratio in ratios if ratio]))
    return Sizes({
        size: conclude(ratio, floors.get(one.kind), p_value=float(next(adjusted)) if ratio else None, unusable=why)
        for (size, (one, _)), ratio, why in zip(ordered.items(), ratios, whys, strict=True)
    })  # fmt: skip
