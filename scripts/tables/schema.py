"""The schema of a run's raw files, and the check that they belong to the run.

A checksum says that a line was written so; this says that it was written by us. A journal begins with the fingerprint
of its run: of all that its environment and its pace say. So a block of another run or machine is left out, and an
environment that was altered afterwards fits none of its blocks.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.core import journal
from scripts.util.exit_codes import CommandError, Exit

Entry = dict[str, Any]

MOST_BLOCKS = 10_000  # of a run: a hundred days
LARGEST = 1e300  # beyond it whole numbers are no floats; infinity and NaN are not below it
LONGEST_NAME, LONGEST_TEXT = 200, 100_000  # characters
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # would move the cursor of a terminal
EACH = "*"  # in a shape: every other value of the table


def number(value: Any) -> bool:
    """Whether a value is a finite number below LARGEST."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def integer(value: Any) -> bool:
    """Whether a value is a whole number, not below zero."""
    return number(value) and isinstance(value, int) and value >= 0


def count(value: Any) -> bool:
    """Whether a value is a number of blocks or of cores."""
    return integer(value) and 1 <= value <= MOST_BLOCKS


def flag(value: Any) -> bool:
    """Whether a value is a boolean."""
    return isinstance(value, bool)


def text(value: Any) -> bool:
    """Whether a value is a text that a terminal can show."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and not CONTROL.search(value)


def name(value: Any) -> bool:
    """Whether a value is a text short enough for a table, in one line."""
    return text(value) and len(value) <= LONGEST_NAME and "\n" not in value


@dataclass(frozen=True)
class Maybe:
    """A shape of what may be missing or null."""

    shape: Any


CELL = {
    "cell": name,
    "experiment": name,
    "workload": name,
    "model": name,
    "concurrency": integer,
    "tasks": integer,
    "wait_seconds": number,
    "compute_seconds": number,
    "twin": flag,
}
ROUND = {"round": integer, "warmup": flag, "seconds": number, "disturbed": flag}
LINES: dict[Any, Entry] = {
    "run": {"schema": integer, "block": integer, "of": name},
    "block": {"order": [CELL]},
    "begin": {"cell": name},
    "cell": CELL | {"valid": flag, "reason": text, "rounds": [ROUND]},
    "end": {},
}
# Any other column holds a number, yes or no, or nothing.
COLUMNS = {"saturated": name, "disturbed_by": text, "spans_us": [number], "metrics": {}}
PYTHON = {
    "version": name,
    "implementation": Maybe(name),
    "optimised": Maybe(flag),
    "free_threaded": Maybe(flag),
    "gil": Maybe(flag),
    "jit": Maybe(flag),
}
ENVIRONMENT = {
    "run": name,
    "plan": {
        "only": text,
        "blocks": count,
        "seed": integer,
        "quick": flag,
        "repeat": Maybe(count),
        "bench_blocks": Maybe(integer),
    },
    "machine": {"cpu": name, "cores_usable": count},
    "python": PYTHON,
    "packages": {EACH: name},
    "absent": Maybe({EACH: text}),
    "databases": Maybe({EACH: text}),
    "source": Maybe(name),
    "resumed": Maybe([name]),
    "cluster": Maybe({"address": Maybe(name)}),
    "server": Maybe({"bind": Maybe(name), "address": Maybe(name)}),
}
INTERPRETERS = [
    {
        "name": name,
        "python": PYTHON | {"free_threaded": flag},
        "packages": {EACH: name},
        "unloadable": {EACH: text},
        "absent": Maybe({EACH: text}),
        "left_out": Maybe({EACH: text}),
        "need_the_gil": Maybe({EACH: text}),
        "pure": Maybe([name]),
    }
]


def shape_error(value: Any, shape: Any, where: str) -> str | None:
    """Where and how a value differs from a shape; None when it fits. A table may hold more than its shape names."""
    if isinstance(shape, Maybe):
        return None if value is None else shape_error(value, shape.shape, where)
    if isinstance(shape, dict) and isinstance(value, dict):
        shapes = dict.fromkeys(value, shape[EACH]) if EACH in shape else shape
        wrong = (shape_error(value.get(one), inner, f"{where}: {one!s:.60}") for one, inner in shapes.items())
        return next(filter(None, wrong), None)
    if isinstance(shape, list) and isinstance(value, list):
        return next(filter(None, (shape_error(item, shape[0], where) for item in value)), None)
    valid = callable(shape) and shape(value)
    return None if valid else f"{where} cannot be {value!r:.60}"


def fault(entry: Entry) -> str | None:
    """What is wrong with an entry whose checksum is right; None when it fits the schema."""
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in LINES:
        return f"there is no kind of line called {kind!r:.60}"
    return shape_error(entry, LINES[kind], kind) or (fault_of_rounds(entry) if kind == "cell" else None)


def fault_of_rounds(cell: Entry) -> str | None:
    """What is wrong with the columns of a cell's rounds."""
    rounds = cell["rounds"]
    if cell["valid"] and all(entry["warmup"] for entry in rounds):
        return "a valid cell without a measured round"
    faults = (fault_of_column(*column) for entry in rounds for column in entry.items())
    return next(filter(None, faults), None)


def fault_of_column(column: str, value: Any) -> str | None:
    """What is wrong with one value of a round."""
    if not name(column):
        return f"no column is called {column!r:.60}"
    if value is None or isinstance(value, bool):
        return f"{column} cannot be {value!r}" if column in COLUMNS else None
    wrong = shape_error(value, COLUMNS.get(column, number), column)
    if wrong or column not in ("seconds", "spans_us", "metrics"):
        return wrong
    if column == "metrics":
        return next(filter(None, (fault_of_column(*metric) for metric in value.items())), None)
    impossible = value <= 0 if column == "seconds" else len(value) % 2
    return f"{column} cannot be {value!r:.60}" if impossible else None


def read_environment(path: Path) -> Entry:
    """The environment.json of a run. CommandError (bad data) when it is missing, damaged or of another schema."""
    file = path / "environment.json"
    try:
        environment = json.loads(file.read_text())
    except FileNotFoundError:
        why = "it has no environment.json" if path.is_dir() else "there is no such folder"
        raise CommandError(Exit.BAD_DATA, f"{path} is not a run: {why}. Next: make bench") from None
    except (OSError, ValueError, RecursionError) as problem:
        raise CommandError(
            Exit.BAD_DATA, f"{file} is damaged: {problem}. Next: take it from a copy, or make bench"
        ) from None
    if not isinstance(environment, dict) or environment.get("schema") != journal.SCHEMA:
        raise CommandError(Exit.BAD_DATA, f"{file} is of another schema than {journal.SCHEMA}. Next: make bench")
    if wrong := shape_error(environment, ENVIRONMENT, "it") or fault_of_interpreters(environment):
        raise CommandError(Exit.BAD_DATA, f"{file} is damaged: {wrong}. Next: take it from a copy, or make bench")
    return environment


def fault_of_interpreters(environment: Entry) -> str | None:
    """What is wrong with the `interpreters` of an environment; None where it is right, or there is only one."""
    if "interpreters" not in environment:
        return None
    interpreters, order = environment["interpreters"], environment["plan"].get("pythons")
    if wrong := shape_error(interpreters, INTERPRETERS, "interpreters") or shape_error(order, [name], "pythons"):
        return wrong
    names = [one["name"] for one in interpreters]
    valid = len(order) == environment["plan"]["blocks"] and set(names) == set(order) and len(set(names)) == len(names)
    return None if valid else "pythons does not name an interpreter for each block"


def fingerprint(path: Path, environment: Entry) -> str:
    """The hash that identifies a run: of its environment, without the times of resuming, and its calibration."""
    fixed = {name: value for name, value in environment.items() if name != "resumed"}
    try:
        pace = (path / "pace.json").read_bytes()
    except OSError as problem:
        raise CommandError(Exit.BAD_DATA, f"{path}/pace.json: {problem.strerror}. Next: take it from a copy") from None
    return sha256(json.dumps(fixed, sort_keys=True).encode() + pace).hexdigest()[:16]


def journal_mismatch(first: Entry | ValueError | None, block: int, run: str) -> str | None:
    """Why the journal that begins with this line is not the one of this block of this run; None when it is."""
    if not isinstance(first, dict) or first.get("kind") != "run" or fault(first):
        return "its first line does not say which run it belongs to"
    if first["of"] != run:
        return "it belongs to another run, or environment.json or pace.json was changed since"
    return None if first["block"] == block else f"it is a copy of block {first['block']}"
