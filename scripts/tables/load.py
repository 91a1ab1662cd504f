"""A run as tables: one row per round, and the spans of every task, made from the journals of its blocks.

Nothing is used in silence: a torn line, a cell that was not whole, a cell that is missing, is an omission with its
reason. Everything derived can be made again from the raw files, which are never rewritten.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.core import journal
from scripts.stats.intervals import NoiseFloor
from scripts.tables import parquet
from scripts.tables.block_entries import Omission, duplicate_entries, missing_blocks, read_block
from scripts.tables.columns import CELL_AND_TWIN
from scripts.tables.repeats import only_bench, with_repeats
from scripts.tables.schema import Entry, fingerprint, read_environment
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import plural

FEW_BLOCKS = 6  # below this a t-interval says more about its tables than about the machine: ranges only


@dataclass(frozen=True)
class Run:
    """A run: its folder, its environment, its rounds, and its omissions."""

    path: Path
    environment: Entry
    rounds: pd.DataFrame
    omissions: list[Omission]
    cells: list[Entry]  # journal entries of whole cells, spans included
    other_interpreters: tuple["Run", ...] = ()  # the same under other interpreters, block by block in turns

    @property
    def by_interpreter(self) -> tuple["Run", ...]:
        """The run under its first interpreter, then the same cells under each other one."""
        return (self, *self.other_interpreters)

    @property
    def python(self) -> str:
        """The name of its interpreter where a run has several; empty where it has one."""
        return str(self.environment.get("interpreter", ""))

    @property
    def blocks(self) -> int:
        """How many blocks have at least one result."""
        return int(self.rounds["block"].nunique())

    @property
    def only_bench(self) -> frozenset[int]:
        """The blocks of a run of `make full` that measured only what `make bench` does; of any other run none."""
        return only_bench(self.environment.get("plan", {}), self.rounds["block"].unique())

    @property
    def blocks_words(self) -> str:
        """How many blocks, and of `make full` in how many what only it measures was measured."""
        part = f" ({self.blocks - len(self.only_bench)} of what only make full measures)" if self.only_bench else ""
        return f"{plural(self.blocks, 'block')}{part}"

    def blocks_for(self, cell: pd.DataFrame) -> int:
        """In how many of its blocks the run was to measure a cell, which these rounds are of."""
        from scripts.tables.summary import blocks_for

        return blocks_for(cell, frozenset(self.rounds["block"]), self.only_bench)

    @property
    def ranges_only(self) -> bool:
        """Whether there are too few blocks for intervals and verdicts."""
        return self.blocks < FEW_BLOCKS

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per cell, with intervals."""
        from scripts.tables.summary import summarise

        return summarise(self.rounds, ranges_only=self.ranges_only, only_bench=self.only_bench)

    @cached_property
    def noise_floors(self) -> dict[str, NoiseFloor | None]:
        """The noise floor of each kind of work, None where it has no A/A control; empty with too few blocks."""
        from scripts.tables.summary import noise_floors

        return {} if self.ranges_only else noise_floors(self.rounds)

    def spans(self, **identity: object) -> pd.DataFrame:
        """Spans of the measured rounds of the cells that match: block, round, task, start_s, end_s."""
        frames = [spans_of(cell) for cell in self.cells if all(cell[key] == value for key, value in identity.items())]
        columns = ["block", "round", "task", "start_s", "end_s"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def spans_of(cell: Entry) -> pd.DataFrame:
    """The spans of the measured rounds of one cell in one block: block, round, task, start_s, end_s."""
    measured = [entry for entry in cell["rounds"] if not entry["warmup"] and entry.get("spans_us")]
    frames = [span_frame(cell["block"], entry) for entry in measured]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def span_frame(block: int, entry: Entry) -> pd.DataFrame:
    """The spans of one round: a row for each task, in seconds since the round began."""
    spans = np.asarray(entry["spans_us"], dtype=np.float64).reshape(-1, 2) / 1e6
    columns = {"block": block, "round": entry["round"], "task": np.arange(len(spans))}
    return pd.DataFrame(columns | {"start_s": spans[:, 0], "end_s": spans[:, 1]})


def load(path: Path) -> Run:
    """Read a run. CommandError (bad data) when there is none, or no whole cell in it."""
    environment = read_environment(path)
    run, entries_of = fingerprint(path, environment), dict[tuple[int, str], list[Entry]]()
    omissions: list[Omission] = []
    for file in journal.journals(path):
        for one in read_block(file, run):
            if isinstance(one, Omission):
                omissions.append(one)
            else:
                entries_of.setdefault((one["block"], one["cell"]), []).append(one)
    cells = [entries[0] for entries in entries_of.values() if all(entry == entries[0] for entry in entries)]
    omissions += [omission for entries in entries_of.values() for omission in duplicate_entries(entries)]
    if not cells:
        raise CommandError(Exit.BAD_DATA, f"{path} holds no whole cell{first_reason(omissions)}. Next: make bench")
    omissions += missing_blocks(path, environment["plan"]["blocks"])
    parts = [interpreter_run(path, environment, one, cells, omissions) for one in environment.get("interpreters", [])]
    if measured := [one for one in parts if one.cells]:
        return replace(measured[0], other_interpreters=tuple(measured[1:]))
    return Run(
        path, environment, add_doubts(path, with_repeats(round_table(cells), environment["plan"])), omissions, cells
    )


def add_doubts(path: Path, rounds: pd.DataFrame) -> pd.DataFrame:
    """The rounds of a user's work, with the reason in a column `doubt` where nothing may be concluded from them."""
    file = path / "survey.json"
    doubts = json.loads(file.read_text()).get("learned", {}).get("doubts", []) if file.exists() else []
    return rounds.assign(doubt=doubts[0]) if doubts else rounds


def interpreter_run(path: Path, environment: Entry, one: Entry, cells: list[Entry], omissions: list[Omission]) -> Run:
    """The part of a run measured under one of its interpreters, as a run of its own.

    Its GIL is on where it was on after any cell, whatever the interpreter said before it had imported anything.
    """
    blocks = [number for number, name in enumerate(environment["plan"]["pythons"]) if name == one["name"]]
    mine = [cell for cell in cells if cell["block"] in blocks]
    missing = [omission for omission in omissions if omission.block in blocks]
    python = one["python"] | {"gil": any(cell.get("gil", True) for cell in mine)}
    own = {"interpreter": one["name"], "python": python}
    own |= {part: one[part] for part in ("packages", "absent") if part in one}
    return Run(path, environment | own, round_table(mine) if mine else pd.DataFrame(), missing, mine)


def first_reason(omissions: list[Omission]) -> str:
    """The first omission in brackets, for an error; empty without any."""
    return f" ({omissions[0]})" if omissions else ""


def round_table(cells: Iterable[Entry]) -> pd.DataFrame:
    """One row per round: the columns of its cell and its own, with `efficiency` (ideal ÷ measured)."""
    rows = []
    for cell in cells:
        identity = {name: cell[name] for name in [*CELL_AND_TWIN, "block", "valid"]}
        for entry in cell["rounds"]:
            values = {name: value for name, value in entry.items() if name not in ("spans_us", "metrics")}
            metrics = entry.get("metrics", {})
            rows.append(identity | values | {"metric": next(iter(metrics), None)} | metrics)
    rounds = pd.DataFrame(rows)
    if "ideal_seconds" in rounds:
        rounds["efficiency"] = (rounds["ideal_seconds"] / rounds["seconds"]).where(rounds["ideal_seconds"] > 0)
    rounds["saturated"] = rounds["saturated"].fillna("") if "saturated" in rounds else ""
    return rounds.sort_values([*CELL_AND_TWIN, "block", "round"], ignore_index=True)


def write_tables(run: Run) -> None:
    """rounds.csv, rounds.parquet and summary.csv, beside the raw files; a column says the interpreter of several."""
    rounds, summary = (joint_table(run, table) for table in ("rounds", "summary"))
    with atomic_write(run.path / "rounds.csv") as file:
        rounds.to_csv(file, index=False)
    with atomic_write(run.path / "rounds.parquet") as file:
        parquet.write(rounds, file)
    with atomic_write(run.path / "summary.csv") as file:
        summary.to_csv(file, index=False)


def joint_table(run: Run, table: str) -> pd.DataFrame:
    """A table of the run and of its other interpreters, one below the other."""
    if not run.python:
        return pd.DataFrame(getattr(run, table))
    frames = [getattr(one, table).assign(python=one.python) for one in run.by_interpreter]
    tables = pd.concat(frames, ignore_index=True)
    return pd.DataFrame(tables[["python", *(column for column in tables if column != "python")]])
