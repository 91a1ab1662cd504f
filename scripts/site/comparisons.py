"""Two runs side by side: read once, one pair at a time, and kept.

To read two runs takes seconds and hundreds of megabytes. Whoever opened the same comparison six times had the machine
busy for minutes, perhaps while it measured.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.core.journal import journals
from scripts.analysis.comparison import Row, rows
from scripts.report.comparison_text import cell_name, conclusion, introduction, value_text
from scripts.tables.load import Run, load
from scripts.util.exit_codes import CommandError, Exit

MOST_KEPT = 32  # tables of some 100 kB
BUSY = "Another comparison is being made, and one at a time is enough. Load this page again in a moment."
Key = tuple[tuple[str, int], ...]


class Comparisons:
    """The comparisons that were asked for; the coroutines of one event loop use it."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Key, ComparisonTable] = OrderedDict()
        self.making: tuple[Key, asyncio.Task[ComparisonTable]] | None = None

    async def table(self, one: Path, other: Path) -> "ComparisonTable":
        """The comparison of two runs. CommandError when there is none, or when another one is being made."""
        key = (state(one), state(other))
        if key not in self.kept:
            self.kept[key] = await self.made(key, one, other)
            while len(self.kept) > MOST_KEPT:
                self.kept.popitem(last=False)
        self.kept.move_to_end(key)
        return self.kept[key]

    async def made(self, key: Key, one: Path, other: Path) -> "ComparisonTable":
        """The comparison that is being made, or a new one; whoever asked first may leave meanwhile."""
        if self.making is None or self.making[1].done():
            self.making = (key, asyncio.create_task(asyncio.to_thread(side_by_side, one, other)))
        if self.making[0] != key:
            raise CommandError(Exit.NOT_MEASURED, BUSY)
        return await asyncio.shield(self.making[1])


def state(run: Path) -> tuple[str, int]:
    """What tells a run from itself at another time: its name, and when something was last written to it."""
    files = [run / "environment.json", run / "blocks", *journals(run)]
    return run.name, max((file.stat().st_mtime_ns for file in files if file.exists()), default=0)


@dataclass(frozen=True)
class ComparisonTable:
    """Two runs side by side as `make compare` shows them: an introduction, a row for each cell, and the conclusion."""

    introduction: list[str]
    rows: list[list[str]]
    conclusion: str


def side_by_side(one: Path, other: Path) -> ComparisonTable:
    """The cells that two runs have in common. Stop when one of them cannot be read, or there are none."""
    first, second = load(one), load(other)
    if not (compared := rows(first, second)):
        why = "have too few blocks to compare" if cells(first) & cells(second) else "have no cell in common"
        raise CommandError(Exit.NOT_MEASURED, f"{one.name} and {other.name} {why}.")
    return ComparisonTable(introduction(first, second), list(map(table_row, compared)), conclusion(compared, []))


def cells(run: Run) -> set[tuple[object, ...]]:
    """What was measured, by its names."""
    return set(run.rounds[["experiment", "workload", "model", "concurrency"]].itertuples(index=False, name=None))


def table_row(row: Row) -> list[str]:
    """A row of the comparison: cell, A, B, B / A with its interval, conclusion."""
    ratio = f"{row.ratio.estimate:.3g} [{row.ratio.low:.3g}, {row.ratio.high:.3g}]"
    return [cell_name(row), value_text(row.what, row.a), value_text(row.what, row.b), ratio, row.words]
