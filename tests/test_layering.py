"""Imports run one way: servers → benchmarks → scripts."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("folder", "knows"), [("servers", "benchmarks|scripts"), ("benchmarks", "scripts")])
def test_no_import_runs_back(folder: str, knows: str) -> None:
    back = re.compile(rf"^\s*(?:from|import) (?:{knows}|tests)\b", re.MULTILINE)
    assert [path for path in (ROOT / folder).rglob("*.py") if back.search(path.read_text())] == []
