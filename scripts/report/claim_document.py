"""Verdicts on claims as JSON, for tools, and as Markdown.

Markdown, terminal, page and slides are made from the JSON alone, so a verdict reads the same everywhere.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.core.registry import code, find
from scripts.analysis.conclusions import unusable
from scripts.analysis.evidence import Evidence, Measure
from scripts.analysis.wording import CI, RANGE
from scripts.tables.load import FEW_BLOCKS, Run
from scripts.util.atomic_write import atomic_write
from scripts.util.format import json_number, plural
from scripts.verdict.claim import TALKS, Talk
from scripts.verdict.claims_file import DEFAULT_TALK, read_talk
from scripts.verdict.evaluate import NOT_REPRODUCED, NOT_TESTABLE, OPINION, UNMEASURED, Finding, Outcome, evaluate
from scripts.verdict.requirements import interpreters_text
from scripts.verdict.value_text import bound_text, estimate_text, measure_text

SCHEMA = 1
Document = dict[str, Any]
Line = tuple[str, str, str, str, str]  # of a table: what it is, the value, the bound, the verdict, the measure
WORDS = {  # of one claim, and of several, in the sentence at the end
    "holds": ("holds", "hold"),
    "refuted": ("is refuted", "are refuted"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    NOT_REPRODUCED: ("is not reproduced here", "are not reproduced here"),
    NOT_TESTABLE: ("can't be tested here", "can't be tested here"),
    OPINION: ("is an opinion", "are opinions"),
    UNMEASURED: ("could not be measured", "could not be measured"),
}
LEGEND = (
    "Brackets: {brackets}. ≠: the value differs from the one that the author found. counterpart: a fair comparison; "
    "the verdict does not depend on it. capacity: speed-up ÷ the parallel capacity that was measured, in cores."
)


def document(talk: Talk, findings: list[Finding]) -> Document:
    """The verdicts on a talk as a JSON document."""
    claims = [entry(talk, finding) for finding in findings]
    return {
        "schema": SCHEMA,
        "talk": talk.name,
        "title": talk.title,
        "source": talk.source,
        "sentence": sentence(claims),
        "claims": claims,
    }


def brackets(document: Document) -> str:
    """What stands in brackets beside the estimates of a document: CI, RANGE, or both."""
    parts = (part for claim in document["claims"] for part in claim["parts"])
    kinds = {part.get("interval", CI) for part in parts if part.get("estimate") is not None}
    return " or ".join(sorted(kinds)) or CI


def entry(talk: Talk, finding: Finding) -> Document:
    """A claim and its finding, as claims.json has them."""
    claim = finding.claim
    which = "" if talk.name == DEFAULT_TALK else f" TALK={talk.name if talk.shipped else talk.path}"
    return {
        "id": claim.id,
        "text": claim.text,
        "where": claim.where,
        "verdict": finding.verdict,
        "expected": claim.expected,
        "as_expected": finding.as_expected,
        "reason": finding.reason,
        "why": claim.why,
        "source": claim.source,
        "condition": claim.condition,
        "command": f"make claim ID={claim.id}{which}",
        "run": finding.run.environment["run"] if finding.run else "",
        "compared": interpreters_text(finding.run, finding.over) if finding.run and finding.over else "",
        "parts": [part(outcome) for outcome in finding.outcomes],
    }


def part(outcome: Outcome) -> Document:
    """A measure of a claim with its bound and verdict, and the measure beside it."""
    limit = outcome.part.bound
    ends = {"bound_low": json_number(limit.low), "bound_high": json_number(limit.high)}
    verdict = {"p_value": outcome.p_value, "verdict": outcome.verdict, "reason": outcome.reason}
    counterpart = outcome.part.counterpart and (
        measured(outcome.part.counterpart, outcome.counterpart)
        | {"reason": doubt(outcome.part.counterpart, outcome.counterpart)}
    )
    named = {"name": outcome.part.name, "bound": outcome.part.holds, "per_capacity": outcome.part.per_capacity}
    return named | ends | measured(outcome.part.measure, outcome.evidence) | verdict | {"counterpart": counterpart}


def measured(measure: Measure, evidence: Evidence | None) -> Document:
    """A measure's cells and metric, and its estimate with interval."""
    estimate, low, high = (evidence.ends if evidence else None) or (None, None, None)
    return {
        "of": measure.of,
        "over": measure.over,
        "metric": measure.metric,
        "over_metric": measure.over_metric,
        "log": evidence.log if evidence else False,
        "blocks": len(evidence.values) if evidence else 0,
        "unit": "runs" if evidence and "repeat" in evidence.sides[0] else "blocks",
        "interval": RANGE if evidence and evidence.ranges_only else CI,
        "estimate": None if estimate is None else json_number(estimate),
        "low": None if low is None else json_number(low),
        "high": None if high is None else json_number(high),
        "code": list(dict.fromkeys(file for cell in measure.cells for file in code(find(cell)))),
    }


def doubt(measure: Measure, evidence: Evidence | None) -> str:
    """Why what stands beside a claim decides nothing; empty where it does, or where there is none."""
    if not evidence or min(side["block"].nunique() for side in evidence.sides) < FEW_BLOCKS:
        return ""  # of so few blocks the claim itself says so
    timed = "seconds" in measure.metric or measure.metric == "tasks_per_second"
    return next(filter(None, (unusable(side, timed=timed) for side in evidence.sides)), "")


def sentence(claims: list[Document]) -> str:
    """The number of claims for each verdict, and the claims that differ from what their author says."""
    counts = [(sum(one["verdict"] == verdict for one in claims), words) for verdict, words in WORDS.items()]
    parts = ", ".join(f"{count} {words[count > 1]}" for count, words in counts if count)
    other = [one["id"] for one in claims if one["as_expected"] is False]
    differ = f" Differs from what the author found: {', '.join(other)}." if other else ""
    return f"Of {plural(len(claims), 'claim')} {parts}.{differ}"


def sections(claims: list[Document]) -> Iterator[tuple[str, list[Document]]]:
    """The claims of each part of the talk, each part once, in the order in which they first come."""
    for where in dict.fromkeys(str(one["where"]) for one in claims):
        yield where, [one for one in claims if str(one["where"]) == where]


def rows(claim: Document) -> Iterator[Line]:
    """A claim's line, and one more for each measure of several."""
    mark = "" if claim["as_expected"] is not False else " ≠"
    single = claim["parts"] if len(claim["parts"]) == 1 else [None]
    first = single[0]
    value, limit, what = (estimate_text(first), bound_text(first), measure_text(first)) if first else ("", "", "")
    yield claim["id"], value, limit, claim["verdict"] + mark, what
    for one in claim["parts"] if not first else []:
        yield f"  {one['name']}", estimate_text(one), bound_text(one), one["verdict"], measure_text(one)


def rows_with_counterparts(claim: Document) -> Iterator[Line]:
    """A claim's lines, and under each measure its counterpart: the same work under another model or library."""
    lines = list(rows(claim))
    yield lines[0]
    if len(claim["parts"]) == 1:
        yield from counterpart(claim["parts"][0])
    for line, one in zip(lines[1:], claim["parts"], strict=False):
        yield line
        yield from counterpart(one)


def counterpart(part: Document) -> Iterator[Line]:
    """The line of what is shown beside a measure, by the names that are others there; none without a value."""
    counterpart = part["counterpart"]
    if counterpart and (value := estimate_text(part | counterpart)):
        claimed, names = (f"{one['of']}/{one['over']}".split("/") for one in (part, counterpart))
        others = dict.fromkeys(name for name in names if name and name not in claimed)
        reason = f" (not usable: {why})" if (why := counterpart.get("reason")) else ""
        yield (
            f"  counterpart: {', '.join(others) or counterpart['metric']}{reason}",
            value,
            "",
            "",
            measure_text(counterpart),
        )


def note_on(claim: Document) -> str:
    """A note on the verdict: why there is none, or why it differs from the source."""
    reason = "" if claim["verdict"] in ("holds", "refuted", OPINION) else claim["reason"]
    why = claim["why"] if claim["verdict"] != NOT_TESTABLE else ""
    return ". ".join(filter(None, (claim.get("compared"), reason, why)))


def annotations(claim: Document) -> Iterator[str]:
    """Where a claim stands, under what condition it was made, and the note on its verdict; each where there is one."""
    for text in (claim["source"] and f"Source: {claim['source']}", claim["condition"], note_on(claim)):
        if text:
            yield f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def markdown(document: Document) -> str:
    """The verdicts as Markdown tables."""
    parts = [f"## {document['title']}", document["sentence"], LEGEND.format(brackets=brackets(document))]
    for where, claims in sections(document["claims"]):
        lines = ["| claim | measure | measured | bound | verdict |", "| --- | --- | ---: | ---: | --- |"]
        for claim in claims:
            for place, (name, *values, measure) in enumerate(rows_with_counterparts(claim)):
                text = f"**{name}**: {claim['text']}" if not place else f"… {name.strip()}"
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in (text, measure, *values)) + " |")
        notes = [f"- {claim['id']}: {about}" for claim in claims if (about := " ".join(annotations(claim)))]
        parts += [f"### {where}" if where else "", "\n".join(lines), "\n".join(notes)]
    return "\n\n".join(filter(None, parts)) + "\n"


def write(document: Document, folder: Path) -> Path:
    """The verdicts on a talk as JSON and as Markdown in the folder of a run: claims.json, or claims-<talk>.json."""
    stem = "claims" if document["talk"] == DEFAULT_TALK else f"claims-{document['talk']}"
    texts = {".json": json.dumps(document, indent=1, ensure_ascii=False), ".md": markdown(document)}
    for suffix, text in texts.items():
        with atomic_write(folder / f"{stem}{suffix}") as file:
            file.write_text(text, encoding="utf-8")
    return folder / f"{stem}.json"


def verdicts_of(*runs: Run) -> list[Document]:
    """The verdicts of the runs on each of our talks, without the claims that they have not measured."""
    documents = []
    for file in sorted(TALKS.glob("*.toml")):
        talk = read_talk(file)
        judgements = [one for one in evaluate(talk, runs) if one.outcomes or one.verdict != UNMEASURED]
        if any(one.outcomes for one in judgements):
            documents.append(document(talk, judgements))
    return documents


def write_verdicts(run: Run, *others: Run) -> None:
    """Write those verdicts into the run's folder; `others` are runs with further cells."""
    for one in verdicts_of(run, *others):
        write(one, run.path)
