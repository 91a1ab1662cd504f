"""The runs on disk, as the page lists them.

A name from a URL never becomes a path: it is looked up among the existing folders. Symbolic links are left out, since
they may lead out of the results.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import Any

from benchmarks.core.journal import journals
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError
from scripts.util.format import plural

REFERENCE, USERS_WORK = "reference", "user_work"
LONGEST = 60


@dataclass(frozen=True)
class RunEntry:
    """A run as its environment.json describes it, or the problem that keeps it from being read."""

    folder: Path
    environment: dict[str, Any]
    problem: str = ""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def date(self) -> str:
        """When it began, from its name."""
        name = str(self.environment.get("run", self.name))
        try:
            return f"{datetime.strptime(name[:15], '%Y%m%d-%H%M%S'):%Y-%m-%d %H:%M} UTC"
        except ValueError:
            return name

    @property
    def machine(self) -> str:
        """The machine it was measured on."""
        machine = self.environment["machine"]
        return f"{machine['cpu']}, {plural(machine['cores_usable'], 'usable core')}"

    @property
    def python(self) -> str:
        """The interpreter it was measured with."""
        return str(self.environment["python"]["version"])

    @property
    def blocks(self) -> str:
        """The number of planned blocks that were begun."""
        begun, planned = len(journals(self.folder)), self.environment["plan"]["blocks"]
        return str(planned) if begun == planned else f"{begun} of {planned}"

    @property
    def measured(self) -> str:
        """What it was to measure: the command, or the cells that were asked for, cut to LONGEST characters."""
        plan = self.environment["plan"]
        if plan["only"] == USERS_WORK:
            return "a user's own work"
        asked = shorten(f'ONLY="{plan["only"]}"', LONGEST, placeholder=' …"') if plan["only"] else "make bench"
        several = self.environment.get("interpreters")
        commands = {
            "make quick": plan["quick"],
            "make full": plan.get("bench_blocks"),
            "make matrix": several,
        }
        return next((command for command, applies in commands.items() if applies), asked)

    @property
    def report(self) -> Path | None:
        """The path of its report; None when it has none."""
        path = self.folder / "report.html"
        return path if path.is_file() and not path.is_symlink() else None


def index_runs(results: Path) -> dict[str, RunEntry]:
    """The runs by name: the reference first, then the newest."""
    newest = sorted((results / "runs").glob("*"), reverse=True)
    folders = [folder for folder in (results / REFERENCE, *newest) if folder.is_dir() and not folder.is_symlink()]
    return {folder.name: read_entry(folder) for folder in folders}


def read_entry(folder: Path) -> RunEntry:
    """The entry of a folder, however damaged its files are."""
    try:
        return RunEntry(folder, read_environment(folder))
    except CommandError as stop:
        return RunEntry(folder, {}, str(stop))
