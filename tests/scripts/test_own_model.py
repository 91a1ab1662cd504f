"""A model is one file: everything else reads from that file how the model runs its tasks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.faults.sandbox import ROOT, Sandbox
from scripts.site.race_request import MAX_PROCESSES

QUESTIONS = """
import json
from scripts.analysis.model_order import order
from scripts.predict.laws import law, predictable
from scripts.report.model_table import description, ordered
from scripts.site.race_request import MODELS, RaceRequest

request = RaceRequest.read({"models": ["my_pool", "processes"], "concurrency": 500, "tasks": 500})
print(json.dumps({
    "places": [request.places(name) for name in ("my_pool", "processes")],
    "offered": "my_pool" in MODELS,
    "laws": [law("my_pool"), law("processes")],
    "predicted": "my_pool" in predictable(),
    "listed": "my_pool" in ordered(),
    "description": description("my_pool"),
    "beside": ordered()[ordered().index("my_pool") + 1],
}))
"""


@pytest.mark.slow
def test_a_copy_of_a_process_pool_under_another_name_never_starts_500_processes(tmp_path: Path) -> None:
    sandbox = Sandbox.build(tmp_path)
    original = (ROOT / "benchmarks" / "models" / "pool.py").read_text()
    copy = original.replace("def pool(", "def my_pool(").replace("`multiprocessing.Pool`", "My own pool")
    (tmp_path / "benchmarks" / "models" / "my_pool.py").write_text(copy)
    command = [sys.executable, "-c", QUESTIONS]
    answer = subprocess.run(command, cwd=tmp_path, env=sandbox.environment(), capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "places": [MAX_PROCESSES, MAX_PROCESSES],
        "offered": True,
        "laws": ["cores", "cores"],
        "predicted": True,
        "listed": True,
        "description": answer_description(original),
        "beside": "pool",
    }


def answer_description(original: str) -> str:
    """The first sentence of the copy."""
    return original.removeprefix('"""').split(".\n")[0].replace("`multiprocessing.Pool`", "My own pool")
