"""The claims of a talk with their verdicts as HTML: a table, and for each claim what was found, its code, its command.

The same parts stand in the report of a run and, alone, in `claims.html`. They are made from the JSON of
`scripts.report.claim_document` only, so a verdict reads the same everywhere.
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.core import renamed
from scripts.analysis.wording import CI, RANGE
from scripts.report import claim_chart, html
from scripts.report.claim_document import SCHEMA, note_on, rows, sections
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict.value_text import bound_text, estimate_text, measure_text, value_text

SIGNS = {"holds": "✓", "refuted": "✗", "inconclusive": "?", "not reproduced here": "≠"}  # never by colour alone
Document = dict[str, Any]


def read_claims(folder: Path) -> list[Document]:
    """The verdicts beside a run: claims.json, then those of other talks. CommandError when one is damaged."""
    return [read(file) for file in sorted(folder.glob("claims*.json"), key=lambda file: (len(file.name), file.name))]


def read(file: Path) -> Document:
    """One document of verdicts. CommandError when it cannot be read."""
    try:
        document = renamed.verdicts(json.loads(file.read_text(encoding="utf-8")))
        if document["schema"] == SCHEMA:
            talk_view(document)  # what it lacks, is missed here
            return dict(document)
        why = f"it is of another schema than {SCHEMA}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        why = f"{type(problem).__name__}: {problem}"
    raise CommandError(Exit.BAD_DATA, f"{file} cannot be read: {why:.200}. Next: make claims RUN={file.parent}")


def view(claim: Document) -> Document:
    """A claim as the page shows it."""
    lines, note = list(rows(claim)), note_on(claim)
    return claim | {
        "sign": SIGNS.get(claim["verdict"], "–"),
        "kind": claim["verdict"].replace(" ", "-"),
        "first": lines[0],
        "note": note[:1].upper() + note[1:],
        "measured": [view_part(part) for part in claim["parts"]],
    }


def view_part(part: Document) -> Document:
    """A measure of a claim as the page shows it."""
    counterpart = part["counterpart"]
    return {
        "name": part["name"],
        "what": measure_text(part),
        "found": estimate_text(part),
        "words": interval_words(part),
        "bound": bound_text(part),
        "verdict": part["verdict"],
        "blocks": f"{part['blocks']} {part.get('unit', 'blocks')}",
        "p_value": part["p_value"],
        "chart": claim_chart.draw(part),
        "counterpart": counterpart_text(part) if counterpart else "",
        "code": [(path, html.code_anchor(path)) for path in part["code"] if html.code(path) is not None],
    }


def counterpart_text(part: Document) -> str:
    """What stands beside a measure, and why it decides nothing where it does not."""
    counterpart = part["counterpart"]
    reason = f" (not usable: {why})" if (why := counterpart.get("reason")) else ""
    return f"{measure_text(counterpart)}: {estimate_text(part | counterpart) or 'not measured'}{reason}"


def interval_words(part: Document) -> str:
    """The interval in words, or the range; empty where there is none, or it has no width."""
    low, high = value_text(part, part["low"]), value_text(part, part["high"])
    if part["estimate"] is None or low == high:
        return ""
    unit = part.get("unit", "blocks")
    if part.get("interval") == RANGE:
        return f"{RANGE} of {part['blocks']} {unit}: {low} to {high}"
    return f"{CI}: values from {low} to {high} fit these {unit}" if high != "∞" else f"{CI}: {low} or more"


def talk_view(document: Document) -> Document:
    """A talk as the page shows it, section by section."""
    groups = [(where, [view(claim) for claim in claims]) for where, claims in sections(document["claims"])]
    return {
        "title": document["title"],
        "source": document["source"],
        "sentence": document["sentence"],
        "sections": groups,
    }


def code_of(documents: list[Document]) -> list[str]:
    """The files that any of the claims was measured with."""
    return [path for talk in documents for claim in talk["claims"] for part in claim["parts"] for path in part["code"]]


def write_claims_page(folder: Path, claims: Document) -> Path:
    """Write the verdicts on a talk as a page of their own: claims.html, named like their JSON."""
    page = html.render(
        "claims.html",
        [html.script("page.js")],
        talks=[talk_view(claims)],
        code=html.listing(code_of([claims])),
    )
    name = next((file.stem for file in folder.glob("claims*.json") if read(file)["talk"] == claims["talk"]), "claims")
    return html.write_page(folder / f"{name}.html", page)
