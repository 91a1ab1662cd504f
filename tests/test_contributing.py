"""The files that CONTRIBUTING shows, added to a copy of the project: each is one file, and each works."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.faults.sandbox import Sandbox
from scripts.tables.load import load

ROOT = Path(__file__).parents[1]
FILE = re.compile(r"^```(?:python|toml)\n# (?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = {match["path"]: match["text"] for match in FILE.finditer((ROOT / "CONTRIBUTING.md").read_text())}
OUT_OF_ORDER = """\"\"\"Threads whose answers come as they finish.\"\"\"

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager

from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"workers": "threads"}


@contextmanager
def out_of_order(workload: Workload, concurrency: int) -> Iterator[Run]:
    \"\"\"Gather in the wrong order.\"\"\"
    with workload.client() as client, ThreadPoolExecutor(concurrency) as pool:
        yield lambda tasks: [
            one.result() for one in as_completed(pool.submit(workload.perform, client, task) for task in tasks)
        ]
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox.build(tmp_path_factory.mktemp("copy"))
    shutil.copytree(ROOT / "tests", sandbox.path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in SHOWN.items():
        assert not (sandbox.path / path).exists()
        (sandbox.path / path).write_text(text)
    pool = (ROOT / "benchmarks/models/pool.py").read_text().replace("def pool(", "def copied_pool(")
    (sandbox.path / "benchmarks/models/copied_pool.py").write_text(pool)
    (sandbox.path / "benchmarks/models/out_of_order.py").write_text(OUT_OF_ORDER)
    yield sandbox
    assert sandbox.processes() == []


def python(copy: Sandbox, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy.path, env=copy.environment(), capture_output=True, text=True, timeout=120
    )


def contract(copy: Sandbox, model: str) -> "subprocess.CompletedProcess[str]":
    chosen = ["-m", "not real and not browser and not slow", "-k", model]  # as make check runs them
    return python(copy, "-m", "pytest", "-q", "-p", "no:benchmark", "tests/benchmarks/models", *chosen)


def test_contributing_shows_one_file_of_each_kind() -> None:
    folders = {str(Path(path).parent) for path in SHOWN}
    benchmarks = {f"benchmarks/{name}" for name in ("models", "workloads", "experiments", "probes", "claims")}
    assert folders == benchmarks | {"scripts/charts"}


@pytest.mark.real
@pytest.mark.alone
def test_what_contributing_shows_is_measured_drawn_and_judged(copy: Sandbox) -> None:
    done = copy.bench("--only=my_question or my_probe", "--blocks=2", "--seed=1")
    assert done.returncode == 0, done.stdout + done.stderr
    run = load(copy.runs()[-1])
    assert run.omissions == []
    assert set(run.rounds["model"]) == {"sequential", "my_pool", "call", "method"}
    assert (run.path / "charts" / "my-chart.svg").exists()
    judged = copy.bench("--talk=benchmarks/claims/my_talk.toml", f"--run={run.path}", verb="claims")
    assert "processes-overlap-waits" in judged.stdout + judged.stderr


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.parametrize("model", ["my_pool", "copied_pool"])
def test_a_new_model_is_held_to_its_contract_by_make_check(copy: Sandbox, model: str) -> None:
    done = contract(copy, model)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout  # its contract, and that it fits a slide


@pytest.mark.real
@pytest.mark.alone
def test_make_check_fails_on_a_model_whose_answers_are_out_of_order(copy: Sandbox) -> None:
    done = contract(copy, "out_of_order")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "answers [" in done.stdout


@pytest.mark.real
@pytest.mark.alone
def test_a_copied_pool_is_limited_as_processes_are_wherever_models_are_compared(copy: Sandbox) -> None:
    program = """
from benchmarks.probes.task_memory import has_children, is_measured
from scripts.site.race_request import RaceRequest
for name in ("processes", "copied_pool", "my_pool"):
    places = RaceRequest(1_000, 20, 500, 0, (name,)).places(name)
    print(has_children(name), is_measured(name, 10), is_measured(name, 1_000), places)
"""
    done = python(copy, "-c", program)
    assert len(set(done.stdout.splitlines())) == 1, done.stdout + done.stderr
    assert "True True False 32" in done.stdout
