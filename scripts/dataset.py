"""A run as tables: one row per round, and the spans of every task, made from the journals of its blocks.

Nothing is used in silence: a torn line, a cell that was not whole, a cell that is missing, is an omission with its
reason. Everything derived can be made again from the raw files, which are never rewritten.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
    cells: dict[tuple[int, str], Entry] = {}
    omissions: list[Omission] = []
    for file in sorted((path / "blocks").glob("*.journal")):
        for found in read_block(file):
            if isinstance(found, Omission):
                omissions.append(found)
            elif (found["block"], found["cell"]) in cells:
                omissions.append(Omission(found["block"], found["cell"], "entered twice; the first entry counts"))
            else:
                cells[found["block"], found["cell"]] = found
    if not cells:
        raise Stop(Exit.UNREADABLE, f"{path} holds no whole cell{because(omissions)}. Next: make bench")
    return Run(path, environment, round_table(cells.values()), omissions, list(cells.values()))


def because(omissions: list[Omission]) -> str:
    """The first reason, if any is known."""
    return f" ({omissions[0]})" if omissions else ""


def read_environment(path: Path) -> Entry:
    """The run's environment; Stop when it is missing or damaged."""
    file = path / "environment.json"
    if not file.exists():
        raise Stop(Exit.UNREADABLE, f"{path} is not a run: it has no environment.json. Next: make bench")
    try:
        environment = json.loads(file.read_text())
    except ValueError as problem:
        raise Stop(Exit.UNREADABLE, f"{file} is damaged: {problem}. Next: take it from a copy, or make bench") from None
    if not isinstance(environment, dict) or environment.get("schema") != journal.SCHEMA:
        raise Stop(Exit.UNREADABLE, f"{file} is of another schema than {journal.SCHEMA}. Next: make bench")
    return environment


def read_block(file: Path) -> Iterator[Entry | Omission]:
    """The whole cells of a block's journal, and everything that is not one."""
    try:
        block = int(file.stem)
    except ValueError:
        yield Omission(-1, file.name, "its name is no block's number")
        return
    planned: set[str] = set()
    entered: set[str] = set()
    for number, entry in journal.read(file):
        if isinstance(entry, ValueError):
            yield Omission(block, f"line {number}", str(entry))
        elif entry["kind"] == "block":
            planned |= {cell["cell"] for cell in entry["order"]}
        elif entry["kind"] == "cell":
            entered.add(entry["cell"])
            yield entry | {"block": block} if entry["valid"] else Omission(block, entry["cell"], entry["reason"])
    for cell in sorted(planned - entered):
        yield Omission(block, cell, "not measured: the block was cut short")


def round_table(cells: Any) -> pd.DataFrame:
    """One row per round."""
    rows = []
    for cell in cells:
        identity = {name: cell[name] for name in [*IDENTITY, "block", "valid"]}
        for entry in cell["rounds"]:
            values = {name: value for name, value in entry.items() if name not in ("spans_us", "metrics")}
            rows.append(identity | values | entry.get("metrics", {}))
    rounds = pd.DataFrame(rows)
    if "floor_seconds" in rounds:
        rounds["efficiency"] = rounds["floor_seconds"] / rounds["seconds"]
    rounds["saturated"] = rounds["saturated"].fillna("") if "saturated" in rounds else ""
    return rounds.sort_values([*IDENTITY, "block", "round"], ignore_index=True)


def write_tables(run: Run) -> None:
    """rounds.csv, rounds.parquet and summary.csv, beside the raw files."""
    run.rounds.to_csv(run.path / "rounds.csv", index=False)
    run.rounds.to_parquet(run.path / "rounds.parquet", index=False)
    run.summary.to_csv(run.path / "summary.csv", index=False)
