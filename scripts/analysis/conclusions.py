"""The only place that concludes. Everything else words these objects, and a test walks the code for comparisons.

What one cell's time says beside another's is one of five outcomes. *Not usable* comes first: too few blocks, disturbed
by other load, saturated, faster than its ideal time, or too short to time. A difference must lie wholly outside the
noise floor, and survive Holm's correction over everything that was compared with it. *No measurable difference* is
said only where the whole interval lies inside the margin; all else is *inconclusive*. The fastest of a family is never
named alone where another may be as fast.
"""

import enum
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np
import pandas as pd

from scripts.stats.intervals import Interval, NoiseFloor, geometric_mean, holm, mean
from scripts.tables.load import FEW_BLOCKS
from scripts.tables.summary import FLAGGED_SHARE, above_ideal, block_medians, kind_of_work, too_disturbed

# Below this nobody would rewrite a program; a ratio whose interval lies inside is "no measurable difference".
MARGIN = 0.05
# Where no A/A control of that kind of work was measured: controls of all kinds differed by up to 8 %, and an
# unmeasured floor must not be the more lenient one.
ASSUMED_FLOOR = NoiseFloor(0.10, math.nan, math.nan, 0)
SHORTEST_S = 0.001  # waking up takes some 0.1 ms: below this it is a tenth of the round


class Outcome(enum.Enum):
    """What one cell's time says beside another's."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no measurable difference"
    INCONCLUSIVE = "inconclusive"
    NOT_USABLE = "not usable"


@dataclass(frozen=True)
class Conclusion:
    """What was concluded, and from what: `ratio` is the one's time over the other's, None without an interval."""

    outcome: Outcome
    ratio: Interval | None
    floor: NoiseFloor = ASSUMED_FLOOR
    margin: float = MARGIN
    reason: str = ""

    @property
    def blocks(self) -> int:
        """How many values the interval rests on."""
        return self.ratio.n if self.ratio else 0

    @property
    def differs(self) -> bool:
        """Whether one of the two is faster."""
        return self.outcome in (Outcome.FASTER, Outcome.SLOWER)

    @property
    def undecided(self) -> bool:
        """Whether either may be the faster one."""
        return self.outcome in (Outcome.NO_DIFFERENCE, Outcome.INCONCLUSIVE)


def conclude(
    ratio: Interval | None,
    floor: NoiseFloor | None,
    *,
    margin: float = MARGIN,
    p_value: float | None = None,
    unusable: str = "",
) -> Conclusion:
    """What a ratio of times says; `p_value` is Holm's where several are judged together.

    Where no noise floor was measured, ASSUMED_FLOOR is taken. `unusable` is why the cells can decide nothing; it goes
    before all numbers.
    """
    floor = floor or ASSUMED_FLOOR
    if unusable or ratio is None:
        return Conclusion(Outcome.NOT_USABLE, ratio, floor, margin, unusable or "no interval")
    significant = (ratio.p_value if p_value is None else p_value) <= 1 - ratio.confidence
    outcome = Outcome.INCONCLUSIVE
    if 1 / (1 + margin) <= ratio.low and ratio.high <= 1 + margin:
        outcome = Outcome.NO_DIFFERENCE
    elif significant and ratio.high < 1 / (1 + floor.value):
        outcome = Outcome.FASTER
    elif significant and ratio.low > 1 + floor.value:
        outcome = Outcome.SLOWER
    return Conclusion(outcome, ratio, floor, margin)


def of_ratios(ratios: pd.Series, floor: NoiseFloor | None, why: str = "") -> Conclusion:
    """What the block ratios of two times say; `why` they can decide nothing."""
    enough = len(ratios) > 1 and (ratios > 0).all()
    return conclude(geometric_mean(ratios.to_numpy()) if enough else None, floor, unusable=why)


def sign(values: pd.Series) -> int:
    """1 where the mean of the blocks' values is above zero, -1 where it is below, 0 where that is inconclusive."""
    if len(values) < FEW_BLOCKS:
        return 0
    interval = mean(values.to_numpy())
    return (interval.low > 0) - (interval.high < 0)


def inside(low: float, high: float, least: float, most: float) -> bool:
    """Whether a whole interval is possible, where only values between `least` and `most` are."""
    return least <= low and high <= most


def alike(one: float, other: float, margin: float = MARGIN) -> bool:
    """Whether the larger of two times without intervals is within the margin of the smaller one."""
    return max(one, other) <= min(one, other) * (1 + margin)


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals have a value in common, so that which is larger is not sure."""
    return one[0] <= other[1] and other[0] <= one[1]


def unusable(rounds: pd.DataFrame, *, timed: bool = True) -> str:
    """Why the rounds of a cell can decide nothing; empty when they can.

    What is not about the time of whole rounds (`timed`) is none the worse for a busy client or a short round.
    """
    if "doubt" in rounds:
        return str(rounds["doubt"].iloc[0])
    measured = rounds[~rounds["warmup"].astype(bool)]
    if (blocks := measured["block"].nunique()) < FEW_BLOCKS:
        return f"{blocks} blocks are too few for a verdict; it takes {FEW_BLOCKS}"
    if why := too_disturbed(rounds):
        return why
    if not timed:
        return ""
    for part in ("server", "machine", "client"):
        if (measured["saturated"] == part).mean() >= FLAGGED_SHARE:
            return f"the {part} was saturated"
    if above_ideal(measured):
        return "it was faster than its ideal time"
    short = measured["seconds"].median() < SHORTEST_S if "seconds" in measured else False
    return f"a round takes less than {1000 * SHORTEST_S:g} ms" if short else ""


@dataclass(frozen=True)
class Candidate:
    """A cell that is compared: what it is called, its rounds, and the column whose smaller values are better."""

    name: str
    rounds: pd.DataFrame
    column: str = "seconds"

    @cached_property
    def values(self) -> pd.Series:
        """One value a block."""
        return block_medians(self.rounds, self.column)

    @cached_property
    def estimate(self) -> float:
        """Their geometric mean; NaN where one is not positive or none is there."""
        positive = len(self.values) and (self.values > 0).all()
        return float(np.exp(np.log(self.values).mean())) if positive else math.nan

    @cached_property
    def unusable(self) -> str:
        """Why it decides nothing; empty when it can."""
        if not self.estimate > 0:
            return "it has no positive values"
        return unusable(self.rounds, timed=self.column == "seconds")

    @property
    def kind(self) -> str:
        """Its kind of work, by which its noise floor is chosen."""
        return kind_of_work(*self.rounds.iloc[0][["wait_seconds", "compute_seconds"]])

    def over(self, other: "Candidate") -> Interval | None:
        """Its value over another's, paired block by block; None where fewer than two blocks have both."""
        pairs = (self.values / other.values).dropna()
        return geometric_mean(pairs.to_numpy()) if len(pairs) > 1 and (pairs > 0).all() else None


Floors = Mapping[str, NoiseFloor | None]


@dataclass(frozen=True)
class Family:
    """Cells that did the same work: the fastest that can be used, and every other beside it, in order of time.

    `others` says of each how it is beside the fastest (SLOWER: it is slower), or why it is not usable.
    """

    fastest: Candidate | None
    others: tuple[tuple[Candidate, Conclusion], ...]

    @property
    def winners(self) -> tuple[Candidate, ...]:
        """The fastest, and those that may be as fast. None where nobody is slower, or one not usable may be faster."""
        beaten = any(conclusion.outcome is Outcome.SLOWER for _, conclusion in self.others)
        if not self.fastest or not beaten or self.disqualified:
            return ()
        return self.contenders

    @property
    def contenders(self) -> tuple[Candidate, ...]:
        """The fastest, and those that may be as fast."""
        tied = [cell for cell, conclusion in self.others if conclusion.undecided]
        return (self.fastest, *tied) if self.fastest else ()

    @property
    def beaten(self) -> tuple[tuple[Candidate, Conclusion], ...]:
        """Those that are slower."""
        return tuple(pair for pair in self.others if pair[1].outcome is Outcome.SLOWER)

    @property
    def not_usable(self) -> tuple[tuple[Candidate, Conclusion], ...]:
        """Those that decide nothing."""
        return tuple(pair for pair in self.others if pair[1].outcome is Outcome.NOT_USABLE)

    @property
    def disqualified(self) -> str:
        """Why nobody can be called the fastest: the first cell that is not usable and took less time; empty if none."""
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
    """What one way says beside another at each size that was measured, the smallest first."""

    conclusions: Mapping[float, Conclusion]

    def those(self, outcome: Outcome) -> list[float]:
        """The sizes at which that was concluded."""
        return [size for size, one in self.conclusions.items() if one.outcome is outcome]

    @property
    def onset(self) -> float | None:
        """The first measured size from which on the one is faster at every usable size; None where that is not clear.

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
    """What the first of each pair says beside the second, by size; Holm's correction runs over the sizes."""
    ordered = dict(sorted(pairs.items()))
    whys = [one.unusable or other.unusable for one, other in ordered.values()]
    ratios = [None if why else one.over(other) for why, (one, other) in zip(whys, ordered.values(), strict=True)]
    adjusted = iter(holm([ratio.p_value for ratio in ratios if ratio]))
    return Sizes({
        size: conclude(ratio, floors.get(one.kind), p_value=float(next(adjusted)) if ratio else None, unusable=why)
        for (size, (one, _)), ratio, why in zip(ordered.items(), ratios, whys, strict=True)
    })  # fmt: skip
