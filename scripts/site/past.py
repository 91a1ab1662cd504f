"""Runs on disk, as the page lists them.

A name from an address never becomes a path: it is looked up among the folders that are really there. A link that leads
out of the results is none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.console import heading, line
from scripts.dataset import load, read_environment
from scripts.exits import Stop
from scripts.summary import KEY

REFERENCE = "reference"
Row = list[str]


@dataclass(frozen=True)
class Past:
    """A run as it says of itself, or what keeps it from being read."""

    folder: Path
    environment: dict[str, Any]
    trouble: str = ""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def date(self) -> str:
        """When it began, as its name has it."""
        name = str(self.environment.get("run", self.name))
        try:
            return f"{datetime.strptime(name[:15], '%Y%m%d-%H%M%S'):%Y-%m-%d %H:%M} UTC"
        except ValueError:
            return name

    @property
    def machine(self) -> str:
        """What it was measured on."""
        found = self.environment["machine"]
        return f"{found['cpu']}, {found['cores_usable']} usable cores"

    @property
    def python(self) -> str:
        """What it was measured with."""
        return str(self.environment["python"]["version"])

    @property
    def blocks(self) -> str:
        """How many blocks were begun, of how many that were planned."""
        begun, planned = len(list((self.folder / "blocks").glob("*.journal"))), self.environment["plan"]["blocks"]
        return str(planned) if begun == planned else f"{begun} of {planned}"

    @property
    def report(self) -> Path | None:
        """Its report, where it has one."""
        path = self.folder / "report.html"
        return path if path.is_file() and not path.is_symlink() else None


def past_runs(results: Path) -> dict[str, Past]:
    """The runs by name: the reference first, then the newest."""
    newest = sorted((results / "runs").glob("*"), reverse=True)
    folders = [folder for folder in (results / REFERENCE, *newest) if folder.is_dir() and not folder.is_symlink()]
    return {folder.name: read_past(folder) for folder in folders}


def read_past(folder: Path) -> Past:
    """A run, however damaged."""
    try:
        return Past(folder, read_environment(folder))
    except Stop as stop:
        return Past(folder, {}, str(stop))


@dataclass(frozen=True)
class Side:
    """Two runs side by side: rows by the question that they answer, and what to mind."""

    groups: dict[str, list[tuple[str, Row, Row]]]
    different: list[str]


def side_by_side(one: Past, other: Past) -> Side:
    """The cells of two runs, paired. Stop when one of them cannot be read."""
    rows = [cells(load(past.folder).summary) for past in (one, other)]
    groups: dict[str, list[tuple[str, Row, Row]]] = {}
    for key in [*rows[0], *(key for key in rows[1] if key not in rows[0])]:
        found = [side.get(key, []) for side in rows]
        name = next(row[0] for row in found if row).strip()
        groups.setdefault(key[0], []).append((name, found[0][1:4], found[1][1:4]))
    return Side(groups, list(differences(one, other)))


def cells(summary: pd.DataFrame) -> dict[tuple[str, ...], Row]:
    """What the terminal shows of each cell, by its question and what makes it itself."""
    found = {}
    for _, row in summary.iterrows():
        question = heading(row["experiment"], row["workload"], row["wait_seconds"], row["compute_seconds"])
        found[question, *(str(row[name]) for name in KEY), str(row.get("metric", ""))] = line(row)
    return found


def differences(one: Past, other: Past) -> Iterator[str]:
    """What else than the code may have made a difference."""
    for what, left, right in (
        ("machine", one.machine, other.machine),
        ("Python", one.python, other.python),
        ("packages", one.environment["packages"], other.environment["packages"]),
    ):
        if left != right:
            yield what
