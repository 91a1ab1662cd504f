"""Runs that are killed, and models that hang, crash, stop or eat everything: each costs its own cell and no other."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.core.runner import BUDGET_S
from scripts.faults.kills import ONLY, TARGETS, kill_many
from scripts.faults.sandbox import Sandbox, wait_until_empty
from scripts.run.block import SILENCE_S, Block, ending_text, valid_entries
from scripts.run.tail import Tail
from scripts.tables.load import load
from scripts.torture import CONCURRENT_RUNS
from scripts.util.exit_codes import Exit
from scripts.util.processes import end_session, temporary_folder
from tests.scripts.recorded import record

KILLS = 6  # every target once, every signal twice; `make torture` does two hundred
LENGTH_S = 6  # of a run of these cells without charts, more or less: the kills are spread over it
SHORT_S = 2  # a budget that a test can wait for

# What a model does while its first task should run; the files are written into a copy of the project.
FAULTS = {
    "hangs": "time.sleep(1000)",
    "leaves": "os._exit(5)",  # what pytest itself says when it selected nothing
    "crashes": "ctypes.string_at(0)",
    "stops": "os.kill(os.getpid(), signal.SIGSTOP)",
    "starves": "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); bytearray(2**33)",
    "kills_the_server": "[one.kill() for one in psutil.Process().children() if 'servers.latency' in one.cmdline()]",
}
REASONS = {
    "hangs": f"it had not ended after {SHORT_S} s",
    "leaves": "its interpreter ended with exit code 5",
    "crashes": "its interpreter ended with SIGSEGV",
    "stops": f"it had not ended after {SHORT_S} s",
    "starves": "MemoryError",
    "kills_the_server": "Connection",
}
MODEL = """
import ctypes, os, resource, signal, time
from contextlib import contextmanager
import psutil
from benchmarks.models.sequential import sequential

@contextmanager
def {name}(workload, concurrency):
    {fault}
    with sequential(workload, concurrency) as run:
        yield run
"""
EXPERIMENT = """
from benchmarks.core.cell import cells
from benchmarks.workloads.wire import Wire

@cells("planted", workloads=[Wire()], models={models}, concurrency=[2], tasks=lambda size: 4, rounds=1)
def test_planted(measure, cell):
    measure(cell)
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name is short: the address of a fork server's socket must fit into 108 bytes."""
    with TemporaryDirectory(prefix="h") as name:
        yield Path(name)


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file.name} has no {old!r} any more"
    file.write_text(text.replace(old, new))


def plain(path: Path) -> Sandbox:
    """A copy that draws no charts, which take longer than the measurement."""
    sandbox = Sandbox.build(path)
    replace(
        path / "scripts" / "charts" / "__init__.py",
        "CHARTS = tuple(find_charts())",
        "CHARTS: tuple[Chart, ...] = ()",
    )
    return sandbox


def planted(path: Path, models: list[str]) -> Sandbox:
    """A copy with one experiment: these models, among them the faulty ones, with a budget of seconds."""
    sandbox = plain(path)
    for name, fault in FAULTS.items():
        (path / "benchmarks" / "models" / f"{name}.py").write_text(MODEL.format(name=name, fault=fault))
    experiments = path / "benchmarks" / "experiments"
    for file in [*experiments.glob("test_*.py"), *(path / "benchmarks" / "claims").glob("*.toml")]:
        file.unlink()  # claims name cells that are not there any more
    (experiments / "test_planted.py").write_text(EXPERIMENT.format(models=models))
    replace(path / "benchmarks" / "core" / "runner.py", f"BUDGET_S = {BUDGET_S}", f"BUDGET_S = {SHORT_S}.0")
    replace(path / "scripts" / "run" / "block.py", "BUDGET_S + 15", "BUDGET_S + 4")
    return sandbox


@pytest.mark.real
@pytest.mark.alone
def test_a_model_that_hangs_crashes_leaves_stops_or_starves_costs_its_own_cell_only(tmp_path: Path) -> None:
    sandbox = planted(tmp_path, [*FAULTS, "sequential", "threads", "asyncio"])
    done = sandbox.bench("--blocks", "1", "--seed", "1")
    assert done.returncode == Exit.OK, done.stderr
    run = load(sandbox.runs()[0])
    reasons = {omission.subject.split("-")[2]: omission.reason for omission in run.omissions}
    assert {name for name, reason in REASONS.items() if reason in reasons.get(name, "")} == set(REASONS), reasons
    assert set(run.rounds["model"]) == {"sequential", "threads", "asyncio"}
    page = (run.path / "report.html").read_text()
    assert all(f"planted-wire-{name}-c2" in page for name in FAULTS)
    assert wait_until_empty(sandbox.left_behind) == []


@pytest.mark.real
@pytest.mark.alone
def test_kills_lose_the_cell_under_way_at_most_and_leave_nothing(short: Path) -> None:
    blows = kill_many(KILLS, 1, [plain(short / str(number)) for number in range(CONCURRENT_RUNS)], length_s=LENGTH_S)
    assert {blow.target for blow in blows} == set(TARGETS)
    assert [blow for blow in blows if blow.left or blow.wrong or blow.lost > 1] == []


@pytest.mark.real
def test_an_interrupted_run_goes_on_where_it_was_and_says_so(short: Path) -> None:
    sandbox = plain(short)
    driver = sandbox.start("--blocks", "1", "--only", ONLY)
    assert driver.stderr
    while not driver.stderr.readline().startswith("first number"):
        assert driver.poll() is None
    driver.terminate()
    words = driver.communicate(timeout=10)[1]
    run = sandbox.runs()[0]
    assert driver.returncode == Exit.INTERRUPTED
    assert f"interrupted. What was measured is kept. Next: make bench RESUME=results/runs/{run.name}" in words
    assert wait_until_empty(sandbox.left_behind) == []
    kept = (run / "blocks" / "00.journal").read_bytes()
    assert sandbox.bench("--resume", f"results/runs/{run.name}").returncode == Exit.OK
    assert (run / "blocks" / "00.journal").read_bytes().startswith(kept)
    assert len(load(run).environment["resumed"]) == 1
    assert load(run).omissions == []


@pytest.mark.real
@pytest.mark.alone
def test_without_shared_memory_processes_are_no_result_and_the_rest_goes_on(short: Path) -> None:
    sandbox = plain(short)
    enter = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro tmpfs /dev/shm && exec "$@"', "sh")
    if subprocess.run([*enter, "true"], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    done = sandbox.bench("--blocks", "1", "--only", "io and sleep", before=enter)
    assert done.returncode == Exit.OK, done.stderr
    run = load(sandbox.runs()[0])
    assert [omission.subject for omission in run.omissions] == ["io-sleep-processes-c10"]
    assert "Read-only file system" in run.omissions[0].reason
    assert set(run.rounds["model"]) == {"sequential", "threads", "asyncio"}


@pytest.mark.real
def test_one_core_is_enough_and_is_what_computing_is_held_to() -> None:
    core = str(min(os.sched_getaffinity(0)))
    script = (
        "from benchmarks.machine.capacity import CapacityMonitor\n"
        "from benchmarks.machine.calibration import NUMBERS, Calibration\n"
        "with CapacityMonitor(Calibration({NUMBERS: 1e5})) as gauge: print(gauge.cores, gauge.sample().parallel)"
    )
    done = subprocess.run(["taskset", "-c", core, sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1 1.0\n")


@pytest.mark.real
def test_a_whole_run_is_made_on_one_core_and_says_so(short: Path) -> None:
    sandbox, core = Sandbox.build(short), str(min(os.sched_getaffinity(0)))
    only = "io and sleep and (sequential or asyncio)"
    done = sandbox.bench("--blocks", "1", "--only", only, before=("taskset", "-c", core))
    assert done.returncode == Exit.OK, done.stderr
    run = load(sandbox.runs()[0])
    assert (run.omissions, set(run.rounds["model"])) == ([], {"sequential", "asyncio"})
    assert run.environment["machine"]["cores_usable"] == 1
    assert set(run.rounds["parallel_capacity"]) == {1.0}
    assert "1 usable core, " in (run.path / "report.html").read_text()
    assert {"speedup.svg", "speedup-phone-dark.svg"} <= {file.name for file in (run.path / "charts").iterdir()}
    assert wait_until_empty(sandbox.left_behind) == []


class Silent:
    """A process that neither ends nor says anything."""

    def poll(self) -> None:
        return None


def test_an_interpreter_that_says_nothing_is_not_waited_for_forever(tmp_path: Path) -> None:
    tail = Tail(Block(record(tmp_path), 0, 1, "").path(".journal"))
    assert len(list(valid_entries(tail.follow(Silent(), 0.2)))) == 9  # type: ignore[arg-type]
    assert tail.silent_s > 0.2


def test_a_cell_over_its_budget_is_told_from_one_that_died() -> None:
    assert ending_text(1, BUDGET_S) == f"it had not ended after {BUDGET_S:g} s"
    assert ending_text(-9, 1.0) == "its interpreter ended with SIGKILL"
    assert ending_text(0, 1.0) == "its interpreter ended with exit code 0"
    assert SILENCE_S > BUDGET_S  # or a cell that keeps its budget could be ended too


@pytest.mark.real
def test_a_stopped_process_in_a_group_of_its_own_ends_with_its_session() -> None:
    stopped = (
        "import os, signal; os.setpgid(0, 0); print(os.getpid(), flush=True); os.kill(os.getpid(), signal.SIGSTOP)"
    )
    leader = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {stopped!r}]).wait()"
    process = subprocess.Popen(
        [sys.executable, "-c", leader], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    pid = int(process.stdout.readline())
    end_session(process)
    process.stdout.close()
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]


@pytest.mark.real
def test_temporary_files_go_even_when_the_driver_is_killed(tmp_path: Path) -> None:
    script = "import os; from scripts.util.processes import temporary_folder as t\nwith t():\n os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == -9
    deadline = time.monotonic() + 3
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []


def test_temporary_files_go_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with temporary_folder():
        (Path(os.environ["TMPDIR"]) / "socket").touch()
    assert os.environ["TMPDIR"] == str(tmp_path)
    assert list(tmp_path.iterdir()) == []
