"""No shape of forgotten work passes, and no hostile file: what a user is told, by the door that `make mine` opens."""

import gc
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.machine.calibration import Calibration
from benchmarks.machine.cpu_usage import subreaper
from benchmarks.workloads._user_module import TaskFailed, UnusableFile, load
from benchmarks.workloads.user_work import references
from scripts.run import work_profile
from scripts.util.exit_codes import CommandError
from tests.benchmarks.own import written
from tests.benchmarks.profiler.careless_work import HONEST, NEVER_AWAITED, NOT_WAITED_FOR
from tests.benchmarks.profiler.hostile_files import AT_IMPORT, BETWEEN, EVERY, MEMORIES, TASKS, HostileFile
from tests.benchmarks.profiler.test_wrong_work import mine as workload_of
from tests.benchmarks.profiler.test_wrong_work import said_of
from tests.benchmarks.profiler.wrong_work import Case

# Ignored are warnings of the very thing that is to be noticed.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[3]
PATIENCE_S = 20.0


@pytest.fixture
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    subreaper(True)  # as the profile's own process is
    yield
    subreaper(False)
    sys.modules.pop("mine_mywork", None)
    load.cache_clear()
    references.cache_clear()
    gc.collect()  # what a case has kept must not be thrown away in the next


def complaint(folder: Path, case: Case) -> str:
    """What is said of it: when it is loaded, or when it is looked at."""
    try:
        return said_of(workload_of(folder, case.text), case)
    except (UnusableFile, TaskFailed) as problem:
        return str(problem)


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("case", [*NEVER_AWAITED, *NOT_WAITED_FOR], ids=lambda case: f"{case.run}: {case.name}")
def test_no_shape_of_work_that_nobody_waits_for_is_taken_for_done(tmp_path: Path, case: Case) -> None:
    assert re.search(case.says, complaint(tmp_path, case))


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("case", HONEST, ids=lambda case: f"{case.run}: {case.name}")
def test_work_that_only_looks_forgotten_is_not_accused(tmp_path: Path, case: Case) -> None:
    assert complaint(tmp_path, case) == ""


@pytest.fixture(scope="module")
def pace() -> Calibration:
    return Calibration.measure()


def verdict_on(folder: Path, case: HostileFile, pace: Calibration) -> tuple[bool, str]:
    """Whether nothing is measured, and all that is said."""
    pace.write(folder / "pace.json")
    source = written(folder, case.text)
    (folder / "survey.json").write_text(json.dumps({"work": {"source": source}}))
    os.environ["OVERLAP_MINE"] = str(folder / "survey.json")
    try:
        learned = work_profile.survey(folder, source, case.models, 2, lambda step: None, "--quick")["learned"]
    except CommandError as stop:
        return True, str(stop)
    finally:
        os.environ.pop("OVERLAP_MINE")
    return False, json.dumps([learned[name] for name in ("unfit", "notes", "doubts", "answers")], ensure_ascii=False)


def hold(folder: Path, case: HostileFile, pace: Calibration, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said is what the case asks for."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(work_profile, "PATIENCE_S", PATIENCE_S)
    stops, words = verdict_on(folder, case, pace)
    assert (stops, bool(re.search(case.says, words, re.DOTALL))) == (case.stops, True), words


STOPS = [case for case in [*AT_IMPORT, *TASKS] if case.stops]


@pytest.mark.real
@pytest.mark.parametrize("case", STOPS, ids=lambda case: case.name)
def test_a_file_that_cannot_be_measured_is_refused_with_the_reason(
    tmp_path: Path, case: HostileFile, pace: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(tmp_path, case, pace, monkeypatch)


@pytest.mark.real
@pytest.mark.parametrize("case", MEMORIES, ids=lambda case: case.name)
def test_an_answer_that_is_kept_anywhere_is_noticed(
    tmp_path: Path, case: HostileFile, pace: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(tmp_path, case, pace, monkeypatch)


@pytest.mark.real
@pytest.mark.long
@pytest.mark.parametrize("case", [one for one in EVERY if one not in [*STOPS, *MEMORIES]], ids=lambda case: case.name)
def test_a_hostile_file_is_refused_flagged_or_measured_as_it_is(
    tmp_path: Path, case: HostileFile, pace: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(tmp_path, case, pace, monkeypatch)


def test_hostile_files_are_of_every_kind() -> None:
    assert min(map(len, (AT_IMPORT, TASKS, MEMORIES, BETWEEN))) >= 10
