"""Where the time goes, of real cells: the sum closes, and a run carries it into its report."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.analysis.attribution import CLOSES, FILE, Attribution, read
from scripts.run import explanation
from scripts.run.explanation import explain, explain_headline
from scripts.util.exit_codes import CommandError, Exit
from scripts.why import closing
from servers.subprocesses import ROOT
from tests.scripts.synthetic import SyntheticRun

FULL = "(io or network or scaling) and (http or wire) and not twin"


def test_a_cell_that_does_not_close_is_counted_as_one() -> None:
    cell = json.loads((SyntheticRun.path / FILE).read_text())["cells"][0]
    open_terms = cell["terms"] | {"unattributed": 2 * CLOSES * cell["attributed_seconds"]}
    entries = [cell, cell | {"terms": open_terms}, {"cell": "io", "reason": "it broke"}]
    assert closing(entries).startswith("1 of 2 sums close")


def test_a_run_that_cannot_be_explained_is_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(only: str, show: Any) -> list[dict[str, Any]]:
        raise CommandError(Exit.NOT_MEASURED, "nothing could be explained")

    monkeypatch.setattr(explanation, "explain", broken)
    explain_headline(tmp_path)
    assert "nothing could be explained" in capsys.readouterr().err
    assert not (tmp_path / FILE).exists()


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.long
def test_a_run_that_is_asked_why_carries_it_into_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "scripts.bench", "--why", "--blocks=1", "--only=io and wire and asyncio"]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    cells = read(tmp_path / "results" / "latest" / FILE)
    assert {"io"} <= {cell.experiment for cell in cells}
    assert {"threads", "asyncio"} <= {cell.model for cell in cells}
    assert all(sum(cell.terms.values()) == pytest.approx(cell.seconds, rel=1e-6) for cell in cells)
    assert "where-time-goes" in (tmp_path / "results" / "latest" / "report.html").read_text()


@pytest.mark.quiet
@pytest.mark.slow
def test_the_sums_of_a_full_selection_close() -> None:
    entries = explain(FULL, lambda one: None)
    cells = [Attribution.of(one) for one in entries if "reason" not in one]
    closed = sum(cell.closes for cell in cells)
    assert len(cells) > 20
    assert closed >= 0.95 * len(cells), json.dumps({cell.cell: cell.terms for cell in cells if not cell.closes})
