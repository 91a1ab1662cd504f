"""The comparison of two runs in words, for the terminal and the page: cells, values, introduction and conclusion."""

from scripts.analysis.answers import disturbance
from scripts.analysis.comparison import ASSUMED_SPREAD, IDENTITY, Row, differences, same_machine, unsteady
from scripts.analysis.wording import repeats
from scripts.report import claim_document
from scripts.stats.intervals import Interval
from scripts.tables.load import Run
from scripts.util.format import listed, percent, plural, seconds, times
from scripts.verdict.two_runs import Verdicts
from scripts.verdict.value_text import estimate_text


def value_text(what: str, value: Interval) -> str:
    """`51.2 ms` or `7.84×`."""
    return seconds(value.estimate) if what == "seconds" else times(value.estimate)


def cell_name(row: Row) -> str:
    """The cell, as short as it is clear."""
    size = f" c{row.cell['concurrency']}" if row.cell["concurrency"] else ""
    share = f" {row.cpu_percent:.0f}% CPU" if 0 < row.cpu_percent < 100 else ""
    return f"{row.cell['experiment']}: {row.cell['workload']} {row.cell['model']}{size}{share}"


def claim_sentence(verdicts: Verdicts) -> str:
    """`network-io: A 18.9× (18.1–19.7×), B 17.2× (16.0–18.4×); holds on both.`"""
    measures = []
    for first, second in verdicts.outcomes:
        texts = [estimate_text(claim_document.part(outcome)) for outcome in (first, second)]
        label = f" ({first.part.name})" if first.part.name else ""
        measures.append(f"A {texts[0]}, B {texts[1]}{label}")
    verdict = (
        f"{verdicts.a.verdict} on both"
        if verdicts.a.verdict == verdicts.b.verdict
        else f"{verdicts.a.verdict} on A, {verdicts.b.verdict} on B"
    )
    return f"{verdicts.a.claim.id}: {'; '.join(measures)}: {verdict}."


def introduction(a: Run, b: Run) -> list[str]:
    """The two runs, how their machines differ, and what is therefore compared."""
    sentences = [
        f"{letter}: run {run.environment['run']}, {machine(run)}, {run.blocks_words}. {disturbance(run)}"
        for letter, run in (("A", a), ("B", b))
    ]
    changed = differences(a, b)
    sentences.append(
        f"They differ in: {', '.join(changed)}." if changed else "Same machine, same Python, same packages."
    )
    if not same_machine(a, b):
        why = ", ".join(name for name in changed if name in IDENTITY)
        sentences.append(f"These may be two machines ({why}), so seconds are not compared; speed-ups and claims are.")
    if unsure := [letter for letter, run in (("A", a), ("B", b)) if unsteady(run)]:
        whose = f"The calibration of {listed(unsure)} was not steady"
        sentences.append(f"{whose}, so cells that compute are compared within their own run only.")
    if min(repeats(a), repeats(b)) == 1:
        spread = percent(ASSUMED_SPREAD.sd)
        sentences.append(
            f"From run to run a cell's time is taken to spread by {spread}, so only large differences show. "
            "make bench REPEAT=3 measures that spread."
        )
    return sentences


def machine(run: Run) -> str:
    """Where a run was measured."""
    where, python = run.environment["machine"], run.environment["python"]
    return f"{where['cpu']}, {plural(where['cores_usable'], 'usable core')}, Python {python['version']}"


def conclusion(compared: list[Row], claims: list[Verdicts]) -> str:
    """The conclusion in a sentence."""
    words = [row.words for row in compared]
    counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(sorted(words))]
    cells = f"Of {len(compared)} cells, B is: {', '.join(counts)}." if compared else ""
    if whys := dict.fromkeys(row.conclusion.reason for row in compared if row.conclusion.reason):
        cells += f" Not usable: {listed(whys)}."
    opposite = [one.a.claim.id for one in claims if one.opposite]
    differ = f" Opposite verdicts: {', '.join(opposite)}." if opposite else " No claim has opposite verdicts."
    return cells + (differ if claims else "")
