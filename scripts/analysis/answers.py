"""Sentences that answer: for waiting, for computing, for both; which model, by how much, how sure."""

from collections.abc import Iterator

import pandas as pd

from scripts.analysis.conclusions import ASSUMED_FLOOR, Outcome
from scripts.analysis.contests import Contest, contest
from scripts.analysis.crossover import crossovers
from scripts.analysis.families import Family
from scripts.analysis.model_order import order
from scripts.analysis.points import Run
from scripts.analysis.wording import duration_text, floor_text, in_run, reasons, some, winners
from scripts.tables.load import FEW_BLOCKS
from scripts.tables.summary import ABOVE_IDEAL, disturbed_share
from scripts.util.format import between, listed, percent, seconds, times

QUESTIONS = (  # what the sentence is about, the experiment that answers, the workload (the model without a library)
    ("For I/O-bound work", "io", "wire"),
    ("For CPU-bound Python code", "cpu", "primes"),
    ("For mixed work ({share} % CPU)", "mixed", "mixed"),
)
NOTEWORTHY_SHARE = 0.1  # of the rounds: twice what a quiet shared host shows; half of a cell's make it decide nothing
MOST_GAINS = 3  # of tied models whose gain is given
MOST_NEXT = 4  # of tied models that come after the fastest: the classical ones


def sentence(question: str, measured: Contest) -> str:
    """The fastest model, by how much and with which interval; or why there is no conclusion."""
    first = measured.rows.iloc[0]
    share = 100 * first["compute_seconds"] / (first["compute_seconds"] + first["wait_seconds"])
    subject, where = question.format(share=f"{share:.0f}"), f"{first['workload']}{size_text(measured)}"
    start = f"{subject.removesuffix(')')}, {where})" if subject.endswith(")") else f"{subject} ({where})"
    if measured.run.ranges_only:
        blocks = measured.run.rounds["block"].nunique()
        words = "1 block is" if blocks == 1 else f"{blocks} blocks are"
        few = f"{words} too few for a conclusion; it takes {FEW_BLOCKS}"
        return f"{start}: {few}. Lowest to highest block: {ranges(measured)}."
    return f"{start}, {conclusion(measured)}"


def conclusion(measured: Contest) -> str:
    """The fastest model and how the others compare with it; or why nothing can be concluded."""
    if why := unanswered(measured.family):
        return f"no conclusion: {why}."
    return ". ".join([lead(measured), *rest(measured)]) + "."


def size_text(measured: Contest) -> str:
    """The concurrency, where all models but sequential had the same."""
    sizes = set(measured.rows.loc[measured.rows["model"] != "sequential", "concurrency"])
    return f", concurrency {sizes.pop():,}" if len(sizes) == 1 else ""


def ranges(measured: Contest) -> str:
    """The range of every model, in the order of models: no order of merit."""
    rows = sorted((row for _, row in measured.rows.iterrows()), key=lambda row: order(row["model"]))
    return ", ".join(f"{row['model']} {between(row['seconds_low'], row['seconds_high'], seconds)}" for row in rows)


def unanswered(family: Family) -> str:
    """Why no fastest model can be named; empty where one can."""
    return family.disqualified if family.fastest else reasons(family.others)


def lead(measured: Contest) -> str:
    """The fastest model; or that no difference was shown."""
    family, where = measured.family, in_run(measured.run)
    if not (best := winners(family)):
        return f"no model was shown to be faster than another {where}"
    if len(family.winners) == 1 and (speedup := gain(measured, best)):
        return f"fastest {where}: {best}, {speedup}"
    return f"fastest {where}: {best}"


def gain(measured: Contest, model: str) -> str:
    """`9.11× faster than sequential (95 % CI 8.95–9.27×; efficiency 87 %)`; empty unless concluded to be faster."""
    row = measured.row(model)
    faster = [cell.name for cell in measured.family.faster_than("sequential")]
    if model not in faster or pd.isna(row["speedup"]):
        return ""
    size = f" at concurrency {row['concurrency']:,}" if row["experiment"] == "user_work" else ""
    interval = f"95 % CI {between(row['speedup_low'], row['speedup_high'], times)}"
    above = ", above its ideal time" if ABOVE_IDEAL in row["flags"] else ""
    reach = f"; efficiency {percent(row['efficiency'])}{above}" if pd.notna(row["efficiency"]) else ""
    return f"{times(row['speedup'])} faster than sequential{size} ({interval}{reach})"


def rest(measured: Contest) -> Iterator[str]:
    """How the other models compare with the fastest: the tied ones, those next to them, and those not usable."""
    family = measured.family
    assert family.fastest
    if len(family.winners) > 1:
        gains = ((cell.name, gain(measured, cell.name)) for cell in family.winners[:MOST_GAINS])
        yield from (f"{model}: {text}" for model, text in gains if text)
    for outcome in (Outcome.NO_DIFFERENCE, Outcome.INCONCLUSIVE):
        if tied := [duration_text(*pair) for pair in family.others if pair[1].outcome is outcome]:
            yield f"Beside {family.fastest.name}, {outcome.value}: {listed(tied)}"
    following = [duration_text(*pair) for pair in family.runners_up]
    if [cell.name for cell, _ in family.runners_up] not in ([], ["sequential"]):
        yield f"The next {'is' if len(following) == 1 else 'are'} slower: {listed(some(following, MOST_NEXT))}"
    if family.not_usable:
        yield f"Not usable: {reasons(family.not_usable)}"


def answers_of(run: Run) -> list[tuple[Contest, str]]:
    """The contests that this run can judge, each with its sentence."""
    own = run.summary.loc[run.summary["experiment"].eq("user_work"), "workload"].unique()
    questions = [*QUESTIONS, *(("For your own work", "user_work", name) for name in own)]
    contests = ((question, contest(run, experiment, workload)) for question, experiment, workload in questions)
    return [(one, sentence(question, one)) for question, one in contests if one]


def answers(run: Run) -> list[str]:
    """The sentences that this run can give."""
    return [text for _, text in answers_of(run)] + list(map(str, crossovers(run)))


def disturbance(run: Run) -> str:
    """How many of the run's rounds other load disturbed."""
    measured = (~run.rounds["warmup"].astype(bool)).sum()
    count = round(disturbed_share(run.rounds) * measured)
    return f"Other programs or the hypervisor disturbed {count:,} of {measured:,} measured rounds."


def disturbed_warning(run: Run) -> str:
    """A warning where too many rounds were disturbed, and what to do; empty for a quiet run."""
    share = disturbed_share(run.rounds)
    if share <= NOTEWORTHY_SHARE:
        return ""
    what = f"{percent(share)} of the rounds were disturbed by other load"
    return f"{what}. Stop other programs and repeat. Next: make doctor"


def noise(run: Run) -> str:
    """The noise floor of each kind of work, or the assumed one without an A/A control; empty with too few blocks."""
    floors = [f"{floor_text(floor)} ({kind})" for kind, floor in run.noise_floors.items() if floor]
    unmeasured = [kind for kind, floor in run.noise_floors.items() if not floor]
    sentences = [f"A/A controls differed by {', '.join(floors)}: smaller differences mean nothing."] if floors else []
    floor = percent(ASSUMED_FLOOR.value)
    assumed = f"No A/A control was measured of {listed(unmeasured)}: a noise floor of {floor} is assumed."
    return " ".join([*sentences, *([assumed] if unmeasured else [])])
