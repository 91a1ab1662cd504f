"""Nothing but `analysis/conclusions` and the statistics compares an estimate or an interval with anything."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NUMBERS = {"estimate", "low", "high", "p_value", "speedup", "efficiency"}
# What concludes, what computes what is concluded from, and a bound's own ends.
CONCLUDES = {"analysis/conclusions.py", "stats"}
# Comparisons that conclude nothing, each with what it is for.
ALLOWED = {
    ("analysis/amdahl.py", "self.low < self.high"): "whether there is an interval to write",
    ("analysis/families.py", "self.estimate > 0"): "whether it has a logarithm",
    ("analysis/families.py", "cell.estimate > 0"): "cells without a value come last",
    ("analysis/families.py", "cell.estimate > least"): "whether a cell that is not usable took less time",
    ("analysis/revisions.py", "ratio.estimate > 1 + threshold"): "how much, of what was concluded to be slower",
    ("atlas/machines.py", "effect.estimate > 0"): "whether it has a logarithm",
    ("charts/lib/groups.py", "row.low < row.high"): "whether there is an interval to write",
    ("charts/lib/interactive_panel.py", "mark.low < mark.high"): "whether there is an interval to draw",
    ("report/readme.py", "part['estimate'] > 0"): "whether it has a logarithm",
    ("report/standings.py", "self.low < self.high"): "whether there is an interval to write",
}


def number(node: ast.expr) -> bool:
    """Whether it reads a number that something could be concluded from: `one.low`, `row["speedup_high"]`."""
    if isinstance(node, ast.Attribute):
        return node.attr in NUMBERS
    name = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else ""
    return isinstance(name, str) and (name in NUMBERS or name.endswith(("_low", "_high")))


def comparisons(path: Path) -> list[str]:
    """The comparisons of such numbers in a file."""
    nodes = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Compare))
    order = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    ordered = [node for node in nodes if any(isinstance(each, order) for each in node.ops)]
    return [ast.unparse(node) for node in ordered if any(map(number, (node.left, *node.comparators)))]


FILES = sorted(path for path in (ROOT / "scripts").rglob("*.py"))


def concludes(path: Path) -> bool:
    """Whether that is what the file is for."""
    name = path.relative_to(ROOT / "scripts").as_posix()
    return any(name == one or name.startswith(f"{one}/") for one in CONCLUDES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_module_draws_a_conclusion_of_its_own(path: Path) -> None:
    name = path.relative_to(ROOT / "scripts").as_posix()
    here = [] if concludes(path) else comparisons(path)
    assert [one for one in here if (name, one) not in ALLOWED] == []


def test_every_exception_is_still_one() -> None:
    assert [key for key in ALLOWED if key[1] not in comparisons(ROOT / "scripts" / key[0])] == []


def test_a_conclusion_drawn_elsewhere_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "sentence.py"
    file.write_text('def winner(a, b):\n    return a if a.high < b.low or a["speedup_low"] > 1 else b\n')
    assert comparisons(file) == ["a.high < b.low", "a['speedup_low'] > 1"]
