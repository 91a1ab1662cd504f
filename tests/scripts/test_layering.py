"""Imports within `scripts` run one way, so that a newcomer reads it from the bottom up."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
# A folder imports those before it; the verbs, which are the modules at the top, import all folders and no verb.
FOLDERS = (
    *("util", "stats", "tables", "analysis", "verdict", "predict", "charts", "report", "atlas"),
    *("run", "revisions", "faults", "deck", "site"),
)
VERBS = "verbs"
ORDER = (*FOLDERS, VERBS)


def folder(module: str) -> str:
    """The folder of a module such as `scripts.tables.load`, or VERBS for one at the top."""
    name = module.split(".")[1]
    return name if (SCRIPTS / name).is_dir() else VERBS


def imported(path: Path) -> Iterator[str]:
    """Every module of `scripts` that a file imports, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("scripts."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "scripts":
            assert node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def module(path: Path) -> str:
    """The module that a file is."""
    return ".".join(path.relative_to(SCRIPTS.parent).with_suffix("").parts)


FILES = sorted(path for path in SCRIPTS.rglob("*.py") if path != SCRIPTS / "__init__.py")


def test_contributors_read_the_true_order_of_folders() -> None:
    text = (SCRIPTS.parent / "CONTRIBUTING.md").read_text()
    order = re.search(r"imports only those before it: (.*?);", text, re.DOTALL)
    assert order is not None
    assert re.findall(r"`(\w+)`", order[1]) == list(FOLDERS)


def test_every_folder_has_its_place_in_the_order() -> None:
    there = {path.name for path in SCRIPTS.iterdir() if (path / "__init__.py").exists()}
    assert there == set(FOLDERS)


@pytest.mark.parametrize("path", FILES, ids=module)
def test_no_folder_imports_one_that_comes_after_it(path: Path) -> None:
    own = folder(module(path))
    allowed = FOLDERS if own == VERBS else FOLDERS[: FOLDERS.index(own) + 1]
    assert [one for one in imported(path) if folder(one) not in allowed] == []


def test_no_module_imports_itself_by_a_detour() -> None:
    names = {module(path): path for path in FILES}
    targets = {
        name: {target for one in imported(path) for target in (one, one.rpartition(".")[0]) if target in names} - {name}
        for name, path in names.items()
    }
    while leaves := {name for name, imports in targets.items() if not imports & targets.keys()}:
        targets = {name: imports for name, imports in targets.items() if name not in leaves}
    assert not targets, f"a circle among {sorted(set(chain(targets)))}"
