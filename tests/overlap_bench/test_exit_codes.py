"""Every verb by every exit code that it can give, through the installed program; and each into a pipe that is closed.

What is missing from the table cannot be planted from outside: `aa` with 1 (tests/scripts/test_aa.py plants it), and the
codes of verbs that only print.
"""

import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from overlap_bench.cli import VERBS
from tests.missing import missing
from tests.overlap_bench.installed import LONGEST_S, ROOT, Installed
from tests.scripts import recorded
from tests.scripts.atlas.fleet import fleet
from tests.scripts.atlas.test_atlas import put
from tests.scripts.revisions.test_sides import git

pytestmark = pytest.mark.real

CLAIM = """[talk]
title = "Waiting"
source = "a test"

[[claim]]
id = "{id}"
text = "Waiting overlaps."
where = "Waiting"
ratio = {{ of = "io/wire/sequential/c10", over = "io/wire/asyncio/c10" }}
holds = "{bound}"
expected = "holds"
"""
BOUNDS = {"holds": "> 2", "fails": "> 1000"}
WORK = "import time\nTASKS = range(8)\ndef work(task):\n    time.sleep(0.02)\n    return task\n"
BROKEN = "TASKS = range(8)\ndef work(task):\n    raise RuntimeError('never')\n"
WAITING = "io and sleep and (sequential or asyncio)"
MEASURING = {  # verbs that measure, with what they are asked for; how they end when interrupted
    "quick": ["quick", "--only", "cpu"],
    "bench": ["bench", "--only", WAITING],
    "full": ["full", "--only", WAITING],
    "matrix": ["matrix", "--python", "{python}", "--only", WAITING],
    "claims": ["claims", "--fresh"],
    "claim": ["claim", "--id", "network-io", "--fresh"],
    "mine": ["mine", "work.py"],
    "ab": ["ab", "--base", "main", "--head", "slow", "--models", "sequential", "--", "work.py"],
    "why": ["why", "--only", "io and sleep"],
    "aa": ["aa"],
}
CODES = [
    # 0: it worked
    (["quick", "--only", "cpu and primes and sequential", "--blocks", "1"], 0),
    (["bench", "--only", WAITING, "--blocks", "1"], 0),
    (["full", "--only", WAITING, "--blocks", "1"], 0),
    (["matrix", "--python", "{python}", "--only", "io and sleep and sequential", "--blocks", "1"], 0),
    (["claims", "--talk", "holds.toml", "--run", "reference"], 0),
    (["claim", "--id", "holds", "--talk", "holds.toml", "--run", "reference"], 0),
    (["mine", "work.py", "--models", "threads", "--blocks", "1"], 0),
    (["ab", "--base", "main", "--models", "threads", "--blocks", "6", "--threshold", "90%", "--", "work.py"], 0),
    (["why", "--only", "io and sleep and sequential"], 0),
    (["compare", "same", "same"], 0),
    (["report", "same"], 0),
    (["charts", "same"], 0),
    (["slides", "same"], 0),
    (["trace", "same"], 0),
    (["share", "reference"], 0),
    (["atlas", "shares"], 0),
    (["lesson"], 0),
    (["advise", "--tasks", "100", "--wait-ms", "20", "--cpu-ms", "0"], 0),
    (["doctor"], 0),
    (["models"], 0),
    # 1: it went the other way
    (["claims", "--talk", "fails.toml", "--run", "reference"], 1),
    (["claim", "--id", "fails", "--talk", "fails.toml", "--run", "reference"], 1),
    (["mine", "work.py", "--models", "threads", "--blocks", "6", "--expect", "threads at least 50x sequential"], 1),
    (["ab", "--base", "main", "--head", "slow", "--models", "sequential", "--blocks", "6", "--", "work.py"], 1),
    (["compare", "same", "slower"], 1),
    # 2: wrong usage
    (["nosuch"], 2),
    (["bench", "--blocks", "0"], 2),
    (["quick", "--only", "nosuch"], 2),
    (["full", "--repeat", "0"], 2),
    (["matrix", "--python", "{python}", "--blocks", "0"], 2),
    (["claims", "--talk", "nosuch"], 2),
    (["claim", "--id", "nosuch"], 2),
    (["mine", "nosuch.py"], 2),
    (["ab", "--base", "nosuch", "--", "work.py"], 2),
    (["why", "nosuch.py"], 2),
    (["lesson", "nosuch"], 2),
    (["advise", "--tasks", "0"], 2),
    # 3: it could not be measured
    (["claims", "--talk", "elsewhere.toml", "--run", "reference"], 3),
    (["mine", "broken.py"], 3),
    (["mine", "work.py", "--models", "threads", "--blocks", "1", "--expect", "threads at least 2x sequential"], 3),
    (["ab", "--base", "main", "--head", "broken", "--blocks", "2", "--", "work.py"], 3),
    (["compare", "same", "other"], 3),
    (["why", "broken.py"], 3),
    (["race", "--port", "{taken}"], 2),
    (["advise", "--validate", "same"], 3),
    # 4: results that cannot be read
    (["bench", "--resume", "damaged"], 4),
    (["claims", "--run", "damaged"], 4),
    (["compare", "same", "damaged"], 4),
    (["report", "damaged"], 4),
    (["charts", "damaged"], 4),
    (["slides", "damaged"], 4),
    (["trace", "damaged"], 4),
    (["share", "damaged"], 4),
    (["share", "same"], 4),  # it says too little of its machine
    (["advise", "--run", "damaged", "--tasks", "100", "--wait-ms", "20", "--cpu-ms", "0"], 4),
    (["why", "--run", "damaged", "--only", "io and sleep and sequential"], 4),
]
SAYING = [["help"], ["bench", "--help"], ["lesson", "the_gil"]]
PRINTING = [line for line, code in CODES if code == 0 and line[0] not in MEASURING]  # seconds each


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's project with two revisions, and runs: good, slower, damaged; claims about them."""
    home = tmp_path_factory.mktemp("project")
    git(home, "init", "-q", "-b", "main")
    for name, text in (("work.py", WORK), (".gitignore", "*\n!work.py\n")):
        (home / name).write_text(text)
    git(home, "add", ".")
    git(home, "commit", "-qm", "one")
    for branch, text in (("slow", WORK.replace("0.02", "0.06")), ("broken", BROKEN)):
        git(home, "checkout", "-q", "-b", branch, "main")
        (home / "work.py").write_text(text)
        git(home, "commit", "-qam", branch)
    git(home, "checkout", "-q", "main")
    (home / "broken.py").write_text(BROKEN)
    for name, bound in BOUNDS.items():
        (home / f"{name}.toml").write_text(CLAIM.format(id=name, bound=bound))
    (home / "elsewhere.toml").write_text(
        CLAIM.format(id="elsewhere", bound="> 2").replace("io/wire/sequential/c10", "aa/wire/threads")
    )
    make_runs(home)
    put(home / "shares", fleet(3, np.random.default_rng(1)))
    return home


def make_runs(home: Path) -> None:
    """Runs that were never measured here, and the committed one."""
    (home / "reference").symlink_to(ROOT / "results" / "reference")
    recorded.record(home, "same", blocks=6)
    recorded.record(home, "damaged")
    (home / "damaged" / "environment.json").write_text("{")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recorded, "SECONDS", {model: 4 * value for model, value in recorded.SECONDS.items()})
        recorded.record(home, "slower", blocks=6, machine=recorded.environment("same", 6)["machine"])
        patched.setattr(recorded, "MODELS", ("threads",))
        recorded.record(home, "other", blocks=6)


@pytest.fixture
def call(installed: Installed, folder: Path) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """Call the installed program in the project; nothing of it is left in the temporary folder."""
    (temporary := folder / "temporary").mkdir(exist_ok=True)
    yield lambda *words, **more: installed.call(
        folder, "overlap", "--results", "results", *words, **{"TMPDIR": str(temporary), **more}
    )
    assert list(temporary.glob("overlap*")) == []


@pytest.fixture
def fill(installed: Installed) -> Iterator[Callable[[list[str]], list[str]]]:
    """Put an interpreter, and a port that is taken, into a command line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        values = {
            "python": "own={0} other={0}".format(installed.home / "bin" / "python"),
            "taken": taken.getsockname()[1],
        }
        yield lambda line: [word.format(**values) if word.startswith("{") else word for word in line]


def obey() -> None:
    """Obey Ctrl-C, which a background job of a shell passes on as ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def name(value: object) -> str:
    """A line as the name of its test."""
    return " ".join(value) if isinstance(value, list) else str(value)


def test_every_verb_is_in_the_table() -> None:
    assert {line[0] for line, _ in CODES} | {*MEASURING} == {*VERBS, "nosuch"}


def shortened(lines: Iterable[Any], long: Callable[[Any], bool]) -> list[Any]:
    """The lines as the parameters of a test; `make test` leaves out the long ones."""
    return [
        pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=[pytest.mark.long] * long(one))
        for one in lines
    ]


def measures(row: tuple[list[str], int]) -> bool:
    """Whether a line measures for many seconds; those of `bench` and `quick` stand for all in `make test`."""
    line, code = row
    return line[0] in MEASURING and line[0] not in ("bench", "quick") and code in (0, 1, 3) and "broken.py" not in line


def is_further(line: list[str]) -> bool:
    """Whether a verb is one more of those that measure; `bench` and `mine` stand for all in `make test`."""
    return line[0] not in ("bench", "mine")


def prints_further(line: list[str]) -> bool:
    """Whether a verb is one more of those that print; four stand for all in `make test`."""
    return line not in SAYING and line[0] != "compare"


@pytest.mark.parametrize(("line", "code"), shortened(CODES, measures), ids=name)
def test_each_verb_ends_with_the_code_that_it_documents(
    call: Callable[..., "subprocess.CompletedProcess[str]"],
    fill: Callable[[list[str]], list[str]],
    line: list[str],
    code: int,
) -> None:
    done = call(*fill(line))
    if (done.returncode, code) == (3, 1) and "disturbed" in done.stdout:
        missing("the machine is too busy for a verdict")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert not code or "overlap" in done.stderr or line[0] in ("compare", "claims", "claim", "ab", "mine", "advise")


@pytest.mark.parametrize("line", shortened(MEASURING.values(), is_further), ids=name)
def test_a_verb_that_measures_waits_for_no_other_run_and_says_so(
    call: Callable[..., "subprocess.CompletedProcess[str]"],
    fill: Callable[[list[str]], list[str]],
    folder: Path,
    line: list[str],
) -> None:
    (folder / "results").mkdir(exist_ok=True)
    with FileLock(folder / "results" / ".lock"):
        done = call(*fill(line))
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert "another run is in progress" in done.stderr


@pytest.mark.parametrize("line", shortened(MEASURING.values(), is_further), ids=name)
def test_a_verb_that_measures_is_interrupted_with_130_and_leaves_nothing(
    installed: Installed, folder: Path, fill: Callable[[list[str]], list[str]], line: list[str]
) -> None:
    (temporary := folder / "interrupted").mkdir(exist_ok=True)
    program = subprocess.Popen(
        installed.line("--results", "results", *fill(line)),
        cwd=folder,
        env=installed.environment(folder, TMPDIR=str(temporary), PYTHONUNBUFFERED="1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=obey,
    )
    threading.Timer(3.0, program.send_signal, [signal.SIGINT]).start()
    errors = program.communicate(timeout=LONGEST_S)[1]
    assert (program.returncode, "Traceback" in errors) == (130, False), errors
    assert "interrupted" in errors
    assert list(temporary.glob("overlap*")) == []


def test_the_race_ends_well_by_ctrl_c(installed: Installed, folder: Path) -> None:
    line = installed.line("--results", "results", "race")
    program = subprocess.Popen(
        line,
        cwd=folder,
        env=installed.environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=obey,
    )
    assert program.stdout
    assert program.stdout.readline().startswith("The race is at ")
    program.send_signal(signal.SIGINT)
    assert (program.communicate(timeout=LONGEST_S)[1], program.returncode) == ("", 0)


def test_a_machine_that_cannot_measure_is_told_by_the_doctor(installed: Installed, folder: Path) -> None:
    done = subprocess.run(
        installed.line("doctor"),
        cwd=folder,
        env=installed.environment(folder),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    )
    assert (done.returncode, "64 files may be open" in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize("line", shortened([*SAYING, *PRINTING], prints_further), ids=name)
def test_a_reader_that_leaves_changes_neither_the_code_nor_the_words(
    installed: Installed, folder: Path, line: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        installed.line("--results", "results", *line),
        cwd=folder,
        env=installed.environment(folder),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LONGEST_S,
    )
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode in ((0, 1) if line[0] == "lesson" else (0,)), done.stderr


def test_an_answer_that_a_full_disk_swallows_is_no_success(installed: Installed, folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            installed.line("models"),
            cwd=folder,
            env=installed.environment(folder),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 3
    assert done.stderr == "overlap: standard output could not be written: No space left on device\n"
