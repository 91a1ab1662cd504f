"""Several interpreters in one run: in turns, each with its own blocks, and never taken one for another."""

import json
import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.core import journal
from scripts import matrix
from scripts.faults.sandbox import Sandbox
from scripts.matrix import HEADLINE, plan, turns
from scripts.run import block as block_module
from scripts.run import lifecycle
from scripts.run.venvs import interpreter_mismatch
from scripts.tables.load import load, write_tables
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import HOUSE
from tests.missing import missing
from tests.scripts.recorded import record

NAMES = ["3.11", "3.13", "3.13t"]
ORDER = ("3.11", "3.13t", "3.13t", "3.11", "3.11", "3.13t")


def test_drift_hits_all_alike_for_each_turn_has_every_interpreter_once() -> None:
    order = turns(NAMES, 40, seed=7)
    assert all(sorted(order[at : at + 3]) == NAMES for at in range(0, 120, 3))
    firsts = Counter(order[::3])
    assert min(firsts[name] for name in NAMES) > 5
    assert order == turns(NAMES, 40, seed=7) != turns(NAMES, 40, seed=8)


def test_the_number_of_blocks_is_that_of_each_interpreter() -> None:
    planned = plan(Namespace(only="", blocks=6, seed=1), NAMES)
    assert (planned["blocks"], planned["only"], len(planned["pythons"])) == (18, HEADLINE, 18)


def test_each_block_is_measured_by_the_interpreter_of_its_turn(tmp_path: Path) -> None:
    run = record(tmp_path, blocks=6, pythons=ORDER)
    document = json.loads((run / "environment.json").read_text())
    document["interpreters"][1]["unloadable"] = {"test_images.py": "No module named 'PIL'"}
    with (tmp_path / "a").open("w+b") as done, (tmp_path / "b").open("w+b") as made:
        commands = [lifecycle.block_of_run(run, document, number).command(done, made) for number in range(6)]
    assert [Path(command[0]).parts[-3] for command in commands] == list(ORDER)
    assert all(f"--server-python={sys.executable}" in command for command in commands)
    ignored = f"--ignore={HOUSE / 'benchmarks/experiments/test_images.py'}"
    assert [ignored in command for command in commands] == [name == "3.13t" for name in ORDER]


def test_an_ordinary_block_is_measured_by_our_own_interpreter(tmp_path: Path) -> None:
    run = record(tmp_path)
    block = lifecycle.block_of_run(run, json.loads((run / "environment.json").read_text()), 0)
    assert (block.python, block.unloadable) == (sys.executable, ())


def test_blocks_of_two_interpreters_never_make_one_figure(tmp_path: Path) -> None:
    run = load(record(tmp_path, blocks=6, pythons=ORDER))
    assert [one.python for one in run.by_interpreter] == ["3.11", "3.13t"]
    assert [sorted(set(one.rounds["block"])) for one in run.by_interpreter] == [[0, 3, 4], [1, 2, 5]]
    assert [one.environment["python"]["version"] for one in run.by_interpreter] == ["3.11.1", "3.13.1"]
    assert run.ranges_only


def test_the_tables_say_which_interpreter(tmp_path: Path) -> None:
    run = load(record(tmp_path, blocks=6, pythons=ORDER))
    write_tables(run)
    for name in ("rounds.csv", "summary.csv"):
        table = pd.read_csv(run.path / name, dtype={"python": str})
        assert table.columns[0] == "python"
        assert dict(Counter(table["python"])) == {"3.11": len(table) / 2, "3.13t": len(table) / 2}
    ordinary = load(record(tmp_path, "20260202-000000"))
    write_tables(ordinary)
    assert "python" not in pd.read_csv(ordinary.path / "rounds.csv")


def test_a_gil_that_came_back_during_a_block_is_on(tmp_path: Path) -> None:
    run = record(tmp_path, blocks=6, pythons=ORDER)
    for path in (run / "blocks").glob("*.journal"):
        lines = [entry for _, entry in journal.read(path) if isinstance(entry, dict)]
        path.unlink()
        for entry in lines:
            journal.append(path, entry | ({"gil": path.stem == "05"} if entry["kind"] == "cell" else {}))
    with_gil, without = load(run), load(run).other_interpreters[0]
    assert (with_gil.environment["python"]["gil"], without.environment["python"]["gil"]) == (False, True)


def test_an_interpreter_that_measured_nothing_is_not_the_first(tmp_path: Path) -> None:
    run = record(tmp_path, blocks=6, pythons=ORDER)
    for number in (0, 3, 4):
        (run / "blocks" / f"{number:02}.journal").unlink()
    assert [one.python for one in (load(run), *load(run).other_interpreters)] == ["3.13t"]


@pytest.mark.parametrize("order", [["3.11", "3.13t"], ["3.11"] * 5 + ["3.99"], ["3.11"] * 6, None])
def test_a_run_that_does_not_say_who_measured_what_is_refused(tmp_path: Path, order: list[str] | None) -> None:
    run = record(tmp_path, blocks=6, pythons=ORDER)
    document = json.loads((run / "environment.json").read_text())
    document["plan"]["pythons"] = order
    (run / "environment.json").write_text(json.dumps(document))
    with pytest.raises(CommandError, match="pythons") as stop:
        load(run)
    assert stop.value.code == Exit.BAD_DATA


def test_a_run_is_not_gone_on_with_under_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads((record(tmp_path, blocks=6, pythons=ORDER) / "environment.json").read_text())
    now = {one["name"]: json.loads(json.dumps(one)) for one in document["interpreters"]}
    monkeypatch.setattr("scripts.run.venvs.describe_interpreter", lambda name: now[name])
    assert interpreter_mismatch(document) == ""
    now["3.13t"]["python"]["version"] = "3.13.9"
    assert "measured with another Python 3.13t" in interpreter_mismatch(document)


def test_what_cannot_be_measured_is_refused_before_an_environment_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(matrix, "make_environment", lambda one, cells: pytest.fail("an environment was made"))
    for words, sentence in {
        ("--python", "python3"): "it takes two Pythons to compare",
        ("--python", "3.11 3.13", "--blocks", "0"): "BLOCKS=0: at least one block of each Python",
        ("--python", "3.11 3.13", "--only", "slep"): "no cell is called 'slep'",
    }.items():
        monkeypatch.setattr(sys, "argv", ["matrix", *words])
        with pytest.raises(SystemExit) as left:
            matrix.main()
        assert left.value.code == Exit.USAGE
        assert sentence in capsys.readouterr().err
    assert list(tmp_path.rglob("environment.json")) == []


@pytest.mark.real
def test_two_interpreters_are_measured_in_turns_and_shown_side_by_side(tmp_path: Path) -> None:
    root = Path(block_module.__file__).parents[2]
    if not (root / ".tools" / "bin" / "uv").exists():
        missing("uv, which makes the environments, is missing")
    house = Sandbox.build(tmp_path)
    for name in ("requirements-full.lock", "pyproject.toml"):
        (tmp_path / name).write_text((root / name).read_text())
    (tmp_path / ".tools").symlink_to(root / ".tools")
    python, only = f"one={sys.executable} other={sys.executable}", "io and sleep and (threads or sequential)"
    ended = house.bench("--python", python, "--only", only, "--blocks", "1", "--seed", "1", verb="matrix")
    assert ended.returncode == Exit.OK, ended.stderr
    assert "one: CPython" in ended.stdout
    assert "sleep threads" in ended.stdout
    (run,) = house.runs()
    assert (run / "charts" / "pythons.png").exists()
    assert set(pd.read_csv(run / "summary.csv")["python"]) == {"one", "other"}
    assert str(tmp_path) not in (run / "environment.json").read_text()
    assert house.left_behind() == []
