"""Conclusions over several cells that did the same work: which is the fastest, and from which size on one is faster.

Holm's correction runs over everything that is compared together. The fastest of a family is never named alone where
another may be as fast.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile

import numpy as np
import pandas as pd

from scripts.analysis.conclusions import Conclusion, Outcome, conclude, unusable
from scripts.stats.intervals import Interval, NoiseFloor, geometric_mean, holm
from scripts.tables.load import FEW_BLOCKS
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

    @cached_property
    def blocks(self) -> frozenset[int]:
        """The blocks that have a value."""
        measured = self.rounds[~self.rounds["warmup"].astype(bool) & self.rounds[self.column].notna()]
        return frozenset(measured["block"])

    def unusable_beside(self, other: "Candidate") -> str:
        """Why the two decide nothing beside each other: one is not usable, or too few blocks have both."""
        if (why := self.unusable or other.unusable) or (common := len(self.blocks & other.blocks)) >= FEW_BLOCKS:
            return why
        return f"{self.name} and {other.name} share only {common} of the blocks; a verdict takes {FEW_BLOCKS}"

    def within(self, blocks: Collection[int]) -> "Candidate":
        """The cell as only these blocks measured it."""
        return replace(self, rounds=self.rounds[self.rounds["block"].isin(blocks)])

    def over(self, other: "Candidate") -> Interval | None:
        """The ratio of this cell to another, paired block by block; None where fewer than two blocks have both.

        Repeats are paired as wholes: then of the blocks that both have.
        """
        if "repeat" in self.rounds and self.blocks != other.blocks:
            shared = self.blocks & other.blocks
            return self.within(shared).over(other.within(shared)) if shared else None
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
    floors: Floors = field(default_factory=dict, repr=False)

    @property
    def winners(self) -> tuple[Candidate, ...]:
        """The fastest and all tied with it. Empty where no cell is slower, or one that is not usable may be faster."""
        beaten = any(conclusion.outcome is Outcome.SLOWER for _, conclusion in self.others)
        if not self.fastest or not beaten or self.disqualified:
            return ()
        return self.contenders

    @property
    def contenders(self) -> tuple[Candidate, ...]:
        """The fastest and all that may be as fast; empty without a usable cell.

        In the blocks that it shares with the fastest, one that was measured in other blocks may even be the faster.
        """
        tied = [cell for cell, one in self.others if one.undecided or one.outcome is Outcome.FASTER]
        return (self.fastest, *tied) if self.fastest else ()

    @property
    def beaten(self) -> tuple[tuple[Candidate, Conclusion], ...]:
        """The cells that are slower than the fastest."""
        return tuple(pair for pair in self.others if pair[1].outcome is Outcome.SLOWER)

    @cached_property
    def runners_up(self) -> tuple[tuple[Candidate, Conclusion], ...]:
        """Of those that are slower the fastest, and all tied with it."""
        after = family([cell for cell, _ in self.beaten], self.floors).contenders
        return tuple(pair for pair in self.beaten if any(pair[0] is cell for cell in after))

    def faster_than(self, name: str) -> tuple[Candidate, ...]:
        """The winners that are faster than the cell of that name by themselves, and not only tied with one that is."""
        slow = next((cell for cell, _ in self.beaten if cell.name == name), None)
        if slow is None:
            return ()
        judged = compared([(cell, slow) for cell in self.winners], self.floors)
        return tuple(cell for cell, one in zip(self.winners, judged, strict=True) if one.outcome is Outcome.FASTER)

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
    fastest = [_fastest([cell for cell in group if not cell.unusable]) for group in groups]
    rest = [_in_order(group, first) for group, first in zip(groups, fastest, strict=True)]
    pairs = [(cell, first) for first, others in zip(fastest, rest, strict=True) if first for cell in others]
    judged = iter(compared(pairs, floors))
    return [
        Family(first, tuple((cell, next(judged) if first else _not_usable(cell)) for cell in others), floors)
        for first, others in zip(fastest, rest, strict=True)
    ]


def compared(pairs: Sequence[tuple[Candidate, Candidate]], floors: Floors) -> list[Conclusion]:
    """How the first of each pair compares with the second; Holm's correction runs over all pairs."""
    whys = [one.unusable_beside(other) for one, other in pairs]
    ratios = [None if why else one.over(other) for why, (one, other) in zip(whys, pairs, strict=True)]
    adjusted = iter(holm([ratio.p_value for ratio in ratios if ratio]))
    return [
        conclude(ratio, floors.get(one.kind), p_value=float(next(adjusted)) if ratio else None, unusable=why)
        for (one, _), ratio, why in zip(pairs, ratios, whys, strict=True)
    ]


def family(cells: Sequence[Candidate], floors: Floors) -> Family:
    """The family of one group."""
    return families([cells], floors)[0]


def _fastest(usable: Sequence[Candidate]) -> Candidate | None:
    """The one with the shortest time in the blocks that all of them have, or in its own where those are too few."""
    if not usable:
        return None
    shared = frozenset.intersection(*(cell.blocks for cell in usable))
    uneven = any(cell.blocks != shared for cell in usable) and len(shared) >= FEW_BLOCKS
    estimates = [(cell.within(shared) if uneven else cell).estimate for cell in usable]
    return usable[int(np.argmin(estimates))]


def _in_order(group: Sequence[Candidate], first: Candidate | None) -> list[Candidate]:
    rest = (cell for cell in group if cell is not first)
    return sorted(rest, key=lambda cell: (not cell.estimate > 0, cell.estimate))


def _not_usable(cell: Candidate) -> Conclusion:
    return Conclusion(Outcome.NOT_USABLE, None, reason=cell.unusable)


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
        faster = list(takewhile(lambda pair: pair[1] is Outcome.FASTER, reversed(usable)))
        smaller = usable[: len(usable) - len(faster)]
        clear = faster and (not smaller or smaller[-1][1] is not Outcome.INCONCLUSIVE)
        return faster[-1][0] if clear else None


def at_sizes(pairs: Mapping[int, tuple[Candidate, Candidate]], floors: Floors) -> Sizes:
    """How the first of each pair compares with the second, by size; Holm's correction runs over the sizes."""
    ordered = dict(sorted(pairs.items()))
    return Sizes(dict(zip(ordered, compared(list(ordered.values()), floors), strict=True)))
