"""What the raw files of a run must hold, and whose they are.

A checksum says that a line was written so; this says that it was written by us. A journal begins with the fingerprint
of its run: of all that its environment and its pace say. So a block of another run or machine is left out, and an
environment that was altered afterwards fits none of its blocks.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.core import journal
from scripts.util.exit_codes import CommandError, Exit

Entry = dict[str, Any]

CELL = {
    "cell": str,
    "experiment": str,
    "workload": str,
    "model": str,
    "concurrency": int,
    "tasks": int,
    "wait_seconds": float,
    "compute_seconds": float,
    "twin": bool,
}
ROUND = {"round": int, "warmup": bool, "seconds": float, "disturbed": bool}
LINES: dict[Any, Entry] = {
    "run": {"schema": int, "block": int, "of": str},
    "block": {"order": [CELL]},
    "begin": {"cell": str},
    "cell": CELL | {"valid": bool, "reason": str, "rounds": [ROUND]},
    "end": {},
}
COLUMNS = {
    "saturated": str,
    "disturbed_by": str,
    "spans_us": [float],
    "metrics": {},
}  # any other holds a number, yes or no, or nothing
LARGEST = 1e300  # beyond it whole numbers are no floats; infinity and NaN are not below it
ENVIRONMENT = {
    "run": str,
    "plan": {"only": str, "blocks": int, "seed": int, "quick": bool},
    "machine": {"cpu": str, "cores_usable": int},
    "python": {"version": str},
    "packages": {},
}


INTERPRETERS = [{"name": str, "python": {"version": str, "free_threaded": bool}, "packages": {}, "unloadable": {}}]


def misfit(value: Any, shape: Any, where: str) -> str | None:
    """What keeps the value from having the shape; None when it has it. A table may hold more than its shape says."""
    if isinstance(shape, dict) and isinstance(value, dict):
        wrong = (misfit(value.get(name), inner, f"{where}: {name}") for name, inner in shape.items())
        return next(filter(None, wrong), None)
    if isinstance(shape, list) and isinstance(value, list):
        return next(filter(None, (misfit(item, shape[0], where) for item in value)), None)
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
    whole_number = number and isinstance(value, int) and value >= 0
    fits = {float: number, int: whole_number}[shape] if shape in (float, int) else type(value) is shape
    return None if fits else f"{where} cannot be {value!r:.60}"


def fault(entry: Entry) -> str | None:
    """What is wrong with an entry whose checksum is right; None when it is as this schema has it."""
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in LINES:
        return f"there is no kind of line called {kind!r:.60}"
    return misfit(entry, LINES[kind], kind) or (fault_of_rounds(entry) if kind == "cell" else None)


def fault_of_rounds(cell: Entry) -> str | None:
    """What is wrong with the columns of a cell's rounds."""
    rounds = cell["rounds"]
    if cell["valid"] and all(entry["warmup"] for entry in rounds):
        return "a valid cell without a measured round"
    faults = (fault_of_column(name, value) for entry in rounds for name, value in entry.items())
    return next(filter(None, faults), None)


def fault_of_column(name: str, value: Any) -> str | None:
    """What is wrong with one value of a round."""
    if value is None or isinstance(value, bool):
        return f"{name} cannot be {value!r}" if name in COLUMNS else None
    wrong = misfit(value, COLUMNS.get(name, float), name)
    if wrong or name not in ("seconds", "spans_us", "metrics"):
        return wrong
    if name == "metrics":
        return next(filter(None, (fault_of_column(*metric) for metric in value.items())), None)
    impossible = value <= 0 if name == "seconds" else len(value) % 2
    return f"{name} cannot be {value!r:.60}" if impossible else None


def read_environment(path: Path) -> Entry:
    """The run's environment; Stop when it is missing, damaged or of another schema."""
    file = path / "environment.json"
    if not file.exists():
        raise CommandError(Exit.BAD_DATA, f"{path} is not a run: it has no environment.json. Next: make bench")
    try:
        environment = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError) as problem:
        raise CommandError(
            Exit.BAD_DATA, f"{file} is damaged: {problem}. Next: take it from a copy, or make bench"
        ) from None
    if not isinstance(environment, dict) or environment.get("schema") != journal.SCHEMA:
        raise CommandError(Exit.BAD_DATA, f"{file} is of another schema than {journal.SCHEMA}. Next: make bench")
    if wrong := misfit(environment, ENVIRONMENT, "it") or fault_of_interpreters(environment):
        raise CommandError(Exit.BAD_DATA, f"{file} is damaged: {wrong}. Next: take it from a copy, or make bench")
    return environment


def fault_of_interpreters(environment: Entry) -> str | None:
    """What is wrong with what a run says of its interpreters; None where it has only one and says nothing."""
    if "interpreters" not in environment:
        return None
    found, order = environment["interpreters"], environment["plan"].get("pythons")
    if wrong := misfit(found, INTERPRETERS, "interpreters") or misfit(order, [str], "pythons"):
        return wrong
    known = len(order) == environment["plan"]["blocks"] and {one["name"] for one in found} == set(order)
    return None if known else "pythons does not name an interpreter for each block"


def fingerprint(path: Path, environment: Entry) -> str:
    """What tells this run from every other: its environment, but for when it was resumed, and its pace."""
    fixed = {name: value for name, value in environment.items() if name != "resumed"}
    try:
        pace = (path / "pace.json").read_bytes()
    except OSError as problem:
        raise CommandError(Exit.BAD_DATA, f"{path}/pace.json: {problem.strerror}. Next: take it from a copy") from None
    return sha256(json.dumps(fixed, sort_keys=True).encode() + pace).hexdigest()[:16]


def whose(first: Entry | ValueError | None, block: int, run: str) -> str | None:
    """Why the journal that begins with this line is not the one of this block of this run; None when it is."""
    if not isinstance(first, dict) or first.get("kind") != "run" or fault(first):
        return "its first line does not say which run it belongs to"
    if first["of"] != run:
        return "it belongs to another run, or environment.json or pace.json was changed since"
    return None if first["block"] == block else f"it is a copy of block {first['block']}"
