"""What cannot be measured is refused with what happened, where, and what to type next; nothing of it stays behind."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.core import journal
from benchmarks.machine.calibration import Calibration
from scripts import bench
from scripts.faults.sandbox import Sandbox
from scripts.report import __main__ as report
from scripts.run import block as block_module
from scripts.run import guards, lifecycle, preflight
from scripts.run.block import Block, run_block
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.recorded import record

SOON_S = 10.0  # a refusal takes a second or two; the rest is for a machine that does much else
ANSWERS = {  # what a verb's exit code says: scripts depend on the numbers
    "OK": 0,
    "NEGATIVE": 1,
    "USAGE": 2,
    "NOT_MEASURED": 3,
    "BAD_DATA": 4,
    "INTERRUPTED": 130,
}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to call `make bench` in; signal handlers and limits are as before afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Calibration, "measure", lambda: Calibration({}))  # takes a second, and is not looked at
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield tmp_path / "results"
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def say(results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "type[Refusal]":
    Refusal.monkeypatch, Refusal.capsys = monkeypatch, capsys
    return Refusal


class Refusal:
    """The exit code and the sentence of a call that must be refused."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __init__(self, *arguments: str) -> None:
        self.monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        with pytest.raises(SystemExit) as left:
            bench.main()
        self.code, self.words = left.value.code, self.capsys.readouterr().err


def folders(results: Path) -> list[Path]:
    return list((results / "runs").glob("*"))


def test_exit_codes_mean_what_they_always_meant() -> None:
    assert {code.name: code.value for code in Exit} == ANSWERS


@pytest.mark.parametrize("blocks", ["0", "-3"])
def test_a_run_without_blocks_is_wrong_usage(results: Path, say: type[Refusal], blocks: str) -> None:
    refusal = say("--blocks", blocks)
    assert refusal.code == Exit.USAGE
    assert f"BLOCKS={blocks}: must be 1 to 10,000. Next: leave it out, or BLOCKS=10" in refusal.words
    assert folders(results) == []


def test_blocks_that_are_no_number_are_wrong_usage(results: Path, say: type[Refusal]) -> None:
    refusal = say("--blocks", "many")
    assert (refusal.code, "invalid int value: 'many'" in refusal.words) == (Exit.USAGE, True)
    assert not results.exists()


def test_a_run_that_does_not_exist_cannot_be_resumed(say: type[Refusal]) -> None:
    refusal = say("--resume", "results/runs/nothing")
    assert refusal.code == Exit.BAD_DATA
    assert "results/runs/nothing is not a run: there is no such folder. Next: make bench" in refusal.words


def test_another_machines_run_cannot_be_resumed(results: Path, say: type[Refusal]) -> None:
    run = record(results / "runs")
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    refusal = say("--resume", str(run))
    assert refusal.code == Exit.BAD_DATA
    assert "was measured on another machine (cpu differs). Next: make bench" in refusal.words
    assert {file: file.read_bytes() for file in run.rglob("*") if file.is_file()} == before


def test_a_report_of_what_is_no_run_is_a_sentence(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["report"])
    with pytest.raises(SystemExit) as left:
        report.main()
    assert left.value.code == Exit.BAD_DATA
    assert "results/latest is not a run" in capsys.readouterr().err


def test_a_second_run_is_refused_and_told_who_has_the_first(results: Path, say: type[Refusal]) -> None:
    with guards.exclusive_lock():
        refusal = say()
    assert refusal.code == Exit.NOT_MEASURED
    assert f"another run is in progress (process {os.getpid()}, since " in refusal.words
    assert folders(results) == []


def test_a_lock_whose_owner_was_killed_is_no_lock(results: Path) -> None:
    held = "import os; from scripts.run.guards import exclusive_lock\nwith exclusive_lock(): os.kill(os.getpid(), 9)"
    root = Path(bench.__file__).parents[1]
    killed = subprocess.run([sys.executable, "-c", held], env={**os.environ, "PYTHONPATH": str(root)})
    assert killed.returncode == -signal.SIGKILL
    assert (results / ".lock").read_text().startswith("process ")
    with guards.exclusive_lock():
        assert f"process {os.getpid()}," in (results / ".lock").read_text()


def test_what_a_killed_run_left_half_written_is_swept(results: Path) -> None:
    (results / "runs" / "x").mkdir(parents=True)
    (results / "runs" / "x" / "rounds.csv.partial").touch()
    with guards.exclusive_lock():
        assert list(results.rglob("*.partial")) == []


def test_a_limit_of_64_files_is_refused_with_the_way_out(
    results: Path, say: type[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (64, 64))
    refusal = say()
    assert refusal.code == Exit.NOT_MEASURED
    assert "only 64 files may be open, 2048 are needed. Next: ulimit -Hn 2048; make bench" in refusal.words
    assert folders(results) == []


def test_a_soft_limit_is_raised(results: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    preflight.raise_file_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 2048


def test_a_full_disk_is_refused(results: Path, say: type[Refusal], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    refusal = say()
    assert refusal.code == Exit.NOT_MEASURED
    assert f"results: less than 16 MiB are free. Next: make room in {results}" in refusal.words
    assert folders(results) == []


def test_a_disk_that_fills_up_ends_the_run_and_keeps_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record(tmp_path, blocks=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(OSError, match="are free") as full:
        run_block(Block(run, 1, 1, ""), lambda entry: None)
    assert full.value.errno == errno.ENOSPC
    assert len(Block(run, 0, 1, "").finished()) == 3


def test_a_file_in_place_of_the_results_folder_is_refused(results: Path, say: type[Refusal]) -> None:
    results.write_text("mine")
    refusal = say()
    assert refusal.code == Exit.NOT_MEASURED
    assert "results: File exists. Next: make room in " in refusal.words
    assert results.read_text() == "mine"


def test_a_run_that_was_cut_short_is_offered_to_be_gone_on_with(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = record(results / "runs")
    lifecycle.suggest_resume()
    assert f"To resume it instead: make bench RESUME=results/runs/{run.name}" in capsys.readouterr().err
    (run / "summary.csv").touch()
    lifecycle.suggest_resume()
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_the_latest_run_can_be_resumed_by_that_name(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = record(results / "runs")
    (results / "latest").symlink_to(f"runs/{run.name}")
    monkeypatch.setattr("scripts.report.report.draw_and_write", lambda run: None)
    lifecycle.write_outputs(Path("results/latest"))
    assert os.readlink(results / "latest") == f"runs/{run.name}"


def test_an_interruption_before_the_first_cell_leaves_no_folder(
    results: Path, say: type[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ctrl_c(run: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "measure", ctrl_c)
    refusal = say()
    assert (refusal.code, folders(results)) == (Exit.INTERRUPTED, [])
    assert "overlap: interrupted. Nothing was measured yet" in refusal.words


def test_an_interruption_keeps_what_was_measured(
    results: Path, say: type[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ctrl_c(run: Path) -> None:
        shutil.copytree(record(results / "elsewhere") / "blocks", run / "blocks", dirs_exist_ok=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "measure", ctrl_c)
    refusal = say()
    assert refusal.code == Exit.INTERRUPTED
    assert f"Next: make bench RESUME=results/runs/{folders(results)[0].name}" in refusal.words


def test_a_run_cannot_go_on_with_another_runs_journal(tmp_path: Path) -> None:
    run, other = record(tmp_path), record(tmp_path, "20260202-000000")
    shutil.copy(other / "blocks" / "01.journal", run / "blocks" / "01.journal")
    with pytest.raises(CommandError, match=r"01\.journal cannot be resumed: it belongs to another run") as stop:
        run_block(Block(run, 1, 1, ""), lambda entry: None)
    assert stop.value.code == Exit.BAD_DATA


def test_a_torn_line_does_not_tear_the_next_one(tmp_path: Path) -> None:
    block = Block(record(tmp_path), 0, 1, "")
    path = block.path(".journal")
    path.write_bytes(path.read_bytes()[:-10])
    block_module.open_journal(block)
    journal.append(path, {"kind": "end"})
    assert block.entries()[-1] == {"kind": "end"}


NO_SELECTIONS = [
    ("io and slep", "ONLY: no cell is called 'slep'; the nearest name is 'sleep'. Next: make bench ONLY=sleep"),
    ("io and (", "ONLY='io and (' is no expression. Next: write it like ONLY='http and (threads or asyncio)'"),
    ("io) or (cpu", "ONLY='io) or (cpu' is no expression"),
    ("io and cpu", "selects no cell. Next: make bench ONLY=io"),
]


@pytest.mark.parametrize(("only", "sentence"), NO_SELECTIONS)
def test_a_selection_that_makes_no_sense_is_refused_before_anything_is_started(
    results: Path, say: type[Refusal], monkeypatch: pytest.MonkeyPatch, only: str, sentence: str
) -> None:
    monkeypatch.setattr(bench, "measure", lambda run: pytest.fail("a block was started"))
    monkeypatch.setattr(Calibration, "measure", lambda: pytest.fail("the machine was calibrated"))
    refusal = say("--only", only)
    assert (refusal.code, folders(results)) == (Exit.USAGE, [])
    assert sentence in refusal.words


@pytest.mark.real
@pytest.mark.parametrize(("only", "sentence"), NO_SELECTIONS)
def test_a_block_refuses_such_a_selection_too(tmp_path: Path, only: str, sentence: str) -> None:
    run = record(tmp_path, blocks=1)
    with pytest.raises(CommandError) as stop:
        run_block(Block(run, 1, 1, only), lambda entry: None)
    assert stop.value.code == Exit.USAGE
    assert sentence in str(stop.value)


@pytest.mark.real
def test_wrong_usage_does_not_wait_for_what_draws_and_computes() -> None:
    program = (
        "import sys, scripts.bench; print([name for name in ('pandas', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.real
def test_ctrl_c_while_a_verb_is_still_being_imported_is_a_sentence() -> None:
    program = "import os, signal, scripts; os.kill(os.getpid(), signal.SIGINT); os.read(0, 1)"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's `&` ignores it
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (Exit.INTERRUPTED, "", "overlap: interrupted\n")


@pytest.mark.real
def test_refused_input_leaves_no_folder_behind(tmp_path: Path) -> None:
    sandbox = Sandbox.build(tmp_path)
    refused = sandbox.bench("--blocks", "1", "--only", "slep")
    assert refused.returncode == Exit.USAGE
    assert "Traceback" not in refused.stderr
    assert sandbox.runs() == []


@pytest.mark.real
@pytest.mark.parametrize(
    "world", ["ulimit -n 64", "mount -t tmpfs -o ro tmpfs results", "mount -t tmpfs -o size=1m tmpfs results"]
)
def test_a_world_too_small_is_refused_soon(tmp_path: Path, world: str) -> None:
    sandbox = Sandbox.build(tmp_path)
    (tmp_path / "results").mkdir()
    own_mounts = ("unshare", "-m") if "mount" in world else ()
    enter = (*own_mounts, "sh", "-c", f'{world} && exec "$@"', "sh")
    if subprocess.run([*enter, "true"], cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("mounting needs root")
    began = time.monotonic()
    refused = sandbox.bench(before=enter)
    assert refused.returncode == Exit.NOT_MEASURED
    assert "Next: " in refused.stderr
    assert "Traceback" not in refused.stderr
    assert time.monotonic() - began < SOON_S
