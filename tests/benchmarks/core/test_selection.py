"""Which cells a block measures, and in which order: names, ONLY, shuffling, leaving out."""

import ast
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import conftest
from benchmarks.core.cell import CLASSICAL, Cell, cells
from benchmarks.core.registry import unavailable
from benchmarks.models import NAMES
from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire

FOLDER = Path(conftest.__file__).parent
EXPERIMENTS = sorted((FOLDER / "experiments").glob("test_*.py"))


@cache
def all_cells() -> list[Cell]:
    """Of every experiment, as pytest collects them."""
    cells = []
    for path in EXPERIMENTS:
        module = __import__(f"benchmarks.experiments.{path.stem}", fromlist=["_"])
        tests = [test for name, test in vars(module).items() if name.startswith("test_")]
        for mark in itertools.chain.from_iterable(getattr(test, "pytestmark", []) for test in tests):
            cells += mark.args[1]
    return cells


def item(cell: Cell) -> Any:
    made = pytest.Function.__new__(pytest.Function)
    made.callspec = SimpleNamespace(params={"cell": cell})  # type: ignore[assignment]
    return made


def collected(cells: list[Cell], **options: Any) -> list[str]:
    """What is left of the cells, in order."""
    given = {"only": "", "seed": 0, "block": 0, "without": None} | options
    hook = SimpleNamespace(pytest_deselected=lambda items: None)
    config: Any = SimpleNamespace(getoption=given.__getitem__, hook=hook)
    items = [item(cell) for cell in cells]
    conftest.pytest_collection_modifyitems(config, items)
    return [str(conftest.cell_of(item)) for item in items]


GRID = [Cell("io", workload, model, 4, 8) for workload in (Wire(), Sleep()) for model in CLASSICAL]
ASKED_FOR = Cell("latency", Wire(), "open", 4, 8, opt_in=True)


def test_every_experiment_has_cells() -> None:
    assert len(all_cells()) > 50


def test_no_two_cells_of_a_run_have_one_name() -> None:
    names = [str(cell) for cell in all_cells()]
    assert sorted(set(names)) == sorted(names)


def test_a_name_is_fit_for_a_file() -> None:
    assert all(str(cell).replace("-", "").replace("_", "").isalnum() for cell in all_cells())


def test_a_cell_is_selected_by_each_of_its_names() -> None:
    cell = Cell("io", Wire(), "asyncio", 20, 40, twin=True, quick=True)
    assert cell.labels() == {"io", "wire", "asyncio", "c20", "twin", "quick"}
    assert str(cell) == "io-wire-asyncio-twin-c20"


@pytest.mark.parametrize(("share", "percent"), [(0, 0), (0.01, 1), (0.2, 20), (1, 100)])
def test_mixed_cells_are_told_apart_by_their_share(share: float, percent: int) -> None:
    cell = Cell("mixed", Mixed(cpu_share=share), "threads", 4, 16)
    assert str(cell) == f"mixed-mixed-threads-c4-cpu{percent}"


def test_a_twin_differs_in_nothing_but_its_name() -> None:
    mark = cells(
        "io",
        workloads=[Wire()],
        concurrency=[2],
        tasks=lambda c: 2 * c,
        twins=[("wire", "asyncio")],
        where=lambda cell: cell.model != "threads",
    )
    first, twin = (cell for cell in mark.args[1] if cell.model == "asyncio")
    assert (first.twin, twin.twin, first.tasks) == (False, True, 4)
    assert first.key() | {"twin": True} == twin.key()
    assert [cell.model for cell in mark.args[1]] == ["sequential", "processes", "asyncio", "asyncio"]


def test_every_model_has_its_file_and_quick_its_headlines() -> None:
    assert set(CLASSICAL) <= set(NAMES)
    assert {cell.workload.name for cell in all_cells() if cell.quick} >= {"wire", "primes"}


@pytest.mark.parametrize(
    ("only", "count"),
    [
        ("", 8),
        ("wire", 4),
        ("wire or sleep", 8),
        ("wire and (threads or asyncio)", 2),
        ("not wire", 4),
        ("wire and threads or sleep and asyncio", 2),
        ("wire or sleep and asyncio", 5),  # `and` binds more tightly
        ("not wire and threads", 1),
        ("c4", 8),
    ],
)
def test_only_means_what_python_means(only: str, count: int) -> None:
    assert len(collected(GRID, only=only)) == count


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(pytest.UsageError, match="no cell is called 'asyncoi'; the nearest name is 'asyncio'"):
        collected(GRID, only="asyncoi")


@pytest.mark.parametrize("only", ["wire and", "(wire", "wire sleep", "wire, sleep", "__import__('os')", "wire.x"])
def test_what_is_no_expression_is_refused_and_never_run(only: str) -> None:
    with pytest.raises(pytest.UsageError, match="ONLY"):
        collected(GRID, only=only)


def test_a_question_of_its_own_is_asked_by_its_name_only() -> None:
    assert str(ASKED_FOR) not in collected([*GRID, ASKED_FOR])
    assert str(ASKED_FOR) not in collected([*GRID, ASKED_FOR], only="wire")
    assert collected([*GRID, ASKED_FOR], only="latency") == [str(ASKED_FOR)]


def test_a_block_can_be_repeated_and_no_two_blocks_have_one_order() -> None:
    orders = [collected(GRID, seed=7, block=block) for block in range(4)]
    assert orders == [collected(GRID, seed=7, block=block) for block in range(4)]
    assert len({tuple(order) for order in orders}) == 4
    assert collected(GRID, seed=8, block=0) != orders[0]
    assert all(sorted(order) == sorted(map(str, GRID)) for order in orders)


def test_what_an_earlier_attempt_has_finished_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "done").write_text(f"{GRID[0]}\n{GRID[5]}")
    left = collected(GRID, without=tmp_path / "done")
    assert len(left) == 6
    assert not {str(GRID[0]), str(GRID[5])} & set(left)


def statements_of_tests(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_an_experiment_measures_once(path: Path) -> None:
    for test in statements_of_tests(path):
        calls = [node.func.id for node in ast.walk(test) if isinstance(node, ast.Call) and hasattr(node.func, "id")]
        assert {"measure", "observe"} & set(calls), f"{path.name}: {test.name} measures nothing"


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_an_experiment_fits_on_a_screen(path: Path) -> None:
    most = 90 if path.stem == "test_aa" else 60  # the suite against itself has more to explain
    assert len(path.read_text().splitlines()) <= most


def test_a_group_of_experiments_is_selected_by_its_name_and_none_of_it_without_being_asked_for() -> None:
    grouped = {str(cell) for cell in all_cells() if cell.group == "frameworks" and not cell.unavailable_reason}
    assert {name.split("-")[0] for name in grouped} <= {
        "web_throughput",
        "web_many_clients",
        "web_tail_latency",
        "web_database_row",
    }
    assert set(collected(all_cells(), only="frameworks")) == grouped
    assert not grouped.intersection(collected(all_cells()))


def test_a_server_that_is_not_installed_leaves_out_its_own_cells_with_the_reason() -> None:
    (one,) = cells(
        "web_throughput",
        workloads=[Sleep()],
        models=["no-such-server", "own"],
        concurrency=[1],
        tasks=lambda workers: 1,
        where=lambda cell: cell.model != "own",
        packages={"no-such-server": ("json", "no_such_package")},
    ).args[1]
    assert one.unavailable_reason == "needs no_such_package, which make full installs"


def test_a_web_framework_is_not_absent_because_its_database_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "benchmarks.core.registry.unavailable_reason", lambda workload: "needs a database" * bool(workload.service)
    )
    monkeypatch.setattr(
        Cell, "unavailable_reason", property(lambda cell: "needs a database" * bool(cell.workload.service))
    )
    reasons = unavailable.__wrapped__()
    assert reasons["web_database_row"] == "needs a database"
    assert not reasons.keys() & {"starlette", "flask", "web_throughput", "uvicorn", "gunicorn-sync"}
