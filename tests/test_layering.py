"""Imports run one way: servers → benchmarks → scripts."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("folder", "knows"), [("servers", "benchmarks|scripts"), ("benchmarks", "scripts")])
def test_no_import_runs_back(folder: str, knows: str) -> None:
    back = re.compile(rf"^\s*(?:from|import) (?:{knows}|tests)\b", re.MULTILINE)
    assert [path for path in (ROOT / folder).rglob("*.py") if back.search(path.read_text())] == []


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "models").glob("[!_]*.py")), ids=lambda path: path.stem)
def test_a_model_knows_the_contracts_and_no_workload(path: Path) -> None:
    known = re.findall(r"^(?:from|import) (benchmarks\S*)", path.read_text(), re.MULTILINE)
    starting = (
        {"benchmarks.models._cluster", "benchmarks.models._subprocess"} if path.stem in ("dask", "ray") else set()
    )
    assert set(known) <= {"benchmarks.models", "benchmarks.workloads"} | starting
    made = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    managers = [node.name for node in made if "contextmanager" in map(ast.unparse, node.decorator_list)]
    assert managers == [path.stem]
