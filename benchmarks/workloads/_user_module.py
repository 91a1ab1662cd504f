"""A user's file, imported: its functions, its tasks, its clients, and a sentence for whatever is wrong with it.

The file is imported in the processes that measure, once in each, and nowhere else.
"""

import importlib
import importlib.util
import pickle
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from inspect import iscoroutinefunction
from itertools import islice
from pathlib import Path
from threading import get_ident
from types import ModuleType
from typing import Any

MOST_TASKS = 1_000_000  # of a file; a generator that goes on for longer has no end


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
    with blamed(f"{place} cannot be imported"):
        module = imported(place)
    found = getattr(module, name or "work", None)
    partner = getattr(module, f"a{name or 'work'}", None)
    awaitable = found if iscoroutinefunction(found) else partner
    blocking = None if iscoroutinefunction(found) else found
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
    """The module; a file gets a name of its own, so that `json.py` is not the standard library's."""
    if not place.endswith(".py"):
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(place)
    path = Path(place).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(f"mine_{path.stem}", path)
    if not spec or not spec.loader or not path.exists():
        raise UnusableFile(f"there is no file {place}. Next: make mine WORK=path/to/file.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tasks_of(place: str, module: ModuleType) -> tuple[Any, ...]:
    """All tasks, in order; what a generator gives is kept, because every round needs them again. Unfit."""
    given = getattr(module, "TASKS", None)
    if given is None:
        given = getattr(module, "tasks", None)
    with blamed(f"{place}: its tasks cannot be listed"):
        found = tuple(islice(given() if callable(given) else given or (), MOST_TASKS + 1))
    if not found:
        raise UnusableFile(f"{place} has no tasks. Next: write TASKS = [...] or def tasks() in it")
    if len(found) > MOST_TASKS:
        raise UnusableFile(f"{place} gives more than {MOST_TASKS:,} tasks. Next: give fewer, a few hundred say as much")
    return found


@contextmanager
def blamed(what: str) -> Iterator[None]:
    """Turn whatever a user's file does at the top of it into a sentence."""
    try:
        yield
    except UnusableFile:
        raise
    except SystemExit:
        raise UnusableFile(f"{what}: it calls sys.exit. Next: put that under if __name__ == '__main__'") from None
    except ModuleNotFoundError as problem:
        sentence = f"{what}: {problem}. Next: .tools/bin/uv pip install --python {sys.prefix} {problem.name}"
        raise UnusableFile(sentence) from None
    except Exception as problem:
        raise UnusableFile(f"{what}: {type(problem).__name__}: {problem}{line_of(problem)}") from None


def line_of(problem: BaseException) -> str:
    """Where it was raised."""
    trace = problem.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f" ({Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno})" if trace else ""


@contextmanager
def attempting(task: int) -> Iterator[None]:
    """Name the task that raised, and what; in words, because an exception of the user's may not be picklable."""
    try:
        yield
    except SystemExit:
        raise TaskFailed(f"task {task} called sys.exit") from None
    except Exception as problem:
        raise TaskFailed(f"task {task} raised {type(problem).__name__}: {problem}{line_of(problem)}") from problem


@contextmanager
def opened(client: Any) -> Iterator[Any]:
    """What the user's `client()` gave, entered, and closed again.

    Pools close their workers' clients from the main thread. What refuses that (sqlite3) closes when it is let go.
    """
    opener, entered = get_ident(), client.__enter__() if hasattr(client, "__enter__") else client
    try:
        yield entered
    finally:
        with suppress(*() if get_ident() == opener else (Exception,)):
            if hasattr(client, "__exit__"):
                client.__exit__(None, None, None)
            if callable(close := getattr(client, "close", None)):
                close()


def same(one: Any, other: Any) -> bool:
    """Whether two answers are alike: equal, or alike inside where equality is no help (NaN, arrays, plain objects)."""
    with suppress(Exception):
        if one == other:
            return True
    with suppress(Exception):
        return inside(one) == inside(other)
    return False


def inside(answer: Any) -> bytes:
    """All that an answer holds; pickled twice, because what came from another process was pickled once already."""
    return pickle.dumps(pickle.loads(pickle.dumps(answer)))


@asynccontextmanager
async def aopened(client: Any) -> AsyncIterator[Any]:
    """What the user's `aclient()` gave, entered and closed."""
    if hasattr(client, "__aenter__"):
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
