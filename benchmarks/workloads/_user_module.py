"""A user's file, imported: its functions, its tasks, its clients, and a sentence for whatever is wrong with it.

The file is imported in the processes that measure, once in each, and nowhere else. It is imported as its own program
would have it: inside its package where it has one, its folder and its project's on the path, `sys.argv` its own name.
"""

import asyncio
import importlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from inspect import iscoroutine, iscoroutinefunction
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.workloads._user_errors import described, for_missing
from benchmarks.workloads._user_source import thrown_away

MOST_TASKS = 1_000_000  # of a file; a generator that goes on for longer has no end
PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", ".git")  # where one of these lies, a project begins


class UnusableFile(Exception):
    """What is wrong with a user's file, and what to type next."""


class TaskFailed(Exception):
    """A task of the user's that raised, or that wanted to end the program."""


@dataclass(frozen=True)
class Code:
    """A user's file, imported: its functions and tasks."""

    module: ModuleType
    blocking: Callable[..., Any] | None
    awaitable: Callable[..., Any] | None
    tasks: tuple[Any, ...]

    def given(self, name: str) -> Any:
        """What the file calls so; None when it calls nothing so."""
        return getattr(self.module, name, None)


@cache
def load(source: str) -> Code:
    """The file `path/to/file.py` or module `package.module`; the function stands after a colon, or is `work`. Unfit."""
    place, _, name = source.partition(":")
    with errors_as_unusable(place, "cannot be imported"):
        try:
            module = imported(place)
        finally:
            keep_streams()
    function = getattr(module, name or "work", None)
    partner = getattr(module, f"a{name or 'work'}", None)
    awaitable = function if iscoroutinefunction(function) else partner
    blocking = None if iscoroutinefunction(function) else function
    if not callable(blocking) and not callable(awaitable):
        missing = name or "work (or awork)"
        raise UnusableFile(
            f"{place} has no function {missing}. Next: write def {name or 'work'}(task), or name one: {place}:name"
        )
    if awaitable and not iscoroutinefunction(awaitable):
        raise UnusableFile(
            f"{place}: a{name or 'work'} is not awaitable. Next: write async def a{name or 'work'}(task)"
        )
    if why := thrown_away(module):
        raise UnusableFile(why)
    return Code(module, blocking, awaitable, tasks_of(place, module))


def imported(place: str) -> ModuleType:
    """The module, in its package where it has one; another file gets a name of its own: `json.py` is the user's."""
    sys.argv = [place]
    if not place.endswith(".py"):
        put_on_path([Path(os.environ.get("OVERLAP_PROJECT", Path.cwd()))])
        return importlib.import_module(place)
    path = Path(place).resolve()
    if not path.exists():
        raise UnusableFile(f"there is no file {place}. Next: make mine WORK=path/to/file.py")
    top, name = package_of(path)
    put_on_path([top])
    sys.path += [str(folder) for folder in projects(path) if str(folder) not in sys.path]
    if "." in name:
        seed(top / name.partition(".")[0])
        return importlib.import_module(name)
    return executed(path, f"mine_{name}")


def keep_streams() -> None:
    """Put something in the place of output that the file has closed: the next open file would get its number."""
    for number in range(3):
        with suppress(OSError):
            os.fstat(number)
            continue
        os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None or getattr(sys, name).closed:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for as long as the process lives


def seed(package: Path) -> None:
    """Make the user's package known by its name, whatever else on the path has that name (`tests`, above all)."""
    if package.name in sys.modules:
        return
    file = package / "__init__.py"
    places = [str(package)]
    spec = importlib.util.spec_from_file_location(package.name, file, submodule_search_locations=places)
    if not file.exists():
        spec = importlib.machinery.ModuleSpec(package.name, None, is_package=True)
        spec.submodule_search_locations = places
    assert spec
    module = sys.modules[package.name] = importlib.util.module_from_spec(spec)
    if spec.loader:
        spec.loader.exec_module(module)


def executed(path: Path, name: str) -> ModuleType:
    """The module of a file that is in no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put_on_path(folders: Iterable[Path]) -> None:
    """Let these folders be looked through first, but for the one that we are imported from."""
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.insert(1, folder)


def package_of(path: Path) -> tuple[Path, str]:
    """The folder that a file is imported from, and its name there: `a.b.c` inside packages. Unfit."""
    top, name = path.parent, path.stem
    while (top / "__init__.py").exists():
        top, name = top.parent, f"{top.name}.{name}"
    if "." not in name and has_relative_imports(path):  # a package without __init__.py
        top, name = top.parent, f"{top.name}.{name}"
    known = sys.modules.get(first := name.partition(".")[0])
    if "." in name and known and str(top / first) not in getattr(known, "__path__", ()):
        called = f"{path}: its package is called {first}, as one that Overlap needs itself"
        raise UnusableFile(f"{called}. Next: put the work into a file outside of it, and import what it needs there")
    return top, name


def has_relative_imports(path: Path) -> bool:
    """Whether the file imports from its own package by dots."""
    lines = path.read_text(errors="replace").splitlines()
    return any(line.lstrip().startswith("from .") for line in lines)


def projects(path: Path) -> list[Path]:
    """The folders above a file up to its project's, that which OVERLAP_PROJECT names, and `src` in each of them."""
    named = filter(None, [os.environ.get("OVERLAP_PROJECT")])
    depth = next((n for n, folder in enumerate(path.parents) if any((folder / sign).exists() for sign in PROJECT)), -1)
    above = [*path.parents[: depth + 1], *map(Path, named)]
    return [one for parent in above for one in (parent, parent / "src") if one.is_dir()]


def tasks_of(place: str, module: ModuleType) -> tuple[Any, ...]:
    """All tasks, in order; what a generator gives is kept, because every round needs them again. Unfit."""
    given = getattr(module, "TASKS", None)
    if given is None:
        given = getattr(module, "tasks", None)
    if isinstance(given, str | bytes):
        kind = type(given).__name__
        raise UnusableFile(
            f"{place}: TASKS is one {kind}, and each letter would be a task. Next: TASKS = [{given!r:.40}]"
        )
    with errors_as_unusable(f"{place}", "its tasks cannot be listed"):
        tasks = listed(given() if callable(given) else given)
    if not tasks:
        raise UnusableFile(f"{place} has no tasks. Next: write TASKS = [...] or def tasks() in it")
    if len(tasks) > MOST_TASKS:
        raise UnusableFile(f"{place} gives more than {MOST_TASKS:,} tasks. Next: give fewer, a few hundred say as much")
    return tasks


def listed(given: Any) -> tuple[Any, ...]:
    """What can be gone through, awaiting or not, as a tuple; also what a coroutine returns."""
    if iscoroutine(given):
        given = asyncio.run(given)
    if hasattr(given, "__aiter__"):
        return asyncio.run(collected(given))
    return tuple(islice(given or (), MOST_TASKS + 1))


async def collected(given: Any) -> tuple[Any, ...]:
    """What an async generator gives."""
    tasks = []
    async for task in given:
        tasks.append(task)
        if len(tasks) > MOST_TASKS:
            break
    return tuple(tasks)


@contextmanager
def errors_as_unusable(place: str, what: str) -> Iterator[None]:
    """Turn whatever a user's file does at the top of it into a sentence."""
    try:
        yield
    except UnusableFile:
        raise
    except SystemExit:
        raise UnusableFile(
            f"{place} {what}: it calls sys.exit. Next: put that under if __name__ == '__main__'"
        ) from None
    except ModuleNotFoundError as problem:
        raise UnusableFile(f"{place} {what}: {problem}. {for_missing(problem.name or '', place)}") from None
    except Exception as problem:
        raise UnusableFile(f"{place} {what}: {described(problem)}") from None


@contextmanager
def attempting(task: int) -> Iterator[None]:
    """Name the task that raised, and what; in words, because an exception of the user's may not be picklable."""
    try:
        yield
    except TaskFailed:
        raise
    except SystemExit:
        raise TaskFailed(f"task {task} called sys.exit") from None
    except Exception as problem:
        raise TaskFailed(f"task {task} raised {described(problem)}") from problem
