"""File operations: does awaiting make reading files any faster? Does anything, and when?

200 files of 64 KiB, 10 at once, and 4 of 16 MiB, all at once. They were just written, so they come from the cache, as
most files do that a program reads twice: then nothing waits. Cold ones come from the disk: they are taken out of the
cache before each round, and that they are out is checked. `to_thread` beside `asyncio`: one trip to a thread where
aiofiles makes three. On request only.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.core.cell import CLASSICAL, Cell, Measure, cells
from benchmarks.workloads.files import ColdFiles, ColdLargeFiles, Files, LargeFiles, write_files

MANY, FEW = 200, 4
grid = partial(cells, models=(*CLASSICAL, "to_thread"), opt_in=True)


@pytest.fixture(scope="module")
def stored() -> Iterator[Callable[[Cell], Cell]]:
    """Gives a cell its files, written outside the clock."""
    with TemporaryDirectory() as name:

        @cache
        def folder(count: int, size: int) -> Path:
            folder_of_size = Path(name, str(size))
            folder_of_size.mkdir()
            write_files(folder_of_size, count, size)
            return folder_of_size

        def give(cell: Cell) -> Cell:
            assert isinstance(cell.workload, Files)
            return replace(cell, workload=replace(cell.workload, folder=folder(cell.tasks, cell.workload.size)))

        yield give


@grid("files", workloads=[Files()], concurrency=[10], tasks=lambda concurrency: MANY)
def test_files(measure: Measure, stored: Callable[[Cell], Cell], cell: Cell) -> None:
    """Read many."""
    measure(stored(cell))


@grid("files_cold", workloads=[ColdFiles()], concurrency=[10], tasks=lambda concurrency: MANY)
def test_files_cold(measure: Measure, stored: Callable[[Cell], Cell], cell: Cell) -> None:
    """Read many from the disk."""
    measure(stored(cell))


@grid("files_large", workloads=[LargeFiles(), ColdLargeFiles()], concurrency=[FEW], tasks=lambda concurrency: FEW)
def test_files_large(measure: Measure, stored: Callable[[Cell], Cell], cell: Cell) -> None:
    """Read a few large ones."""
    measure(stored(cell))
