"""Hand a function to the processes that measure it: exactly the one that was given, wherever it was written.

A function of a file that has its own TASKS is named by file and name, as the command line does. Everything else
(a notebook's cell, a closure, a bound method, a partial, tasks given as values) is pickled by value with cloudpickle.
(Rejected: going by the name alone. A nested function may be called like another one at the top of its file.)
"""

import os
import sys
from collections.abc import Callable, Iterable
from inspect import getsourcefile, iscoroutinefunction, unwrap
from itertools import islice
from pathlib import Path
from typing import Any

import cloudpickle

MOST_TASKS = 1_000_000  # a generator that goes on for longer has no end
FILE = '''"""{name}, as it was given to overlap_bench."""

import sys
from pathlib import Path

import cloudpickle

sys.path += [path for path in {path!r} if path not in sys.path]
TASKS, {form}, {opener} = cloudpickle.loads(Path(__file__).with_suffix(".pickle").read_bytes())
'''


def write_work(
    folder: Path,
    work: Callable[..., Any] | str | Path,
    tasks: Iterable[Any] | None,
    client: Callable[[], Any] | None,
) -> str:
    """What `overlap mine` is given: a path, a path and a function's name, or a file written into `folder`.

    ValueError when there are no tasks.
    """
    if isinstance(work, str | Path):
        place, colon, name = str(work).partition(":")
        return f"{os.path.abspath(place)}{colon}{name}"
    if tasks is None and client is None and (source := source_name(work)):
        return source
    tasks = module_tasks(work) if tasks is None else task_tuple(tasks)
    name = getattr(work, "__name__", "work").strip("<>") or "work"
    awaits = iscoroutinefunction(unwrap(work))
    file = folder / f"{name}.py"
    form, opener = ("awork", "aclient") if awaits else ("work", "client")
    file.write_text(FILE.format(name=name, form=form, opener=opener, path=[*filter(None, sys.path), os.getcwd()]))
    file.with_suffix(".pickle").write_bytes(pickle_work(tasks, work, client))
    return str(file)


def task_tuple(tasks: Any) -> tuple[Any, ...]:
    """The tasks as they are sent. ValueError for what is no list of them, or has no end."""
    if isinstance(tasks, str | bytes):
        raise ValueError(f"tasks is one {type(tasks).__name__}, and each letter would be a task. Next: tasks=[…]")
    if not hasattr(tasks, "__iter__"):
        raise ValueError(f"tasks is a {type(tasks).__name__}, which cannot be gone through. Next: give a list")
    values = tuple(islice(tasks, MOST_TASKS + 1))
    if len(values) > MOST_TASKS:
        raise ValueError(f"there are more than {MOST_TASKS:,} tasks. Next: give fewer, a few hundred say as much")
    return values


def pickle_work(*values: Any) -> bytes:
    """Tasks, function and client as bytes. ValueError naming what cannot be sent to another process."""
    try:
        return bytes(cloudpickle.dumps(values))
    except Exception as problem:
        names = ("a task", "the function, or what it holds,", "client")
        which = next((name for name, value in zip(names, values, strict=True) if not is_picklable(value)), "the work")
        raise ValueError(
            f"{which} cannot be sent to another process ({problem}). Next: open connections and locks in client="
        ) from None


def is_picklable(value: Any) -> bool:
    """Whether cloudpickle can pickle a value."""
    try:
        cloudpickle.dumps(value)
    except Exception:
        return False
    return True


def module_of(work: Callable[..., Any]) -> Any:
    """The module in which a function was written; None for what has none."""
    return sys.modules.get(getattr(work, "__module__", None) or "")


def source_name(work: Callable[..., Any]) -> str:
    """`file:function` where that names this very function, beside its tasks; else empty."""
    module, name = module_of(work), getattr(work, "__qualname__", "")
    if getattr(module, name or "-", None) is not work or not (file := getsourcefile(work)) or not Path(file).is_file():
        return ""
    return f"{os.path.abspath(file)}:{name}"


def module_tasks(work: Callable[..., Any]) -> tuple[Any, ...]:
    """The tasks of the module in which the function was written. ValueError when it has none."""
    module = module_of(work)
    tasks = getattr(module, "TASKS", None) or getattr(module, "tasks", None)
    if tasks is None:
        raise ValueError("there are no tasks. Next: give them, as in measure(work, tasks=range(40))")
    return task_tuple(tasks() if callable(tasks) else tasks)
