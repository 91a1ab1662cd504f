"""The contract of a model: how tasks are run.

A model is a context manager in a file of its own, named like the file. It opens its pool or loop for a workload and
yields a function from tasks to answers, in order:

    with threads(workload, concurrency) as run:
        answers = run(tasks)

It is written the way its own documentation would teach it, at its best: a pooled client for each worker,
connections kept alive, no set-up for a task that another model is spared.

A module is imported when its model is first measured and not before: what one model loads never lands in another's
measurement.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from benchmarks.workloads import Workload

Run = Callable[[list[int]], list[Any]]
Model = Callable[[Workload, int], AbstractContextManager[Run]]

NAMES = tuple(sorted(module.name for module in iter_modules(__path__)))


def model(name: str) -> Model:
    """The model called `name`; KeyError when there is no such file."""
    if name not in NAMES:
        raise KeyError(f"no model is called {name!r}; there are {', '.join(NAMES)}")
    return getattr(import_module(f"{__name__}.{name}"), name)  # type: ignore[no-any-return]
