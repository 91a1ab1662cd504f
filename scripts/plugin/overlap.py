"""A pytest fixture that measures a project's own work: `PYTHONPATH=…/overlap/scripts/plugin pytest -p overlap`.

    def test_threads_pay(overlap):
        assert overlap(work).speedup("threads").low > 5

It asks `make mine` for a comparison, in Overlap's own interpreter and folder, and needs nothing but pytest in yours.
(Rejected: timing in the test's own process. One process is one block, and says nothing about the next.)
"""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = 6  # as few as intervals take
MADE = (0, 1, 3)  # exit codes of a comparison that was made, whatever came of what was expected


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % interval over blocks; a range with fewer than six of them."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """What was measured; `document` is mine.json, as results/README.md describes it."""

    document: dict[str, Any]

    def result(self, model: str) -> dict[str, Any]:
        """The best cell of a model. LookupError with the reason when it has none."""
        for one in self.document["results"]:
            if one["model"] == model:
                return dict(one)
        unfit = self.document["learned"]["unfit"].get(model)
        lost = [one["reason"] for one in self.document["not_results"] if f"-{model}-" in one["cell"]]
        raise LookupError(f"{model} was not measured: {unfit or next(iter(lost), 'it was not asked for')}")

    def speedup(self, model: str) -> Interval:
        """How many times as fast as one task after another."""
        return Interval(**self.result(model)["speedup"])

    def seconds(self, model: str) -> Interval:
        """How long a round took."""
        return Interval(**self.result(model)["seconds"])


@pytest.fixture
def overlap(tmp_path: Path) -> Callable[..., Comparison]:
    """`overlap(work)` measures a function of a module that has its TASKS, or a file by its path, for two minutes."""

    def compare(work: Callable[..., Any] | str | Path, *, models: str = "", blocks: int = BLOCKS) -> Comparison:
        made = tmp_path / "mine.json"
        done = subprocess.run(command(work, models, blocks, made), cwd=ROOT, capture_output=True, text=True)
        if done.returncode not in MADE or not made.exists():
            pytest.fail(done.stderr.strip() or f"overlap ended with {done.returncode}", pytrace=False)
        return Comparison(json.loads(made.read_text()))

    return compare


def command(work: Callable[..., Any] | str | Path, models: str, blocks: int, made: Path) -> list[str]:
    """The command line of `make mine`."""
    own = ROOT / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    return [python, "-m", "scripts.mine", named(work), f"--models={models}", f"--blocks={blocks}", f"--json={made}"]


def named(work: Callable[..., Any] | str | Path) -> str:
    """A function as WORK names it, or the path as it is."""
    if isinstance(work, str | Path):
        return os.path.abspath(work)
    return f"{inspect.getsourcefile(work)}:{work.__name__}"
