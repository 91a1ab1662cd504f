"""`make advise` as it is typed: what it says, where it takes it from, and what it refuses."""

import json
import re
import shutil
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.metadata.environment import python_of_blocks
from scripts import advise
from scripts.predict import from_profile, sources
from scripts.predict.recommend import Source, predicted_times
from scripts.report.terminal import console
from scripts.tables.load import load
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.predict.test_recommend import SOURCE, question
from tests.scripts.recorded import interpreter, record
from tests.scripts.worlds import world

BY_HAND = ["--tasks", "5000", "--wait-ms", "200", "--cpu-ms", "3", "--cores", "8"]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "type[Typed]":
    """A folder without runs, and costs that take no time to learn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(advise, "best_source", lambda python: SOURCE)
    Typed.monkeypatch, Typed.capsys = monkeypatch, capsys
    return Typed


class Typed:
    """The exit code and what was said."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __init__(self, *arguments: str) -> None:
        self.monkeypatch.setattr(sys, "argv", ["advise", *arguments])
        with pytest.raises(SystemExit) as left:
            advise.main()
        self.code = left.value.code
        self.out, self.err = self.capsys.readouterr()

    @property
    def text(self) -> str:
        """Without line breaks."""
        return " ".join(self.out.split())


def mine_json(**changes: Any) -> dict[str, Any]:
    """What make mine says of work that waits 50 ms and computes 2, half of it without the GIL."""

    def spread(value: float) -> dict[str, float]:
        return {"median": value, "mean": value, "low": value, "high": value}

    def result(model: str, concurrency: int, seconds: float) -> dict[str, Any]:
        return {"model": model, "concurrency": concurrency, "tasks": 100, "seconds": {"estimate": seconds}}

    def rung(concurrency: int, tasks: int, rate: float) -> dict[str, Any]:
        return {"concurrency": concurrency, "tasks": tasks, "tasks_per_second": rate}

    one = {"wait_seconds": spread(0.05), "cpu_seconds": spread(0.002)}
    learned = {
        "forms": {"blocking": one},
        "client_open_seconds": {"blocking": 0.001},
        "gil": {"released_share": 0.5},
        "sweep": {"threads": [rung(1, 20, 19.0), rung(64, 128, 400.0)]},
        "memory": {"threads": {"bytes_per_task": 1e6}},
        "unfit": {"processes": "a lock cannot be pickled"},
    }
    results = [result("threads", 50, 0.3), result("sequential", 1, 5.3), result("to_thread", 50, 0.25)]
    document = {
        "schema": 2,
        "run": "20260101-000000",
        "parallel_capacity": 1.9,
        "work": {"name": "pages", "tasks": 100},
        "size": {"tasks": 100},
        "learned": learned,
        "results": results,
    }
    return document | changes


def run_of_mine(folder: Path, contents: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "mine.json").write_text(contents if isinstance(contents, str) else json.dumps(contents))
    return folder


def test_it_says_what_to_take_what_comes_next_and_where_it_is_from_in_80_columns(typed: type[Typed]) -> None:
    output = typed(*BY_HAND)
    assert output.code == Exit.OK
    assert "Take threads" in output.text
    assert "Runner-up: processes" in output.text
    assert "It would win with more than" in output.text
    assert output.text.endswith("From planted.")
    assert max(map(len, output.out.splitlines())) <= 80
    for heading in ("expected", "90 % interval", "CPU", "memory", "bound by", "ideal time"):
        assert heading in output.out


def test_the_most_that_anybody_asks_for_fits_into_the_table(typed: type[Typed]) -> None:
    output = typed("--tasks", "1000000", "--wait-ms", "1000000", "--cpu-ms", "1000000", "--task-mb", "0.1")
    assert output.code == Exit.OK
    assert max(map(len, output.out.splitlines())) <= 80
    assert "…" not in output.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "make advise does not know TASKS, WAIT_MS and CPU_MS, and no run of make mine says"),
        (BY_HAND[:4], "make advise does not know CPU_MS"),
        (["--tasks", "5", "--wait-ms", "0", "--cpu-ms", "0"], "takes no time under any model"),
        (["--tasks", "many"], "argument --tasks: invalid number value: 'many'"),
        (["--tasks", "0"], "argument --tasks: 0 is not between 1 and"),
        (["--tasks", "1.5"], "1.5 is not a whole number"),
        (["--wait-ms", "-1"], "-1 is not between 0 and"),
        (["--wait-ms", "nan"], "nan is not between"),
        (["--cpu-ms", "inf"], "inf is not between"),
        (["--gil-released", "2"], "2 is not between 0 and 1"),
        (["--cores", "0"], "0 is not between 1 and"),
        ([*BY_HAND, "--memory-mb", "10", "--task-mb", "100"], "no model fits into that memory"),
    ],
)
def test_what_cannot_be_advised_on_is_refused_in_a_sentence(
    typed: type[Typed], arguments: list[str], sentence: str
) -> None:
    output = typed(*arguments)
    assert output.code == Exit.USAGE
    assert sentence in output.err
    assert "Traceback" not in output.err


def test_a_folder_that_is_no_run_is_refused(typed: type[Typed], tmp_path: Path) -> None:
    output = typed(*BY_HAND, "--run", str(tmp_path))
    assert output.code == Exit.BAD_DATA
    assert "is not a run" in output.err


def test_a_run_with_too_few_cells_is_refused_and_says_which(typed: type[Typed], tmp_path: Path) -> None:
    run = record(tmp_path)
    output = typed(*BY_HAND, "--run", str(run))
    assert output.code == Exit.NOT_MEASURED
    assert "too few cells of sequential, threads, processes, asyncio" in output.err
    assert typed("--validate", str(run)).code == Exit.NOT_MEASURED


def test_what_make_mine_measured_is_the_question(typed: type[Typed], tmp_path: Path) -> None:
    output = typed("--run", str(run_of_mine(tmp_path / "run", mine_json())))
    assert output.code == Exit.OK
    assert "100 tasks that each wait 50 ms and compute 2 ms (50 % of that under the GIL)" in output.text
    assert "Take threads" in output.text
    assert "asyncio" not in output.out  # it has no such form
    assert "processes" not in output.out  # it cannot be pickled
    assert "make mine measured for 100 tasks: threads 300 ms. How sure that is, the report" in output.text
    assert "run 20260101-000000, which measured pages under sequential, thread" in output.text


def test_a_model_that_was_measured_is_predicted_to_take_what_it_took(tmp_path: Path) -> None:
    mine = from_profile.read(run_of_mine(tmp_path / "run", mine_json()))
    work = mine.question(SOURCE)
    assert set(work.anchors) == {"threads", "sequential"}
    predicted = predicted_times(work, SOURCE, "threads", np.array(50.0))
    assert float(predicted.seconds) == pytest.approx(0.3)


@pytest.mark.slow
def test_the_newest_run_of_make_mine_is_taken_where_nothing_is_said(typed: type[Typed], tmp_path: Path) -> None:
    run_of_mine(tmp_path / "results" / "mine", mine_json())
    assert "wait 50 ms" in typed().text
    assert "200 tasks that each wait 50 ms" in typed("--tasks", "200").text
    assert "wait 200 ms" in typed(*BY_HAND).text


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        (mine_json(schema=1), "is of another schema than 2"),
        (mine_json(results=[]), "is damaged"),
        (mine_json(learned={"forms": {}}), "is damaged"),
        (mine_json(learned={"forms": {"blocking": {}}}), "is damaged"),
        (mine_json(parallel_capacity=None), "is damaged"),
    ],
)
def test_a_damaged_mine_json_is_refused(typed: type[Typed], tmp_path: Path, contents: object, sentence: str) -> None:
    answer = typed("--run", str(run_of_mine(tmp_path / "run", contents)))
    assert answer.code == Exit.BAD_DATA
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def test_of_eight_cores_no_more_is_expected_than_two_of_them_gave() -> None:
    assert advise.capacity(SOURCE, 1) == 1
    assert advise.capacity(SOURCE, 2) == pytest.approx(1.8)
    assert advise.capacity(SOURCE, 8) == pytest.approx(1 + 7 * 0.8)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the reference run and no other."""
    reference = Path("results/reference").resolve()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "reference").symlink_to(reference)
    return tmp_path


OURS = {
    "version": "3.14.2",
    "compiler": "GCC 14.2.0",
    "optimised": True,
    "free_threaded": False,
    "gil": True,
    "jit": False,
}


@pytest.mark.slow
def test_without_a_run_of_this_machine_the_reference_is_taken_and_named(house: Path) -> None:
    record(house / "results" / "runs")  # of another machine
    shutil.copytree(house / "results" / "runs", house / "results" / "runs" / "no-run")
    source = sources.best_source(OURS)
    lacking = re.escape("no run of this machine under Python 3.14.2 has them")
    assert re.match(rf"the reference run \(.+, \d+ cores, Python 3\.\d+\.\d+: {lacking}\)", source.name)
    assert set(source.widths) >= {"sequential", "threads", "processes", "asyncio"}
    assert source.place_bytes["processes"] > source.place_bytes["threads"] > source.place_bytes["asyncio"]


@pytest.mark.slow
def test_the_newest_run_of_this_machine_that_has_enough_is_taken_and_named(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"cpu": "CPU here", "cores_usable": 2}
    monkeypatch.setattr(sources, "machine", lambda: here)
    for name in ("20260101-000000", "20260102-000000", "20260103-000000"):
        python = OURS if name < "20260103" else OURS | {"version": "3.13.5"}
        record(house / "results" / "runs", name, machine=here, python=python)
    begun = record(house / "results" / "runs", "20260102-120000", machine=here, python=OURS)
    shutil.rmtree(begun / "blocks")
    full = replace(world(), path=Path("20260101-000000"))
    full.environment["python"] = OURS
    monkeypatch.setattr(sources, "load", lambda path: full if path.name == "20260101-000000" else load(path))
    name = sources.best_source(OURS).name
    assert name.startswith("20260101-000000, a run of this machine under Python 3.14.2; memory of a waiting task as in")


@pytest.mark.slow
def test_memory_that_another_python_was_measured_to_take_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = pd.DataFrame({"experiment": "task_memory", "model": ["threads", "asyncio"], "bytes_per_task": [2e4, 2e3]})
    reference = replace(world(), rounds=memory, environment={"python": OURS | {"version": "3.12.9"}})
    monkeypatch.setattr(sources, "load", lambda path: reference)
    found = sources.source(world(), "a run")
    assert found
    assert found.name == "a run; memory of a waiting task as in the reference run, Python 3.12.9"
    assert found.place_bytes == {"threads": 2e4, "asyncio": 2e3}
    own = replace(world(), rounds=pd.concat([world().rounds, memory]))
    assert sources.run_with_memory(own) is own


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [
        {"version": "3.13.5"},
        {"compiler": "Clang 20"},
        {"optimised": False},
        {"jit": True},
        {"gil": False, "free_threaded": True},
    ],
    ids=str,
)
def test_costs_under_another_build_of_python_are_never_taken_for_ours(
    house: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    here = {"cpu": "CPU here", "cores_usable": 2}
    monkeypatch.setattr(sources, "machine", lambda: here)
    for name in [f"2026010{day}-000000" for day in range(2, 9)]:  # more than are looked at
        record(house / "results" / "runs", name, machine=here, python=OURS | other)
    record(house / "results" / "runs", "20260101-000000", machine=here, python=OURS)
    assert [run.path.name for run in sources.newest(OURS)] == ["20260101-000000"]
    assert len(list(sources.newest(OURS | other))) == sources.LOOKED_AT


def test_of_a_run_of_several_pythons_the_costs_are_those_of_ours(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"cpu": "CPU here", "cores_usable": 2}
    monkeypatch.setattr(sources, "machine", lambda: here)
    pythons = ("3.14", "3.13", "3.14", "3.13")
    record(house / "results" / "runs", "20260101-000000", blocks=4, machine=here, pythons=pythons)
    (older,) = sources.newest(interpreter("3.13")["python"])
    assert older.environment["python"]["version"] == "3.13.1"
    assert sorted(older.rounds["block"].unique()) == [1, 3]
    assert list(sources.newest(OURS)) == []


def test_the_advice_on_work_of_another_python_takes_the_costs_of_that(tmp_path: Path) -> None:
    run = run_of_mine(tmp_path / "run", mine_json())
    record(tmp_path, "elsewhere", python=OURS | {"version": "3.12.9"})
    assert advise.python_of(from_profile.read(run)) == advise.python_of(None) == python_of_blocks()
    shutil.copy(tmp_path / "elsewhere" / "environment.json", run)
    assert advise.python_of(from_profile.read(run))["version"] == "3.12.9"


def test_a_named_run_gives_the_costs(typed: type[Typed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(advise, "source_named", lambda path: Source(f"run {path.name}", SOURCE.fit, *rest(SOURCE)))
    assert typed(*BY_HAND, "--run", str(tmp_path / "mine-not")).text.endswith("From run mine-not.")


def rest(source: Source) -> tuple[Any, ...]:
    return source.widths, source.reach, source.place_bytes


def test_no_model_is_a_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advise, "best_source", lambda python: SOURCE)
    given = Namespace(
        validate=None, run=None, tasks=5, wait_ms=1.0, cpu_ms=1.0, gil_released=None, cores=2, memory_mb=1e-9,
        task_mb=1.0, at_once=None,
    )  # fmt: skip
    with pytest.raises(CommandError, match="no model fits"):
        advise.answer(given, console())
    assert question(1, 1.0, 1.0).hardest.wait_s == 1.0
