"""Two runs side by side: read once, one pair at a time, and kept.

To read two runs takes seconds and hundreds of megabytes, so a comparison is made beside the page, which says so within
a second. Whoever opened the same comparison six times had the machine busy for minutes, perhaps while it measured.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.core.journal import journals
from scripts.analysis.comparison import Row, rows
from scripts.report.comparison_text import cell_name, conclusion, introduction
from scripts.tables.load import Run, load
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import digits

MOST_KEPT = 32  # tables of some 100 kB
PATIENCE_S = 0.5  # before the page says that the comparison is being made
QUANTITIES = {  # what is compared: the name of its table, its unit, and how many of those are one of it
    "seconds": ("Time of a round", "ms", 1e3),
    "speedup": ("Speed-up over sequential", "×", 1.0),
}
BUSY = "Another comparison is being made, and one at a time is enough. Load this page again in a moment."
Key = tuple[tuple[str, int], ...]


class Comparisons:
    """The comparisons that were asked for; the coroutines of one event loop use it."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, Comparison] = OrderedDict()
        self.making: tuple[Key, asyncio.Task[Comparison]] | None = None

    async def get(self, one: Path, other: Path) -> "Comparison | None":
        """The comparison of two runs; None while it is made. CommandError when there is none, or another is made."""
        key = (state(one), state(other))
        if key not in self.kept:
            task = self.start(key, one, other)
            await asyncio.wait([task], timeout=PATIENCE_S)
            if not task.done():
                return None
            if self.making and self.making[1] is task:
                self.making = None
            self.kept[key] = task.result()
            while len(self.kept) > MOST_KEPT:
                self.kept.popitem(last=False)
        self.kept.move_to_end(key)
        return self.kept[key]

    def start(self, key: Key, one: Path, other: Path) -> "asyncio.Task[Comparison]":
        """The comparison that is being made, or a new one; whoever asked first may leave meanwhile."""
        if self.making is None or (self.making[1].done() and self.making[0] != key):
            self.making = (key, asyncio.create_task(asyncio.to_thread(side_by_side, one, other)))
        if self.making[0] != key:
            raise CommandError(Exit.NOT_MEASURED, BUSY)
        return self.making[1]


def state(run: Path) -> tuple[str, int]:
    """The version of a run: its name, and when something was last written to it."""
    files = [run / "environment.json", run / "blocks", *journals(run)]
    return run.name, max((file.stat().st_mtime_ns for file in files if file.exists()), default=0)


@dataclass(frozen=True)
class Table:
    """Cells of which the same was compared: its name, its unit, and a row of texts for each."""

    name: str
    unit: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side as `make compare` shows them: an introduction, the tables, and the conclusion."""

    introduction: list[str]
    tables: list[Table]
    conclusion: str


def side_by_side(one: Path, other: Path) -> Comparison:
    """The cells that two runs have in common. CommandError when one of them cannot be read, or there are none."""
    first, second = load(one), load(other)
    if not (compared := rows(first, second)):
        why = "have too few blocks to compare" if cells(first) & cells(second) else "have no cell in common"
        raise CommandError(Exit.NOT_MEASURED, f"{one.name} and {other.name} {why}.")
    tables = [
        Table(name, unit, [table_row(row, scale) for row in compared if row.quantity == quantity])
        for quantity, (name, unit, scale) in QUANTITIES.items()
    ]
    return Comparison(introduction(first, second), [one for one in tables if one.rows], conclusion(compared, []))


def cells(run: Run) -> set[tuple[object, ...]]:
    """The names of every measured cell: experiment, workload, model, concurrency."""
    return set(run.rounds[["experiment", "workload", "model", "concurrency"]].itertuples(index=False, name=None))


def table_row(row: Row, scale: float) -> list[str]:
    """A row of the comparison: cell, A, B, B / A with its interval, conclusion."""
    ratio = f"{row.ratio.estimate:.3g} [{row.ratio.low:.3g}, {row.ratio.high:.3g}]"
    return [cell_name(row), digits(row.a.estimate * scale), digits(row.b.estimate * scale), ratio, row.words]
