"""Two revisions of one work, model by model: faster, slower, no measurable difference, or inconclusive.

A turn is base, head, head, base, or the mirror image: four fresh interpreters, of which a side has the inner or the
outer two, so that a machine which gets steadily slower slows both alike. One turn gives one ratio; the interval is that
of all their logs. Held by simulation (tests/scripts/analysis/test_revisions.py): with identical code under drift some
difference is called in under 5 % of runs, and 10 % are found in over 95 % with ten turns.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import fmean

from scripts.analysis.conclusions import MARGIN, Outcome, conclude
from scripts.stats.intervals import Interval, NoiseFloor, geometric_mean, holm, mean
from scripts.tables.load import FEW_BLOCKS
from scripts.util.format import percent

THRESHOLD = MARGIN  # worse by more than this fails a check; a difference that surely is smaller is none
# Two environments lie at other addresses and in other folders: what that alone changes is not called a difference.
LEAST = NoiseFloor(0.01, math.nan, math.nan, 0)


@dataclass(frozen=True)
class Sample:
    """One side of one turn under one model, all in seconds: a round, and of it what may explain a difference."""

    seconds: float
    cpu_per_task: float
    start_and_stop: float
    in_flight_per_task: float


CAUSES = {
    "cpu_per_task": "CPU per task",
    "start_and_stop": "start-up and stop",
    "in_flight_per_task": "time in flight per task",
}


@dataclass(frozen=True)
class Cause:
    """A part of the time that changed beyond its noise: means of both sides and the 95 % CI of their difference."""

    name: str
    base_s: float
    head_s: float
    difference: Interval


@dataclass(frozen=True)
class Change:
    """The outcome for one model; `ratio` is head's seconds over base's."""

    model: str
    concurrency: int
    outcome: Outcome
    ratio: Interval | None
    base_s: float = math.nan
    head_s: float = math.nan
    reason: str = ""
    causes: tuple[Cause, ...] = ()
    worse: bool = False

    @property
    def verdict(self) -> str:
        """The outcome in words."""
        return self.outcome.value


@dataclass(frozen=True)
class Pairs:
    """One model's samples of both sides, turn by turn, or why there are none."""

    model: str
    concurrency: int
    base: Sequence[Sample] = ()
    head: Sequence[Sample] = ()
    failure: str = ""


def pooled_sample(samples: Sequence[Sample]) -> Sample:
    """The two interpreters of one side of a turn as one."""
    seconds = math.exp(fmean(math.log(one.seconds) for one in samples))
    return Sample(seconds, *(fmean(getattr(one, field.name) for one in samples) for field in fields(Sample)[1:]))


def changes(pairs: Sequence[Pairs], threshold: float = THRESHOLD) -> list[Change]:
    """A verdict for each model, allowing for their number (Holm)."""
    usable = {one.model: ratio_of(one) for one in pairs if not one.failure and len(one.base) >= 2}
    adjusted = dict(zip(usable, holm([ratio.p_value for ratio in usable.values()]), strict=True)) if usable else {}
    return [change(one, usable.get(one.model), adjusted, threshold) for one in pairs]


def ratio_of(pairs: Pairs) -> Interval:
    """Head's seconds over base's, one ratio a turn."""
    return geometric_mean([head.seconds / base.seconds for base, head in zip(pairs.base, pairs.head, strict=True)])


def change(pairs: Pairs, ratio: Interval | None, adjusted: Mapping[str, float], threshold: float) -> Change:
    """The verdict on one model."""
    if ratio is None:
        reason = pairs.failure or "too few turns"
        return Change(pairs.model, pairs.concurrency, Outcome.NOT_USABLE, None, reason=reason)
    base_s, head_s = (math.exp(fmean(math.log(one.seconds) for one in side)) for side in (pairs.base, pairs.head))
    if ratio.n < FEW_BLOCKS:
        few = f"{ratio.n} turns are too few for a verdict, {FEW_BLOCKS} are needed"
        return Change(pairs.model, pairs.concurrency, Outcome.INCONCLUSIVE, ratio, base_s, head_s, few)
    conclusion = conclude(ratio, LEAST, margin=threshold, p_value=float(adjusted[pairs.model]))
    return Change(
        pairs.model,
        pairs.concurrency,
        conclusion.outcome,
        ratio,
        base_s,
        head_s,
        reason=too_noisy(ratio, threshold) if conclusion.outcome is Outcome.INCONCLUSIVE else "",
        causes=causes(pairs) if conclusion.differs else (),
        worse=conclusion.outcome is Outcome.SLOWER and ratio.estimate > 1 + threshold,
    )


def too_noisy(ratio: Interval, threshold: float) -> str:
    """The smallest difference that was detectable, and how many turns would suffice."""
    half = math.log(ratio.high / ratio.low) / 2
    needed = math.ceil(ratio.n * (half / math.log(1 + threshold)) ** 2)
    noise = f"{ratio.n} turns show differences of {percent(math.expm1(half))} and more on this machine"
    return f"{noise}; {percent(threshold)} would take about {needed}" if needed > ratio.n else noise


def causes(pairs: Pairs) -> tuple[Cause, ...]:
    """The parts of the time whose difference is beyond its noise, the largest first."""
    results = []
    for name, what in CAUSES.items():
        base, head = ([getattr(one, name) for one in side] for side in (pairs.base, pairs.head))
        difference = mean([after - before for before, after in zip(base, head, strict=True)])
        if difference.excludes(0.0):
            results.append(Cause(what, fmean(base), fmean(head), difference))
    return tuple(sorted(results, key=lambda one: -abs(math.log(max(one.head_s, 1e-9) / max(one.base_s, 1e-9)))))
