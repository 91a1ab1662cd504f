"""The Action's steps, run as a workflow runs them: its YAML read, its expressions filled in, its shell executed."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.missing import missing
from tests.scripts.revisions.test_sides import git

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
WORK = "import time\nTASKS = range(8)\ndef work(task): time.sleep(0.005)\n"


class Workflow:
    """What a runner knows, and the programs it has: ours, and a `gh` that keeps what it is told."""

    def __init__(self, folder: Path, project: Path, **inputs: str) -> None:
        self.folder, self.project = folder, project
        defaults = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        self.values = {f"inputs.{name}": value for name, value in (defaults | inputs).items()}
        self.values |= {"github.event.pull_request.number": "7", "github.repository": "owner/project"}
        self.values["github.event.pull_request.base.sha"] = git(project, "rev-parse", "main")
        self.values["github.token"] = "secret"
        programs = folder / "programs"
        programs.mkdir()
        self.program("overlap", f'exec "{sys.executable}" -P -m overlap_bench.cli "$@"')
        self.program("gh", f'printf "%s\\n" "$@" > "{folder}/gh.txt"; cat overlap-ab.md > "{folder}/comment.md"')
        self.program("python", f'printf "%s\\n" "$@" > "{folder}/pip.txt"')

    def program(self, name: str, text: str) -> None:
        """A program on the runner's path."""
        file = self.folder / "programs" / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def fill(self, text: str) -> str:
        """The expressions replaced by their values, defaults that are expressions themselves included."""
        while match := EXPRESSION.search(text):
            text = text.replace(match[0], self.values[match[1]])
        return text

    def step(self, step: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
        """Run one step as GitHub does: `bash -eo pipefail` on a file."""
        script = self.folder / "step.sh"
        script.write_text(step["run"])
        env = {name: value for name, value in os.environ.items() if not name.startswith("OVERLAP_")}
        env |= {name: self.fill(value) for name, value in step.get("env", {}).items()}
        env |= {
            "PATH": f"{self.folder}/programs:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OVERLAP_RESULTS": str(self.folder / "results"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        return subprocess.run(command, cwd=self.project, env=env, capture_output=True, text=True, timeout=300)

    def run(self) -> int:
        """All steps; returns the code with which the job ends."""
        for step in ACTION["runs"]["steps"]:
            done = self.step(step)
            output = self.folder / "output"
            if output.exists():
                self.values["steps.compare.outputs.code"] = output.read_text().strip().removeprefix("code=")
            if done.returncode:
                return done.returncode
        return 0

    def read(self, name: str) -> str:
        """A file that the steps have written."""
        return (self.folder / name).read_text()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "work.py").write_text(WORK)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "checkout", "-q", "-b", "feature")
    (folder / "work.py").write_text(WORK.replace("0.005", "0.05"))
    git(folder, "commit", "-qam", "ten times the wait")
    return folder


@pytest.mark.real
def test_a_pull_request_that_makes_it_slower_fails_and_says_so_in_a_comment(tmp_path: Path, project: Path) -> None:
    flow = Workflow(
        tmp_path, project, work="work.py", blocks="6", options="--models sequential", **{"wait-quiet": "0s"}
    )
    code = flow.run()
    if "no environment could be made" in flow.read("summary.md"):
        missing("no packages can be fetched here")
    assert code == 1, flow.read("summary.md")
    assert flow.read("comment.md").startswith("❌ **Overlap**: HEAD")
    assert "sequential: slower" in flow.read("comment.md")
    assert flow.read("summary.md") == flow.read("comment.md")
    assert flow.read("gh.txt").split()[:3] == ["pr", "comment", "7"]
    assert str(ROOT) in flow.read("pip.txt").split()
    assert git(project, "worktree", "list").count("\n") == 0


@pytest.mark.real
def test_wrong_usage_is_told_in_the_comment_and_ends_with_its_code(tmp_path: Path, project: Path) -> None:
    flow = Workflow(tmp_path, project, work="nosuch.py")
    assert flow.run() == 2
    assert "could not compare (exit code 2)" in flow.read("comment.md")
    assert "HEAD has no file nosuch.py" in flow.read("comment.md") or "has no file nosuch.py" in flow.read("comment.md")


@pytest.mark.real
def test_a_title_with_shell_in_it_runs_nothing(tmp_path: Path, project: Path) -> None:
    flow = Workflow(tmp_path, project, work=f"$(touch {tmp_path}/hacked).py", base="`id`; exit 0")
    assert flow.run() == 2
    assert not (tmp_path / "hacked").exists()


def test_inputs_reach_the_shell_as_variables_only() -> None:
    assert [step["name"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]] == []


@pytest.mark.real
def test_a_fork_without_the_right_to_comment_fails_for_nothing(tmp_path: Path, project: Path) -> None:
    flow = Workflow(tmp_path, project, work="work.py")
    flow.program("gh", "exit 1")
    (comment,) = (step for step in ACTION["runs"]["steps"] if step["name"] == "Comment")
    done = flow.step(comment)
    assert done.returncode == 0
    assert "::notice::" in done.stdout
