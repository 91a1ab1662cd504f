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
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from inspect import iscoroutine, iscoroutinefunction
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.workloads._user_errors import described

MOST_TASKS = 1_000_000  # of a file; a generator that goes on for longer has no end
PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", ".git")  # where one of these lies, a project begins
# What is entered by tasks, and not by whoever opens it: to enter a lock is to take it.
GATES = (
    *(asyncio.Lock, asyncio.Semaphore, asyncio.Condition, threading.Condition, threading.Semaphore),
    *(type(threading.Lock()), type(threading.RLock())),
)
OURS = (
    "benchmarks",
    "servers",
    "scripts",
)  # packages of ours: a user's of the same name cannot be imported beside them


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
        module = imported(place)
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


def for_missing(name: str, place: str) -> str:
    """What to do about a module that is not found: one of the user's own is never to be installed."""
    first = name.partition(".")[0]
    if first in OURS:
        return f"Overlap has a package {first} itself. Next: import yours under another name"
    if own := own_module(first, place):
        return f"It is your own, in {own.parent}. Next: make mine PROJECT={own.parent} WORK=…"
    return f"Next: make mine PYTHON=path/to/the/python/that/has/{first} WORK=…"


def own_module(name: str, place: str) -> Path | None:
    """The user's own module or package of that name, in the folders above the file, beside or just below it."""
    path = Path(place).resolve()
    near = [*list(path.parents)[:4], *(one for one in path.parent.iterdir() if one.is_dir())] if path.exists() else []
    places = (folder / one for folder in near for one in (f"{name}.py", name))
    return next((one for one in places if name and (one.is_file() or (one / "__init__.py").exists())), None)


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


@contextmanager
def opened(client: Any) -> Iterator[Any]:
    """What the user's `client()` gave, entered, and closed again.

    Pools close their workers' clients from the main thread. What refuses that (sqlite3) closes when it is let go.
    """
    if isinstance(client, GATES):
        yield client
        return
    opener, entered = threading.get_ident(), client.__enter__() if hasattr(client, "__enter__") else client
    try:
        yield entered
    finally:
        with suppress(*() if threading.get_ident() == opener else (Exception,)):
            if hasattr(client, "__exit__"):
                client.__exit__(None, None, None)
            if callable(close := getattr(client, "close", None)):
                close()


@asynccontextmanager
async def aopened(client: Any) -> AsyncIterator[Any]:
    """What the user's `aclient()` gave, entered and closed; awaited first where it is a coroutine function."""
    if hasattr(client, "__await__") and not hasattr(client, "__aenter__"):
        client = await client
    if hasattr(client, "__aenter__") and not isinstance(client, GATES):
        async with client as entered:
            yield entered
    else:
        yield client
        for name in ("aclose", "close"):
            if callable(close := getattr(client, name, None)):
                waiting = close()
                if hasattr(waiting, "__await__"):
                    await waiting
                break
