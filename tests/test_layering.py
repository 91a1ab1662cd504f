"""Imports run one way: servers → benchmarks → scripts, and within `benchmarks` from folder to folder."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for package in ("servers", "benchmarks", "scripts") for path in sorted((ROOT / package).rglob("*.py"))]
# A folder of `benchmarks` imports those before it; of those on the last line each is on its own.
ORDER = (
    "workloads",
    "machine",
    "models",
    "backends",
    "core",
    "load",
    "probes",
    "metadata",
    "profiler",
    "attribution",
    "experiments",
)
LAST = ("selfcheck", "conftest", "claims")


def module(path: Path) -> str:
    """The module that a file is."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(path): path for path in FILES}


def imported(path: Path) -> Iterator[str]:
    """Every module of the project that a file imports, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = [f"{node.module}.{one.name}" for one in node.names]
            yield from (name if name in MODULES else node.module for name in names)


def test_no_module_imports_itself_by_a_detour() -> None:
    imports = {name: set(imported(path)) - {name} for name, path in MODULES.items()}
    assert len(list(TopologicalSorter(imports).static_order())) == len(MODULES)  # CycleError names the circle


@pytest.mark.parametrize("name", [name for name in MODULES if name.count(".") > 1 and name.startswith("benchmarks.")])
def test_no_folder_of_benchmarks_imports_one_that_comes_after_it(name: str) -> None:
    own = name.split(".")[1]
    allowed = {*ORDER[: ORDER.index(own) + 1]} if own in ORDER else {*ORDER, own}
    folders = {one.split(".")[1] for one in imported(MODULES[name]) if one.startswith("benchmarks.")}
    assert folders <= allowed


def test_every_folder_of_benchmarks_has_its_place() -> None:
    there = {path.name for path in (ROOT / "benchmarks").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert there == {*ORDER, *LAST} - {"conftest"}


@pytest.mark.parametrize(("folder", "knows"), [("servers", "benchmarks|scripts"), ("benchmarks", "scripts")])
def test_no_import_runs_back(folder: str, knows: str) -> None:
    back = re.compile(rf"^\s*(?:from|import) (?:{knows}|tests)\b", re.MULTILINE)
    assert [path for path in (ROOT / folder).rglob("*.py") if back.search(path.read_text())] == []


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "models").glob("[!_]*.py")), ids=lambda path: path.stem)
def test_a_model_knows_the_contracts_and_no_workload(path: Path) -> None:
    imports = re.findall(r"^(?:from|import) (benchmarks\S*)", path.read_text(), re.MULTILINE)
    clusters = ("_cluster", "_subprocess")
    helpers = {"dask": clusters, "ray": clusters, "gevent": ("_kept",)}.get(path.stem, ("_worker",))
    assert set(imports) <= {
        "benchmarks.models",
        "benchmarks.workloads",
        "benchmarks.machine.capacity",  # how many loops there are follows from the cores
        *(f"benchmarks.models.{one}" for one in helpers),
    }
    made = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    managers = [node.name for node in made if "contextmanager" in map(ast.unparse, node.decorator_list)]
    assert managers == [path.stem]
