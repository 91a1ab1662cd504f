"""A run as tables: one row per round, and the spans of every task, made from the journals of its blocks.

Nothing is used in silence: a torn line, a cell that was not whole, a cell that is missing, is an omission with its
reason. Everything derived can be made again from the raw files, which are never rewritten.

A journal begins with the fingerprint of its run: of all that its environment and its pace say. So a block of another
run or machine is left out, and an environment that was altered afterwards fits none of its blocks.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import journal
from scripts.exits import Exit, Stop

LATEST = Path("results/latest")
IDENTITY = ["experiment", "workload", "model", "concurrency", "tasks", "wait_seconds", "compute_seconds", "twin"]
FEW_BLOCKS = 6  # below this a t-interval says more about its tables than about the machine: ranges only

Entry = dict[str, Any]

# What each kind of line must hold. The checksum says that a line was written so; this, that it was written by us.
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
ROUND = {"round": int, "discarded": bool, "seconds": float, "disturbed": bool}
LINES: dict[Any, Entry] = {
    "run": {"schema": int, "block": int, "of": str},
    "block": {"order": [CELL]},
    "begin": {"cell": str},
    "cell": CELL | {"valid": bool, "reason": str, "rounds": [ROUND]},
    "end": {},
}
COLUMNS = {"saturated": str, "spans_us": [float], "metrics": {}}  # any other holds a number, yes or no, or nothing
LARGEST = 1e300  # beyond it whole numbers are no floats; infinity and NaN are not below it
ENVIRONMENT = {
    "run": str,
    "plan": {"only": str, "blocks": int, "seed": int, "quick": bool},
    "machine": {"cpu": str, "cores_usable": int},
    "python": {"version": str},
    "packages": {},
}


@dataclass(frozen=True)
class Omission:
    """Something that should have been a result and is not."""

    block: int
    what: str
    reason: str

    def __str__(self) -> str:
        return f"block {self.block}, {self.what}: {self.reason}"


@dataclass(frozen=True)
class Run:
    """A run: where it lies, where it was measured, its rounds, what is missing from it."""

    path: Path
    environment: Entry
    rounds: pd.DataFrame
    omissions: list[Omission]
    cells: list[Entry]  # journal entries of whole cells, spans included

    @property
    def blocks(self) -> int:
        """How many blocks have at least one result."""
        return int(self.rounds["block"].nunique())

    @property
    def ranges_only(self) -> bool:
        """Whether there are too few blocks for intervals and verdicts."""
        return self.blocks < FEW_BLOCKS

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per cell, with intervals."""
        from scripts.summary import summarise

        return summarise(self.rounds, ranges_only=self.ranges_only)

    @cached_property
    def noise_floor(self) -> float | None:
        """How far identical twins were apart: 0.04 for up to 4 %. None without twins, or with too few blocks."""
        from scripts.summary import twins_apart

        return None if self.ranges_only else twins_apart(self.rounds)

    def spans(self, **identity: object) -> pd.DataFrame:
        """Spans of the measured rounds of the cells that match: block, round, task, start_s, end_s."""
        frames = [spans_of(cell) for cell in self.cells if all(cell[key] == value for key, value in identity.items())]
        columns = ["block", "round", "task", "start_s", "end_s"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def spans_of(cell: Entry) -> pd.DataFrame:
    """The measured rounds of one cell in one block."""
    measured = [entry for entry in cell["rounds"] if not entry["discarded"] and entry.get("spans_us")]
    frames = [span_frame(cell["block"], entry) for entry in measured]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def span_frame(block: int, entry: Entry) -> pd.DataFrame:
    """One round's spans, in seconds since it began."""
    spans = np.asarray(entry["spans_us"], dtype=np.float64).reshape(-1, 2) / 1e6
    columns = {"block": block, "round": entry["round"], "task": np.arange(len(spans))}
    return pd.DataFrame(columns | {"start_s": spans[:, 0], "end_s": spans[:, 1]})


def load(path: Path) -> Run:
    """Read a run. Stop when there is none, or when nothing in it can be read."""
    environment = read_environment(path)
    run, found = fingerprint(path, environment), dict[tuple[int, str], list[Entry]]()
    omissions: list[Omission] = []
    for file in sorted((path / "blocks").glob("*.journal")):
        for one in read_block(file, run):
            if isinstance(one, Omission):
                omissions.append(one)
            else:
                found.setdefault((one["block"], one["cell"]), []).append(one)
    cells = [entries[0] for entries in found.values() if all(entry == entries[0] for entry in entries)]
    omissions += [omission for entries in found.values() for omission in entered_again(entries)]
    if not cells:
        raise Stop(Exit.UNREADABLE, f"{path} holds no whole cell{because(omissions)}. Next: make bench")
    omissions += missing_blocks(path, environment["plan"]["blocks"])
    return Run(path, environment, round_table(cells), omissions, cells)


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
    if cell["valid"] and all(entry["discarded"] for entry in rounds):
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


def because(omissions: list[Omission]) -> str:
    """The first reason, if any is known."""
    return f" ({omissions[0]})" if omissions else ""


def missing_blocks(path: Path, blocks: int) -> Iterator[Omission]:
    """The blocks that were planned and have no journal."""
    for number in range(blocks):
        if not (path / "blocks" / f"{number:02}.journal").exists():
            yield Omission(number, "every cell", "not measured: the block has no journal")


def entered_again(entries: list[Entry]) -> Iterator[Omission]:
    """What to say of a cell with more than one entry: a copy changes nothing, but of two that differ none is right."""
    alike = all(entry == entries[0] for entry in entries)
    words = "entered twice; it counts once" if alike else "two entries that differ; neither counts"
    if len(entries) > 1:
        yield Omission(entries[0]["block"], entries[0]["cell"], words)


def read_environment(path: Path) -> Entry:
    """The run's environment; Stop when it is missing, damaged or of another schema."""
    file = path / "environment.json"
    if not file.exists():
        raise Stop(Exit.UNREADABLE, f"{path} is not a run: it has no environment.json. Next: make bench")
    try:
        environment = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError) as problem:
        raise Stop(Exit.UNREADABLE, f"{file} is damaged: {problem}. Next: take it from a copy, or make bench") from None
    if not isinstance(environment, dict) or environment.get("schema") != journal.SCHEMA:
        raise Stop(Exit.UNREADABLE, f"{file} is of another schema than {journal.SCHEMA}. Next: make bench")
    if wrong := misfit(environment, ENVIRONMENT, "it"):
        raise Stop(Exit.UNREADABLE, f"{file} is damaged: {wrong}. Next: take it from a copy, or make bench")
    return environment


def fingerprint(path: Path, environment: Entry) -> str:
    """What tells this run from every other: its environment, but for when it was resumed, and its pace."""
    fixed = {name: value for name, value in environment.items() if name != "resumed"}
    try:
        pace = (path / "pace.json").read_bytes()
    except OSError as problem:
        raise Stop(Exit.UNREADABLE, f"{path}/pace.json: {problem.strerror}. Next: take it from a copy") from None
    return sha256(json.dumps(fixed, sort_keys=True).encode() + pace).hexdigest()[:16]


def read_block(file: Path, run: str) -> Iterator[Entry | Omission]:
    """The whole cells of a block's journal, and everything that is not one; nothing else from another run's."""
    if not file.stem.isdecimal():
        yield Omission(-1, file.name, "its name is no block's number")
        return
    block = int(file.stem)
    try:
        lines = list(journal.read(file))
    except OSError as problem:
        yield Omission(block, file.name, problem.strerror or str(problem))
        return
    if stranger := whose(lines[0][1] if lines else None, block, run):
        yield Omission(block, file.name, stranger)
        return
    yield from read_entries(block, lines)


def whose(first: Entry | ValueError | None, block: int, run: str) -> str | None:
    """Why the journal that begins with this line is not the one of this block of this run; None when it is."""
    if not isinstance(first, dict) or first.get("kind") != "run" or fault(first):
        return "its first line does not say which run it belongs to"
    if first["of"] != run:
        return "it belongs to another run, or environment.json or pace.json was changed since"
    return None if first["block"] == block else f"it is a copy of block {first['block']}"


def read_entries(block: int, lines: list[tuple[int, Entry | ValueError]]) -> Iterator[Entry | Omission]:
    """The whole cells among the lines, and what is wrong with the others."""
    faults = {number: str(line) if isinstance(line, ValueError) else fault(line) for number, line in lines}
    yield from (Omission(block, f"line {number}", wrong) for number, wrong in faults.items() if wrong)
    sound = [line for number, line in lines if not isinstance(line, ValueError) and not faults[number]]
    planned = {cell["cell"] for line in sound if line["kind"] == "block" for cell in line["order"]}
    entries = [line | {"block": block} for line in sound if line["kind"] == "cell"]
    for entry in entries:
        if planned and entry["cell"] not in planned:
            yield Omission(block, entry["cell"], "it was not planned for this block")
        else:
            yield entry if entry["valid"] else Omission(block, entry["cell"], entry["reason"])
    ended = planned or any(line["kind"] == "end" for line in sound)
    missing = sorted(planned - {entry["cell"] for entry in entries}) if ended else ["every other cell"]
    yield from (Omission(block, cell, "not measured: the block was cut short") for cell in missing)


def round_table(cells: Iterable[Entry]) -> pd.DataFrame:
    """One row per round."""
    rows = []
    for cell in cells:
        identity = {name: cell[name] for name in [*IDENTITY, "block", "valid"]}
        for entry in cell["rounds"]:
            values = {name: value for name, value in entry.items() if name not in ("spans_us", "metrics")}
            metrics = entry.get("metrics", {})
            rows.append(identity | values | {"metric": next(iter(metrics), None)} | metrics)
    rounds = pd.DataFrame(rows)
    if "floor_seconds" in rounds:
        rounds["efficiency"] = (rounds["floor_seconds"] / rounds["seconds"]).where(rounds["floor_seconds"] > 0)
    rounds["saturated"] = rounds["saturated"].fillna("") if "saturated" in rounds else ""
    return rounds.sort_values([*IDENTITY, "block", "round"], ignore_index=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write that becomes `path` when it is complete, and leaves nothing when it never is."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_tables(run: Run) -> None:
    """rounds.csv, rounds.parquet and summary.csv, beside the raw files."""
    with whole(run.path / "rounds.csv") as file:
        run.rounds.to_csv(file, index=False)
    with whole(run.path / "rounds.parquet") as file:
        run.rounds.to_parquet(file, index=False)
    with whole(run.path / "summary.csv") as file:
        run.summary.to_csv(file, index=False)
