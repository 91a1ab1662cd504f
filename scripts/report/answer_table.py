"""The first screen of a report: for each kind of work the fastest model, its gain with interval, and the terms."""

from dataclasses import dataclass

from scripts.analysis.answers import answers_of, no_fastest_reason, size_text, speedup_text
from scripts.analysis.contests import Contest
from scripts.analysis.points import Run
from scripts.analysis.wording import no_winner_text, winners
from scripts.charts.lib.names import work
from scripts.tables.load import FEW_BLOCKS
from scripts.util.format import seconds, tick

KINDS = {
    "io": "I/O-bound work",
    "cpu": "CPU-bound Python code",
    "mixed": "Waiting and computing",
    "user_work": "Your own work",
}
ADVICE = {  # what a reader's program does, where the sentence of that experiment is for him
    "io": "Your program mostly waits: for pages, databases, other services",
    "cpu": "Your program mostly computes, in Python",
    "mixed": "Your program waits and computes",
    "user_work": "Your own work",
}


@dataclass(frozen=True)
class Answer:
    """A row: the kind of work, its terms, the fastest models, and what each of them gains over sequential."""

    kind: str
    terms: str
    fastest: str
    gains: list[str]
    advice: str
    sentence: str


def answer_rows(run: Run) -> list[Answer]:
    """A row for each question that the run has cells for."""
    return [row(measured, sentence) for measured, sentence in answers_of(run)]


def row(measured: Contest, sentence: str) -> Answer:
    """The row of one question."""
    experiment = str(measured.rows.iloc[0]["experiment"])
    best, gains = fastest(measured)
    return Answer(KINDS[experiment], terms(measured), best, gains, ADVICE[experiment], sentence)


def fastest(measured: Contest) -> tuple[str, list[str]]:
    """The fastest models, and each one's gain; or why there is no conclusion."""
    if measured.run.ranges_only:
        return "no conclusion", [f"too few blocks: it takes {FEW_BLOCKS}"]
    if why := no_fastest_reason(measured.family):
        return "no conclusion", [why]
    names = [cell.name for cell in measured.family.winners]
    gains = [(name, speedup_text(measured, name)) for name in names]
    texts = [f"{name}: {text}" if len(names) > 1 else text for name, text in gains if text]
    return winners(measured.family) or no_winner_text(measured.family), texts


def terms(measured: Contest) -> str:
    """The workload, how long a task waits and computes, and the concurrency."""
    first, short = measured.rows.iloc[0], tick(seconds)
    waits = [f"{short(first['wait_seconds'])} wait"] * bool(first["wait_seconds"])
    computes = [f"{short(first['compute_seconds'])} CPU"] * bool(first["compute_seconds"])
    size = size_text(measured).removeprefix(", ")
    return ", ".join(
        filter(
            None, [work(first["workload"]), " and ".join([*waits, *computes]) + " a task", size, "start-up included"]
        )
    )
