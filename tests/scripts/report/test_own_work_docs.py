"""What the page about your own work shows must run as it stands there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.models import needs
from benchmarks.profiler.description import forms_of, workload
from benchmarks.profiler.trials import attempt, can_run
from benchmarks.workloads._user_module import load
from scripts.faults.sandbox import LONGEST_S, Sandbox
from scripts.verdict import expectations
from servers.subprocesses import serve
from tests.missing import missing

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
PAGE = ROOT / "docs" / "your-own-work.md"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve("servers.latency") as server:
        yield server.url


@pytest.mark.real
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_gives_the_same_answers_under_every_model(
    path: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API", url)
    monkeypatch.setenv("IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = str(path)
    work = workload(source, load(source))
    expectations.check(load(source).given("EXPECT") or [])
    models = [
        "sequential",
        "threads",
        "to_thread",
        "processes",
        *["asyncio", "queue_workers"] * ("asyncio" in forms_of(work.code)),
    ]
    for name in models:
        if not can_run(name, work):
            missing(needs(name).unavailable_reason() or f"{name} cannot run {path.stem}")
        assert attempt(name, work, work.tasks(4), 2) == "", name


def test_every_example_stands_on_the_page_and_is_short() -> None:
    assert len(EXAMPLES) == 4
    for path in EXAMPLES:
        assert f"(examples/{path.name})" in PAGE.read_text()
        assert len(path.read_text().splitlines()) <= 60


def pytest_of_a_user(house: Sandbox, test: Path) -> "subprocess.CompletedProcess[str]":
    """Another project's tests, which have heard of the fixture and of nothing else of ours."""
    plugin = {"PYTHONPATH": str(house.path), "PYTEST_PLUGINS": ""}
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "overlap_bench.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, str(test)],
        cwd=test.parent,
        env={**os.environ, **plugin},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )


@pytest.mark.real
def test_the_pytest_fixture_measures_what_the_page_says(tmp_path: Path) -> None:
    house = Sandbox.build(tmp_path / "house")
    blocks = re.findall(r"```python\n# test_pages.py\n(.*?)```", PAGE.read_text(), re.DOTALL)
    test = tmp_path / "test_pages.py"
    test.write_text(blocks[0].replace("blocks=6", "blocks=1"))
    done = pytest_of_a_user(house, test)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    made = json.loads((house.path / "results" / "mine" / "mine.json").read_text())
    assert made["work"]["name"] == "work"


@pytest.mark.real
def test_the_fixture_fails_with_the_sentence_of_make_mine(tmp_path: Path) -> None:
    test = tmp_path / "test_pages.py"
    test.write_text("def work(task): ...\ndef test_it(overlap): overlap(work)\n")
    done = pytest_of_a_user(Sandbox.build(tmp_path / "house"), test)
    assert done.returncode == 1
    assert "test_pages.py has no tasks. Next: write TASKS" in done.stdout
