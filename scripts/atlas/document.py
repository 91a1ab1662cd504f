"""The atlas as JSON, CSV and a self-contained page."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from scripts.atlas.collect import Collection, Entry
from scripts.atlas.forest import forest
from scripts.atlas.machines import ClaimOverMachines, over_machines
from scripts.atlas.winners import maps
from scripts.report import html
from scripts.util.atomic_write import atomic_write

SCHEMA = 1
EFFECT_COLUMNS = (
    "place",
    "verdict",
    "estimate",
    "low",
    "high",
)  # lists of equal length: a table takes them as they are
COLUMNS = ("talk", "id", "machine", "condition", "cores", "python", "gil", "verdict", "estimate", "low", "high")


def units(collection: Collection) -> tuple[tuple[Entry, ...], str]:
    """The units to count: machines; their conditions only where no unchanged machine was shared."""
    if collection.machines:
        return collection.machines, "machine"
    return collection.conditions, "condition"


def document(collection: Collection, claims: list[ClaimOverMachines], unit: str) -> dict[str, Any]:
    """The contents of the page as a JSON document."""
    return {
        "schema": SCHEMA,
        "unit": unit,
        "counted": [entry_row(entry) for entry in units(collection)[0]],
        "machines": len(collection.machines),
        "conditions": [entry.share.name for entry in collection.conditions],
        "differences": collection.differences,
        "left_out": [{"file": one.path.name, "reason": one.reason} for one in collection.left_out],
        "claims": [claim_entry(one) for one in claims],
        "fastest": {
            work: [{"cores": place.cores, "python": place.python, "winners": dict(place.winners)} for place in places]
            for work, places in maps(one.share for one in units(collection)[0])
        },
    }


def claim_entry(claim: ClaimOverMachines) -> dict[str, Any]:
    """A claim over machines, as atlas.json has it."""
    return {
        "talk": claim.talk,
        "id": claim.id,
        "text": claim.text,
        "sentence": claim.sentence,
        "verdicts": dict(claim.verdicts),
        "moderator": claim.moderator,
        "over_machines": asdict(claim.pooled) if claim.pooled else None,
        "effects": {name: [getattr(effect, name) for effect in claim.effects] for name in EFFECT_COLUMNS},
    }


def entry_row(entry: Entry) -> dict[str, Any]:
    """The machines that the effects refer to by index."""
    share = entry.share
    return {"name": share.name, "cores": share.machine.cores_usable, "python": share.python.version}


def rows(claims: Iterable[ClaimOverMachines]) -> Iterator[tuple[Any, ...]]:
    """The head, and a row per claim and machine; a name that a spreadsheet would take for a formula is quoted."""
    yield COLUMNS
    for one in claims:
        for effect in one.effects:
            share = effect.share
            name = f"'{share.machine.cpu}" if share.machine.cpu[:1] in "=+-@" else share.machine.cpu
            place = (one.talk, one.id, name, share.condition, share.machine.cores_usable)
            build = (share.python.version, share.python.gil)
            yield (*place, *build, effect.verdict, effect.estimate, effect.low, effect.high)


def page(collection: Collection, claims: list[ClaimOverMachines], unit: str) -> str:
    """The atlas as one HTML page."""
    entries = units(collection)[0]
    return html.render(
        "atlas.html",
        [html.script("page.js")],
        unit=unit,
        count=len(entries),
        collection=collection,
        claims=[(one, forest(one)) for one in claims],
        conditions=[] if unit == "condition" else over_machines(collection, collection.conditions),
        maps=maps(one.share for one in entries),
    )


def write(collection: Collection, folder: Path) -> dict[str, Any]:
    """Write index.html, atlas.json and atlas.csv into the folder; the document."""
    entries, unit = units(collection)
    claims = over_machines(collection, entries)
    made = document(collection, claims, unit)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "index.html") as file:
        file.write_text(page(collection, claims, unit), encoding="utf-8")
    with atomic_write(folder / "atlas.json") as file:
        file.write_bytes(msgspec.json.encode(made) + b"\n")
    with atomic_write(folder / "atlas.csv") as file, file.open("w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows(rows(claims))
    return made
