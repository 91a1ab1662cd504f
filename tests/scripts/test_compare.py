"""Two runs side by side: the same, slower, another machine's. Nothing is pooled; seconds of two machines never meet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.analysis.comparison import differences, rows, same_machine
from scripts.report.comparison_text import introduction
from scripts.tables.load import load
from tests.scripts import recorded

ROOT = Path(__file__).parents[2]
TALK = """
[[claim]]
id = "fast"
text = "asyncio is much faster."
ratio = { of = "io/wire/sequential", over = "io/wire/asyncio" }
holds = "> 10"
expected = "holds"
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two runs of the same machine; the second one's asyncio takes twice as long."""
    here = {"cpu": "one CPU", "cores": 2, "cores_usable": 2}
    first = recorded.record(tmp_path, "first", blocks=8, seed=1, machine=here)
    monkeypatch.setitem(recorded.SECONDS, "asyncio", 0.1)
    return first, recorded.record(tmp_path, "second", blocks=8, seed=2, machine=here)


def test_the_slower_cell_is_found_and_the_others_are_not_blamed(two: tuple[Path, Path]) -> None:
    found = {row.cell["model"]: row for row in rows(*map(load, two))}
    assert {model: row.words for model, row in found.items()} == {
        "asyncio": "slower",
        "sequential": "same",
        "threads": "same",
    }
    assert found["asyncio"].worse
    assert found["asyncio"].what == "seconds"
    assert found["asyncio"].ratio.estimate == pytest.approx(2, rel=0.05)


def test_seconds_of_two_machines_are_not_compared(tmp_path: Path) -> None:
    a, b = (load(recorded.record(tmp_path, name, blocks=8)) for name in ("one", "two"))
    assert not same_machine(a, b)
    assert differences(a, b) == ["CPU"]
    assert {row.what for row in rows(a, b)} == {"speedup"}
    assert "Seconds of two machines are not compared; speed-ups and claims are." in introduction(a, b)


def test_a_run_is_the_same_as_itself(two: tuple[Path, Path]) -> None:
    run = load(two[0])
    assert {row.words for row in rows(run, run)} == {"same"}


def run_compare(*args: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.compare", *map(str, args)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.real
def test_a_slower_run_ends_with_exit_code_1_and_both_verdicts(two: tuple[Path, Path], tmp_path: Path) -> None:
    talk = tmp_path / "talk.toml"
    talk.write_text(TALK)
    done = run_compare(*two, "--talk", talk, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "fast: A 16" in done.stdout
    assert "holds on A, refuted on B" in done.stdout
    kept: dict[str, Any] = json.loads(
        next((tmp_path / "results" / "comparisons").glob("*/comparison.json")).read_text()
    )
    assert kept["claims"] == [{"id": "fast", "a": "holds", "b": "refuted"}]
    assert {cell["model"]: cell["b_is"] for cell in kept["cells"]}["asyncio"] == "slower"
    assert (tmp_path / "results" / "comparisons" / "first-second" / "comparison.svg").exists()


@pytest.mark.real
def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    done = run_compare(tmp_path, tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "is not a run" in done.stderr
