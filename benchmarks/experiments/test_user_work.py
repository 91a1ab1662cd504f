"""A user's own work, under every model that can run it: `make mine WORK=path/to/file.py`.

What is measured was fixed by a survey of the file before the first block; without one there is no such experiment.
Warnings of the user's code are the user's: they do not make a round invalid, as ours would.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.core.cell import Cell, Measure
from benchmarks.profiler.sizing import cells_of
from benchmarks.workloads._user_module import UnusableFile, load

if survey := os.environ.get("OVERLAP_MINE"):
    with suppress(UnusableFile):  # each cell will say so; a folder or a signal that it sets belongs to every model
        load(json.loads(Path(survey).read_text())["work"]["source"])

    @pytest.mark.filterwarnings("default")
    @pytest.mark.parametrize("cell", cells_of(json.loads(Path(survey).read_text())), ids=str)
    def test_mine(measure: Measure, cell: Cell) -> None:
        """Do the user's tasks."""
        measure(cell)
