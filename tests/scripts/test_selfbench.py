"""A run that is made larger is still a run, and nothing else."""

from pathlib import Path

import pytest

from scripts.selfbench import STEPS, enlarged_run, step_cost
from scripts.tables.load import load
from tests.scripts.recorded import record


def test_a_run_made_larger_has_its_blocks_again_and_no_omission(tmp_path: Path) -> None:
    small = load(record(tmp_path))
    large = load(enlarged_run(small.path, tmp_path / "large", 7))
    assert (large.blocks, large.omissions) == (7, [])
    assert len(large.cells) == len(small.cells) // small.blocks * 7
    again = large.rounds[large.rounds["block"] == 4]["seconds"]
    assert list(again) == list(small.rounds[small.rounds["block"] == 4 % small.blocks]["seconds"])


def test_a_run_without_some_of_its_cells_misses_none(tmp_path: Path) -> None:
    small = load(record(tmp_path))
    gone = small.cells[0]["cell"]
    fewer = load(enlarged_run(small.path, tmp_path / "fewer", small.blocks, lambda cell: cell != gone))
    assert fewer.omissions == []
    assert {cell["cell"] for cell in fewer.cells} == {cell["cell"] for cell in small.cells} - {gone}


@pytest.mark.real
@pytest.mark.parametrize("step", STEPS)
def test_every_step_runs_in_an_interpreter_of_its_own(step: str, tmp_path: Path) -> None:
    assert step_cost(step, record(tmp_path)).peak_bytes > 2**20
