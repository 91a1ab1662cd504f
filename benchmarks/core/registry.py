"""Every cell that the experiments define, without running any: what ONLY and a claim can name."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from benchmarks.backends.databases import unavailable_reason
from benchmarks.core import renamed
from benchmarks.core.cell import Cell
from benchmarks.models import NAMES, needs

HERE = Path(__file__).parents[1]
LONGEST_NAME = 80  # the search for the nearest name takes time quadratic in its length
Test = Callable[..., None]


@cache
def tests() -> dict[tuple[Path, Test], list[Cell]]:
    """The cells of each test of each file of experiments."""
    names = [module.name for module in iter_modules([str(HERE / "experiments")]) if module.name.startswith("test_")]
    modules = {HERE / "experiments" / f"{name}.py": import_module(f"benchmarks.experiments.{name}") for name in names}
    functions = [(path, test) for path, module in modules.items() for test in vars(module).values()]
    return {(path, test): cells for path, test in functions if (cells := cells_of(test))}


def experiments() -> dict[Path, list[Cell]]:
    """The cells of each file of experiments."""
    by_file = dict[Path, list[Cell]]()
    for (file, _), cells in tests().items():
        by_file.setdefault(file, []).extend(cells)
    return by_file


@cache
def catalogue() -> tuple[Cell, ...]:
    """The cells, experiment by experiment."""
    return tuple(cell for cells in tests().values() for cell in cells)


@cache
def unavailable() -> dict[str, str]:
    """The models, workloads and experiments of which nothing can be measured here: their names, and what they lack."""
    models = everywhere((cell.model, cell.model_unavailable_reason) for cell in catalogue())
    workloads = everywhere((cell.workload.name, unavailable_reason(cell.workload)) for cell in catalogue())
    experiments = everywhere((cell.experiment, cell.unavailable_reason) for cell in catalogue())
    ours = {name: why for name in NAMES if (why := needs(name).unavailable_reason())}
    return experiments | models | ours | workloads


def everywhere(reasons: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The names with which something is always missing, and what it was first."""
    missing = dict[str, list[str]]()
    for name, why in reasons:
        missing.setdefault(name, []).append(why)
    return {name: whys[0] for name, whys in missing.items() if all(whys)}


def code(cell: Cell) -> list[str]:
    """The files that say what is measured: model and workload of a timed cell, otherwise its probe or the experiment.

    Paths from the project's root.
    """
    if cell.program:
        files = [HERE / "probes" / f"{cell.program}.py"]
    elif cell.metrics:
        files = [next(file for (file, _), cells in tests().items() if cell in cells)]
    else:
        workload = cell.workload.module.removeprefix("benchmarks.").replace(".", "/")
        files = [HERE / "models" / f"{cell.model}.py", HERE / f"{workload}.py"]
    return [str(file.relative_to(HERE.parent)) for file in files]


def cells_of(test: object) -> list[Cell]:
    """The cells that a test is parametrized with; none of what is no test."""
    marks = getattr(test, "pytestmark", [])
    return [cell for mark in marks if mark.name == "parametrize" and mark.args[0] == "cell" for cell in mark.args[1]]


@lru_cache(maxsize=4096)  # a look through all cells takes 20 ms, and claims ask for the same ones again and again
def find(reference: str) -> Cell:
    """The one cell that has all the names of a reference such as `network/wire/asyncio/c50`, A/A controls left out.

    ValueError when there is none (it gives the nearest name) or more than one (it says what tells them apart).
    """
    names = set(reference.split("/"))
    known = set().union(*(cell.labels() for cell in catalogue()))
    for name in sorted(names - known):
        if hint := renamed.hint(name):
            raise ValueError(hint)
        near = get_close_matches(name[:LONGEST_NAME], known, 1, 0.0)[0]
        raise ValueError(f"no cell is called {name!r:.90}; the nearest name is {near!r}")
    matches = [cell for cell in catalogue() if names <= cell.labels() and not cell.twin]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise ValueError(f"no cell is all of {reference!r}; make bench ONLY=… lists every name")
    raise ValueError(f"{reference!r} fits {len(matches)} cells: {', '.join(map(str, matches[:6]))}; add a name")
