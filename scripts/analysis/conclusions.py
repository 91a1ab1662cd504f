"""The only place that concludes. Everything else words these objects, and a test walks the code for comparisons.

What one cell's time says beside another's is one of five outcomes. *Not usable* comes first: too few blocks, disturbed
by other load, saturated, faster than its ideal time, or too short to time. A difference must lie wholly outside the
noise floor, and survive Holm's correction over everything that was compared with it. *No measurable difference* is
said only where the whole interval lies inside the margin; all else is *inconclusive*. `families` concludes over several
cells that did the same work.
"""

import enum
import math
from dataclasses import dataclass

import pandas as pd

from scripts.stats.intervals import Interval, NoiseFloor, geometric_mean, mean
from scripts.tables.load import FEW_BLOCKS
from scripts.tables.summary import FLAGGED_SHARE, above_ideal, too_disturbed

# Nobody rewrites a program for less; a ratio whose interval lies inside is "no measurable difference".
MARGIN = 0.05
# Where no A/A control of that kind of work was measured: controls of all kinds differed by up to 8 %, and an
# unmeasured floor must not be the more lenient one.
ASSUMED_FLOOR = NoiseFloor(0.10, math.nan, math.nan, 0)
SHORTEST_S = 0.001  # a wake-up takes some 0.1 ms, a tenth of such a round


class Outcome(enum.Enum):
    """How the time of one cell compares with that of another."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no measurable difference"
    INCONCLUSIVE = "inconclusive"
    NOT_USABLE = "not usable"


@dataclass(frozen=True)
class Conclusion:
    """An outcome with its evidence: `ratio` is the first time over the second, None without an interval."""

    outcome: Outcome
    ratio: Interval | None
    floor: NoiseFloor = ASSUMED_FLOOR
    reason: str = ""

    @property
    def blocks(self) -> int:
        """The number of values behind the interval."""
        return self.ratio.n if self.ratio else 0

    @property
    def differs(self) -> bool:
        """Whether one of the two is faster."""
        return self.outcome in (Outcome.FASTER, Outcome.SLOWER)

    @property
    def undecided(self) -> bool:
        """Whether either of the two may be faster."""
        return self.outcome in (Outcome.NO_DIFFERENCE, Outcome.INCONCLUSIVE)


def conclude(
    ratio: Interval | None,
    floor: NoiseFloor | None,
    *,
    margin: float = MARGIN,
    p_value: float | None = None,
    unusable: str = "",
) -> Conclusion:
    """Conclude from a ratio of two times; `p_value` is the adjusted one (Holm) where several are compared together.

    Without a measured noise floor, ASSUMED_FLOOR is used. A reason in `unusable` makes the outcome NOT_USABLE, whatever
    the ratio.
    """
    floor = floor or ASSUMED_FLOOR
    if unusable or ratio is None:
        return Conclusion(Outcome.NOT_USABLE, ratio, floor, unusable or "no interval")
    significant = (ratio.p_value if p_value is None else p_value) <= 1 - ratio.confidence
    outcome = Outcome.INCONCLUSIVE
    if 1 / (1 + margin) <= ratio.low and ratio.high <= 1 + margin:
        outcome = Outcome.NO_DIFFERENCE
    elif significant and ratio.high < 1 / (1 + floor.value):
        outcome = Outcome.FASTER
    elif significant and ratio.low > 1 + floor.value:
        outcome = Outcome.SLOWER
    return Conclusion(outcome, ratio, floor)


def of_ratios(ratios: pd.Series, floor: NoiseFloor | None, why: str) -> Conclusion:
    """Conclude from the ratios of two times, shape (blocks,); a reason in `why` makes the outcome NOT_USABLE."""
    enough = len(ratios) > 1 and ((ratios > 0) & (ratios < math.inf)).all()
    return conclude(geometric_mean(ratios.to_numpy()) if enough else None, floor, unusable=why)


def sign(values: pd.Series) -> int:
    """1 where the mean of values (blocks,) is above zero, -1 where it is below, 0 where that is inconclusive."""
    if len(values) < FEW_BLOCKS:
        return 0
    interval = mean(values.to_numpy())
    return (interval.low > 0) - (interval.high < 0)


def interval_within(low: float, high: float, least: float, most: float) -> bool:
    """Whether an interval lies within `least` and `most`, the only possible values."""
    return least <= low and high <= most


def within_margin(one: float, other: float, margin: float = MARGIN) -> bool:
    """Whether the larger of two times without intervals is within the margin of the smaller one."""
    return max(one, other) <= min(one, other) * (1 + margin)


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals overlap, so that neither value is established to be larger."""
    return one[0] <= other[1] and other[0] <= one[1]


def too_few(blocks: int) -> str:
    """Why a number of blocks below FEW_BLOCKS decides nothing."""
    what = "1 block is" if blocks == 1 else f"{blocks} blocks are"
    return f"{what} too few for a verdict; it takes {FEW_BLOCKS}"


def unusable(rounds: pd.DataFrame, *, timed: bool = True) -> str:
    """Why the rounds of a cell can decide nothing; empty when they can.

    What is not about the time of whole rounds (`timed`) is none the worse for a busy client or a short round.
    """
    if "doubt" in rounds:
        return str(rounds["doubt"].iloc[0])
    measured = ~rounds["warmup"].to_numpy(dtype=bool)
    if (blocks := rounds["block"][measured].nunique()) < FEW_BLOCKS:
        return too_few(blocks)
    if why := too_disturbed(rounds):
        return why
    if not timed:
        return ""
    saturated = rounds["saturated"].to_numpy(dtype=object, na_value="")[measured]
    for part in ("server", "machine", "client"):
        if (saturated == part).mean() >= FLAGGED_SHARE:
            return f"the {part} was saturated"
    if above_ideal(rounds):
        return "it was faster than its ideal time"
    short = rounds["seconds"][measured].median() < SHORTEST_S if "seconds" in rounds else False
    return f"a round takes less than {1000 * SHORTEST_S:g} ms" if short else ""
