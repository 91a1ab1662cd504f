"""The atlas as JSON, CSV and a self-contained page."""

import csv
import json
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

from scripts.atlas.collect import Collection, Entry
from scripts.atlas.forest import forest
from scripts.atlas.machines import ClaimOverMachines, over_machines
from scripts.atlas.winners import WORK, Place, map_of
from scripts.report import html
from scripts.util.atomic_write import atomic_write

SCHEMA = 1
COLUMNS = ("talk", "id", "machine", "condition", "cores", "python", "gil", "verdict", "estimate", "low", "high")


def units(collection: Collection) -> tuple[tuple[Entry, ...], str]:
    """What is counted: machines; conditions of machines only where no machine as it is was shared."""
    if collection.machines:
        return collection.machines, "machine"
    return collection.conditions, "condition"


def document(collection: Collection, claims: list[ClaimOverMachines], unit: str) -> dict[str, Any]:
    """Everything that the page says, as JSON takes it."""
    return {
        "schema": SCHEMA,
        "unit": unit,
        "machines": len(collection.machines),
        "conditions": [entry.share.name for entry in collection.conditions],
        "left_out": [{"file": one.path.name, "reason": one.reason} for one in collection.left_out],
        "claims": [claim_entry(one) for one in claims],
        "fastest": {
            work: [{"cores": place.cores, "python": place.python, "winners": dict(place.winners)} for place in places]
            for work, places in maps(units(collection)[0])
        },
    }


def maps(entries: tuple[Entry, ...]) -> list[tuple[str, list[Place]]]:
    """The map of each kind of work that any machine has measured."""
    measured = {work: [(one.share, one.fastest[work]) for one in entries if work in one.fastest] for work in WORK}
    return [(work, map_of(machines)) for work, machines in measured.items() if machines]


def claim_entry(one: ClaimOverMachines) -> dict[str, Any]:
    """One claim."""
    return {
        "talk": one.talk,
        "id": one.id,
        "text": one.text,
        "sentence": one.sentence,
        "verdicts": dict(one.verdicts),
        "told_apart_by": one.told_apart_by,
        "over_machines": asdict(one.pooled) if one.pooled else None,
        "machines": [
            {"name": e.share.name, "verdict": e.verdict, "estimate": e.estimate, "low": e.low, "high": e.high}
            for e in one.effects
        ],
    }


def table(claims: list[ClaimOverMachines]) -> str:
    """One row per claim and machine, as CSV; a name that a spreadsheet would take for a formula is quoted."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in claims:
        for effect in one.effects:
            share = effect.share
            name = f"'{share.machine.cpu}" if share.machine.cpu[:1] in "=+-@" else share.machine.cpu
            place = (one.talk, one.id, name, share.condition, share.machine.cores_usable)
            build = (share.python.version, share.python.gil)
            writer.writerow((*place, *build, effect.verdict, effect.estimate, effect.low, effect.high))
    return text.getvalue()


def page(collection: Collection, claims: list[ClaimOverMachines], unit: str) -> str:
    """The page."""
    entries = units(collection)[0]
    return html.render(
        "atlas.html",
        [html.script("page.js")],
        unit=unit,
        count=len(entries),
        collection=collection,
        claims=[(one, forest(one)) for one in claims],
        conditions=[] if unit == "condition" else over_machines(collection, collection.conditions),
        maps=maps(entries),
    )


def write(collection: Collection, folder: Path) -> dict[str, Any]:
    """Write index.html, atlas.json and atlas.csv into the folder; the document."""
    entries, unit = units(collection)
    claims = over_machines(collection, entries)
    made = document(collection, claims, unit)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "index.html": page(collection, claims, unit),
        "atlas.json": json.dumps(made, indent=1, allow_nan=False) + "\n",
        "atlas.csv": table(claims),
    }
    for name, text in texts.items():
        with atomic_write(folder / name) as file:
            file.write_text(text, encoding="utf-8")
    return made
