"""From claims and runs to findings: the evidence, the verdict on the bound, and the reasons against a verdict.

Pure: a talk and the runs in, findings out. Each claim is judged on the first of the runs that has all its cells, for
cells of different runs are never paired, and of a run's interpreters on the first that meets its conditions, or, where
its sides are two, on the two that are most alike otherwise; Holm's
correction is over all measures of the file that could be judged.

A number is not a verdict where too few blocks were measured, where a cell was disturbed, saturated or faster than its
ideal time, or where the bound lies within the noise floor: then the claim is *inconclusive*. Where the condition under
which its source said it was not met, it is *not reproduced here*, whatever the number; of two Pythons that differ in
more than the claim is about it is *not testable here*.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scripts.analysis.conclusions import ASSUMED_FLOOR, too_few, unusable
from scripts.analysis.evidence import Evidence, cell_rounds, evidence, metric_by_turn
from scripts.analysis.wording import floor_text
from scripts.stats.decisions import Case, Judgement, Verdict, judge, verdict
from scripts.tables.load import Run
from scripts.tables.summary import kind_of_work
from scripts.verdict.claim import SIDES, Claim, Part, Talk
from scripts.verdict.requirements import other_difference, unmet_requirement

NOT_TESTABLE, OPINION, UNMEASURED = "not testable here", "opinion", "could not be measured"
NOT_REPRODUCED, HELD = "not reproduced here", "the bound held"
VERDICTS = (*(one.value for one in Verdict), NOT_REPRODUCED, NOT_TESTABLE, OPINION, UNMEASURED)


@dataclass(frozen=True)
class Outcome:
    """A measure, the evidence, and the verdict on its bound."""

    part: Part
    evidence: Evidence
    counterpart: Evidence | None = None
    verdict: str = UNMEASURED
    p_value: float | None = None
    reason: str = ""

    @property
    def case(self) -> Case | None:
        """The case to judge; None without an interval."""
        evidence = self.evidence
        return (
            Case(evidence.values.to_numpy(dtype=np.float64), self.part.bound, evidence.log)
            if evidence.interval
            else None
        )


@dataclass(frozen=True)
class Finding:
    """A claim with its verdict, the run that decided it, and the outcome of each of its measures."""

    claim: Claim
    verdict: str
    run: Run | None = None
    over: Run | None = None  # the other interpreter, where there are two
    outcomes: tuple[Outcome, ...] = ()
    reason: str = ""

    @property
    def as_expected(self) -> bool | None:
        """Whether the verdict is the expected one; None where this run is inconclusive."""
        established = self.verdict in (Verdict.HOLDS.value, Verdict.REFUTED.value)
        return self.verdict == self.claim.expected if established or self.claim.expected == self.verdict else None


def has_cells(run: Run, claim: Claim) -> bool:
    """Whether the run has all cells that decide the claim."""
    decisive = {cell for part in claim.parts for cell in part.measure.cells}
    return all(len(cell_rounds(run, cell)) for cell in decisive)


def capacity_of(run: Run, claim: Claim) -> float:
    """The median parallel capacity beside the cells that decide the claim; of all blocks where none was sampled."""
    sampled = pd.concat(
        [metric_by_turn(run, evidence(run, part.measure).rounds, "parallel_capacity") for part in claim.parts]
    )
    capacities = sampled if len(sampled) else metric_by_turn(run, run.rounds, "parallel_capacity")
    return float(capacities.median())


def disqualified(evidence: Evidence, part: Part) -> str:
    """Why these rounds cannot decide a claim, whatever their values; empty when they can.

    A count that every block must show (`= 0`) is none the worse for a busy machine.
    """
    if evidence.ranges_only:
        return too_few(evidence.blocks)
    if part.bound.low == part.bound.high:
        return ""
    timed = "seconds" in part.measure.metric or part.measure.metric == "tasks_per_second"
    for side in evidence.sides:
        if why := unusable(side, timed=timed):
            return f"{why} ({side['model'].iloc[0]})"
    return ""


def evaluate(talk: Talk, runs: Sequence[Run]) -> list[Finding]:
    """A finding for each claim of the talk, in its order; the runs, at least one, are looked through in their order."""
    findings = [collect(claim, runs) for claim in talk.claims]
    cases = [outcome.case for finding in findings for outcome in finding.outcomes if outcome.case]
    judgements = iter(judge(cases) if cases else [])
    return [conclude(finding, judgements) for finding in findings]


def collect(claim: Claim, runs: Sequence[Run]) -> Finding:
    """The claim with its evidence, before judging."""
    if claim.opinion:
        return Finding(claim, OPINION)
    if claim.needs:
        return Finding(claim, NOT_TESTABLE, reason=f"needs {claim.needs}")
    of, over = next(filter(None, (choose_run(run, claim) for run in runs)), (first_with_cells(runs, claim), None))
    capacity = capacity_of(of, claim) if of else None
    if reason := "" if over else unmet_requirement(claim, (of or runs[0]).environment, capacity):
        return Finding(claim, NOT_TESTABLE, of, reason=reason)
    if not of:
        return Finding(claim, UNMEASURED, reason="a cell that it needs is missing from the run, or was no result")
    if over and (why := other_difference(of, over, claim)):
        return Finding(claim, NOT_TESTABLE, of, over, reason=f"needs two builds that are alike: {why}")
    return Finding(claim, UNMEASURED, of, over, tuple(outcome(of, over, part) for part in claim.parts))


def choose_run(run: Run, claim: Claim) -> tuple[Run, Run | None] | None:
    """The run as its first interpreter that meets the claim's conditions measured it; None when none of them does.

    Where the two sides are of two interpreters: those, and the pair that is otherwise most alike.
    """
    if claim.sided:
        of, over = (matching_interpreters(run, claim.side(which)) for which in SIDES)
        pairs = [(one, other) for one in of for other in over if one is not other]
        return min(
            pairs,
            key=lambda pair: (bool(other_difference(pair[0], pair[1], claim)), *map(has_jit, pair)),
            default=None,
        )
    alone = ((one, None) for one in matching_interpreters(run, claim))
    return min(alone, key=lambda pair: has_jit(pair[0]), default=None)


def has_jit(run: Run) -> bool:
    """Whether its JIT is on, which it is not by default: a claim that does not name it is not judged under it."""
    return bool(run.environment["python"].get("jit"))


def first_with_cells(runs: Sequence[Run], claim: Claim) -> Run | None:
    """The first run that has the claim's cells, conditions met or not; None for a claim of two Pythons."""
    able = (one for run in runs for one in run.by_interpreter if has_cells(one, claim))
    return None if claim.sided else next(able, None)


def matching_interpreters(run: Run, claim: Claim) -> list[Run]:
    """The run's interpreters that have the claim's cells and meet its conditions."""
    able = (one for one in run.by_interpreter if has_cells(one, claim))
    return [one for one in able if not unmet_requirement(claim, one.environment, capacity_of(one, claim))]


def outcome(run: Run, over: Run | None, part: Part) -> Outcome:
    """The outcome of one measure, with the run's evidence and no verdict yet."""
    counterpart = evidence(run, part.counterpart, over=over) if part.counterpart else None
    return Outcome(part, evidence(run, part.measure, over=over, per_capacity=part.per_capacity), counterpart)


def conclude(finding: Finding, judgements: Iterator[Judgement]) -> Finding:
    """The finding with the verdict on each measure, and on the claim: it holds when all do, one refuted refutes it."""
    if not finding.outcomes:
        return finding
    outcomes = tuple(
        with_verdict(one, finding, next(judgements)) if one.case else replace(one, reason=why_unmeasured(one))
        for one in finding.outcomes
    )
    ranked = (UNMEASURED, Verdict.REFUTED.value, Verdict.INCONCLUSIVE.value, NOT_REPRODUCED, Verdict.HOLDS.value)
    worst = min(outcomes, key=lambda one: (ranked.index(one.verdict), HELD in one.reason))
    return replace(finding, outcomes=outcomes, verdict=worst.verdict, reason=worst.reason)


def with_verdict(outcome: Outcome, finding: Finding, judgement: Judgement) -> Outcome:
    """The outcome as it was judged, unless its rounds can decide nothing, or the source's condition was not met."""
    reason = disqualified(outcome.evidence, outcome.part)
    verdict = Verdict.INCONCLUSIVE.value if reason else judgement.verdict.value
    if judgement.verdict is Verdict.INCONCLUSIVE and not reason:
        reason = "the interval, allowing for all claims judged together, lies on both sides of the bound"
    elif not reason and (reason := within_noise(outcome, finding, judgement.verdict)):
        verdict = Verdict.INCONCLUSIVE.value
    elif not reason and finding.claim.differs:
        how = HELD if judgement.verdict is Verdict.HOLDS else "the bound did not hold"
        verdict, reason = NOT_REPRODUCED, f"{how}, under another condition: {finding.claim.differs}"
    return replace(outcome, verdict=verdict, p_value=judgement.p_value, reason=reason)


def within_noise(outcome: Outcome, finding: Finding, concluded: Verdict) -> str:
    """Why a verdict changes when the ratio is widened by the noise floor of its kind of work; empty when it does not.

    A bound on both sides claims no difference, so it is exempt: noise is no reason to doubt that.
    """
    part, interval = outcome.part, outcome.evidence.interval
    if not (interval and finding.run and part.measure.over and part.measure.metric == "seconds"):
        return ""
    if math.isfinite(part.bound.low) and math.isfinite(part.bound.high):
        return ""
    first = outcome.evidence.sides[0].iloc[0]
    floor = finding.run.noise_floors.get(kind_of_work(first["wait_seconds"], first["compute_seconds"])) or ASSUMED_FLOOR
    wide = replace(interval, low=interval.low / (1 + floor.value), high=interval.high * (1 + floor.value))
    if verdict(wide, part.bound) is concluded:
        return ""
    return f"the bound lies within the noise floor, {floor_text(floor)}"


def why_unmeasured(outcome: Outcome) -> str:
    """Why the values have no interval."""
    values = outcome.evidence.values
    if len(values) < 2:
        return f"{outcome.part.measure.metric} was measured in {len(values)} blocks; an interval needs two"
    return f"{outcome.part.measure.metric} was {values.min():g} in a block, where it must be positive"
