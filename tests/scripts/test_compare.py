"""Two runs side by side: the same, slower, another machine's. Nothing is pooled; seconds of two machines never meet."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.analysis.comparison import differences, rows, same_machine
from scripts.compare import code
from scripts.report.comparison_text import introduction
from scripts.tables.load import Run, load
from scripts.util.exit_codes import Exit
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
    by_model = {row.cell["model"]: row for row in rows(*map(load, two))}
    assert {model: row.words for model, row in by_model.items()} == {
        "asyncio": "slower",
        "sequential": "inconclusive",
        "threads": "inconclusive",
    }
    assert by_model["asyncio"].worse
    assert by_model["asyncio"].quantity == "seconds"
    assert by_model["asyncio"].ratio.estimate == pytest.approx(2, rel=0.05)


def test_seconds_of_two_machines_are_not_compared(tmp_path: Path) -> None:
    a, b = (load(recorded.record(tmp_path, name, blocks=8)) for name in ("one", "two"))
    assert not same_machine(a, b)
    assert differences(a, b) == ["CPU"]
    assert {row.quantity for row in rows(a, b)} == {"speedup"}
    warning = "These may be two machines (CPU), so seconds are not compared; speed-ups and claims are."
    assert warning in introduction(a, b)


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [({"kernel": "6.1"}, {"kernel": "6.8"}, "kernel"), ({"boot": "a"}, {"boot": "b"}, "boot")],
)
def test_two_hosts_of_one_kind_are_not_taken_for_one(
    tmp_path: Path, ours: dict[str, Any], theirs: dict[str, Any], name: str
) -> None:
    here = {"cpu": "one CPU", "cores": 2, "cores_usable": 2}
    machines = (here | ours, here | theirs)
    a, b = (load(recorded.record(tmp_path, str(place), blocks=8, machine=one)) for place, one in enumerate(machines))
    assert differences(a, b) == [name]
    assert not same_machine(a, b)


@pytest.mark.parametrize("other", [{"jit": True}, {"free_threaded": True, "gil": False}, {"optimised": False}])
def test_two_builds_of_one_version_are_not_called_the_same_python(
    two: tuple[Path, Path], other: dict[str, Any]
) -> None:
    a, b = map(load, two)
    plain = a.environment["python"] | {"jit": False, "free_threaded": False}
    a, b = (replace(run, environment=run.environment | {"python": plain | more}) for run, more in ((a, {}), (b, other)))
    assert "Python" in differences(a, b)
    assert not any("same Python" in sentence for sentence in introduction(a, b))


def test_tasks_sized_by_a_calibration_that_was_not_steady_are_never_compared(two: tuple[Path, Path]) -> None:
    a, b = map(load, two)
    b = replace(b, environment=b.environment | {"calibration": {"rates": {}, "spreads": {}, "steady": False}})
    assert "The calibration of B was not steady, so cells that compute are compared within their own run only." in (
        introduction(a, b)
    )
    assert {row.words for row in rows(computing(a), computing(b))} == {"not usable"}
    assert "not usable" not in {row.words for row in rows(a, b)}, "cells that wait are none the worse"


@pytest.mark.parametrize(
    ("kept", "name"),
    [({"switches": {"PYTHONASYNCIODEBUG": "1"}}, "switches"), ({"pinned": {"server": [3], "client": [0]}}, "pinning")],
)
def test_a_run_under_a_switch_is_not_called_slower_than_one_without(
    two: tuple[Path, Path], kept: dict[str, Any], name: str
) -> None:
    a, b = map(load, two)
    b = replace(b, environment=b.environment | kept)
    assert differences(a, b) == [name]
    assert {row.quantity for row in rows(a, b)} == {"speedup"}


def computing(run: Run) -> Run:
    """The run, as if its tasks had computed."""
    return replace(run, rounds=run.rounds.assign(wait_seconds=0.0, compute_seconds=run.rounds["wait_seconds"]))


def test_a_machine_half_again_as_fast_is_another_one(two: tuple[Path, Path]) -> None:
    a, b = map(load, two)
    assert same_machine(a, b)
    pace = json.loads((two[1] / "pace.json").read_text())
    (two[1] / "pace.json").write_text(json.dumps(pace | {"numbers_per_s": 1.5 * pace["numbers_per_s"]}))
    assert differences(a, b) == ["calibration"]
    assert not same_machine(a, b)


def test_a_run_of_three_blocks_or_a_disturbed_one_gets_no_verdict(tmp_path: Path, two: tuple[Path, Path]) -> None:
    few = load(recorded.record(tmp_path, "few", blocks=3, machine=load(two[0]).environment["machine"]))
    second = load(two[1])
    disturbed = replace(second, rounds=second.rounds.assign(disturbed=True))
    for other in (few, disturbed):
        compared = rows(load(two[0]), other)
        assert {row.words for row in compared} == {"not usable"}
        assert code(compared, []) is Exit.NOT_MEASURED
    assert "disturbed 48 of 48 measured rounds" in introduction(load(two[0]), disturbed)[1]


def test_nothing_of_a_run_differs_from_itself(two: tuple[Path, Path]) -> None:
    run = load(two[0])
    assert {row.words for row in rows(run, run)} == {"inconclusive"}


def twice(spread: float, seed: int, repeats: int = 1, cells: int = 71, blocks: int = 10) -> list[Run]:
    """Two runs of the same cells on one machine, each cell of a run slower or faster by its own luck."""
    random, runs = np.random.default_rng(seed), list[Run]()
    common = {"experiment": "io", "model": "asyncio", "concurrency": 10, "tasks": 20, "wait_seconds": 0.02}
    common |= {"compute_seconds": 0.0, "warmup": False, "disturbed": False, "saturated": "", "round": 0}
    cell, repeat, block = (index.ravel() for index in np.indices((cells, repeats, blocks)))
    twin = np.zeros(cell.size, dtype=bool)
    for _ in range(2):
        luck = random.normal(0, spread, (cells, repeats, 1)) + random.normal(0, 0.02, (cells, repeats, blocks))
        table = pd.DataFrame(common | {"workload": cell.astype(str), "twin": twin, "block": block + blocks * repeat})
        table = table.assign(seconds=0.05 * np.exp(luck.ravel()))
        environment = recorded.environment("same", blocks)
        rounds = table.assign(repeat=repeat) if repeats > 1 else table
        runs.append(Run(Path("nowhere"), environment, rounds, [], []))
    return runs


def false_verdicts(spread: float, count: int, repeats: int = 1) -> float:
    """The share of comparisons in which any cell is called faster or slower; every one is false."""
    comparisons = [rows(*twice(spread, seed, repeats)) for seed in range(count)]
    return float(np.mean([any(row.conclusion.differs for row in one) for one in comparisons]))


@pytest.mark.slow
def test_two_runs_of_one_machine_that_spread_by_ten_percent_are_not_called_different() -> None:
    assert false_verdicts(0.10, 6) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("repeats", "spread"),
    [(1, 0.10), *(pytest.param(*case, marks=pytest.mark.long) for case in ((1, 0.05), (3, 0.05), (3, 0.10)))],
)
def test_any_false_verdict_between_two_runs_is_rarer_than_one_in_twenty(spread: float, repeats: int) -> None:
    assert false_verdicts(spread, 60, repeats) <= 0.05


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
