"""`overlap ab` from its command line to its answer: real environments, real git, real blocks."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.missing import missing
from tests.overlap_bench.test_cli import ROOT, overlap
from tests.scripts.revisions.test_sides import git

WORK = "from library import answer\nTASKS = range(8)\ndef work(task): return answer(task)\n"
LIBRARY = "N = 20_000\ndef answer(task): return sum(range(N)) and task\n"
WAITS = "import time\ndef answer(task): return time.sleep(0.005) or task\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """On main a library and its work, on `slow` ten times the work, on `broken` none that runs; on `waits` and `other`
    work that waits, with other answers on `other`.
    """
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "library.py").write_text(LIBRARY)
    (folder / "work.py").write_text(WORK)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    for branch, text in (
        ("slow", LIBRARY.replace("20_000", "200_000")),
        ("broken", "raise RuntimeError('not finished')\n"),
        ("waits", WAITS),
        ("other", WAITS.replace("or task", "or -task")),
    ):
        git(folder, "checkout", "-q", "-b", branch, "main")
        (folder / "library.py").write_text(text)
        git(folder, "commit", "-qam", branch)
    git(folder, "checkout", "-q", "main")
    return folder


def ab(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Compare in a project, with a folder for temporary files that must be empty afterwards."""
    scratch = project.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    before = git(project, "status", "--porcelain"), git(project, "branch", "--list")
    done = overlap("--results", "../results", "ab", *arguments, cwd=project, TMPDIR=str(scratch))
    if "no environment could be made for base (main)" in done.stderr and "--python" not in arguments:
        missing("no packages can be fetched here")
    assert list(scratch.iterdir()) == []
    assert (git(project, "status", "--porcelain"), git(project, "branch", "--list")) == before
    return done


@pytest.mark.real
@pytest.mark.long
def test_a_planted_loss_is_found_and_explained(project: Path) -> None:
    line = ["--base", "main", "--head", "slow", "--models", "sequential", "--blocks", "6", "--json", "../out.json"]
    done = ab(project, *line, "--", "work.py")
    assert done.returncode == 1, done.stderr
    (entry,) = json.loads((project.parent / "out.json").read_text())["models"]
    assert entry["verdict"] == "slower"
    assert "CPU per task" in [one["what"] for one in entry["causes"]]
    assert "slower" in done.stdout


@pytest.mark.real
def test_two_sides_with_other_answers_do_not_do_the_same_work(project: Path) -> None:
    line = ["--base", "waits", "--head", "other", "--models", "sequential", "--blocks", "2"]
    done = ab(project, *line, "--", "work.py")
    assert done.returncode == 0, done.stderr
    assert "The answers to 7 tasks differ" in " ".join(done.stdout.split())
    assert "too few for a verdict" in " ".join(done.stdout.split())


@pytest.mark.real
@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (["--base", "nosuch"], 2, "there is no revision 'nosuch'"),
        (["--base", "overlap-has-no-such-package==1"], 3, "no environment could be made for base"),
        (["--base", "main", "--head", "broken"], 2, "not finished"),
        (["--base", "main", "--python", "/nonexistent/python"], 3, "no environment could be made"),
        (["--base", "main", "--models", "nosuch"], 2, "no model is called 'nosuch'"),
        (["--base", "main", "--blocks", "1"], 2, "--blocks needs 2 or more"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_compared_is_a_sentence_and_leaves_nothing(
    project: Path, line: list[str], code: int, says: str
) -> None:
    done = ab(project, *line, "--", "work.py")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert says in done.stderr


@pytest.mark.real
def test_an_interrupted_comparison_leaves_no_environment(project: Path) -> None:
    scratch = project.parent / "scratch"
    scratch.mkdir()
    env = os.environ | {"PYTHONPATH": str(ROOT), "OVERLAP_RESULTS": str(project.parent / "r"), "TMPDIR": str(scratch)}
    command = [sys.executable, "-P", "-m", "overlap_bench.cli", "ab", "--base", "main", "--", "work.py"]
    with subprocess.Popen(command, cwd=project, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "an environment for main" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
        assert "Traceback" not in process.stderr.read()
    deadline = time.monotonic() + 10
    while list(scratch.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list(scratch.iterdir()) == []
