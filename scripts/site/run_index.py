"""Runs on disk, as the page lists them.

A name from an address never becomes a path: it is looked up among the folders that are really there. A link that leads
out of the results is none of them.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scripts.analysis.comparison import Row, rows
from scripts.report.comparison_text import cell_name, conclusion, introduction, value_text
from scripts.tables.load import load
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError, Exit

REFERENCE = "reference"


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
    except CommandError as stop:
        return Past(folder, {}, str(stop))


@dataclass(frozen=True)
class Cells:
    """Two runs side by side as `make compare` shows them: an introduction, a row for each cell, what it comes to."""

    introduction: list[str]
    rows: list[list[str]]
    conclusion: str


def side_by_side(one: Path, other: Path) -> Cells:
    """The cells that two runs have in common. Stop when one of them cannot be read, or there are none."""
    first, second = load(one), load(other)
    if not (found := rows(first, second)):
        raise CommandError(
            Exit.NOT_MEASURED, f"{one.name} and {other.name} have no cell in common, or too few blocks to compare."
        )
    return Cells(introduction(first, second), list(map(told, found)), conclusion(found, []))


def told(row: Row) -> list[str]:
    """A row of the comparison: cell, A, B, B / A with its interval, what B is."""
    ratio = f"{row.ratio.estimate:.3g} [{row.ratio.low:.3g}, {row.ratio.high:.3g}]"
    return [cell_name(row), value_text(row.what, row.a), value_text(row.what, row.b), ratio, row.words]
