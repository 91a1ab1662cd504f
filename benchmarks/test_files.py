"""File operations: does awaiting make reading files any faster?

200 files of 64 KiB that were just written, so that they come from the cache, as most files do that a program reads
twice; 10 at once. Nothing waits here: a disk that does is another question. On request only.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.cell import Cell, cells
from benchmarks.workloads.files import Files, write_files

COUNT = 200


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The files, written outside the clock."""
    with TemporaryDirectory() as name:
        write_files(Path(name), COUNT)
        yield Path(name)


@cells("files", workloads=[Files()], concurrency=[10], tasks=lambda concurrency: COUNT, on_request=True)
def test_files(measure: Callable[[Cell], None], folder: Path, cell: Cell) -> None:
    """Read."""
    measure(replace(cell, workload=Files(folder)))
