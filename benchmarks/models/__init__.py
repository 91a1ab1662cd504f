"""The contract of a model: how tasks are run.

A model is a context manager in a file of its own, named like the file. It opens its pool or loop for a workload and
yields a function from tasks to answers, in order:

    with threads(workload, concurrency) as run:
        answers = run(tasks)

It is written as its own documentation recommends, at its best: a pooled client for each worker, connections kept alive,
no set-up per task that another model does not pay.

A module is imported before its model's first round, outside the clock, and stays loaded for the later cells of the
block, which come in another order in each block. So what a model needs stands in its file as data, a literal called
NEEDS, which is read without running the file:

    NEEDS = {"workers": "loop", "package": "trio", "form": "trio"}

A model that `needs_subprocess` is opened in an interpreter of its own, and its module is never imported here.
"""

import ast
import os
import sys
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from benchmarks.machine.gil import gil_enabling_extension
from benchmarks.models._contract import Model as Model
from benchmarks.models._contract import Run as Run
from benchmarks.workloads import Workload

NEVER = (9, 9)  # later than any Python
NAMES = tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


@dataclass(frozen=True)
class Requirements:
    """What a model needs, and what it does not offer.

    `workers` is what it runs its tasks in: "threads", "processes", one event "loop", or, by default, the "caller".
    `package` and `python` must be here; `form` is the form of a workload that it runs; where it is `isolated`, the
    workload must be fit for sub-interpreters. A model that is not `bounded` has all its tasks in flight; below
    `min_concurrency` it would be another model; one that `needs_subprocess` is opened in an interpreter of its own; one
    with a `child_process` runs its loop or threads in another process. Its package has no wheel for Pythons from
    `no_wheel_from` on.
    """

    workers: str = "caller"
    package: str = ""
    python: tuple[int, int] = (3, 11)
    form: str = "blocking"
    isolated: bool = False
    bounded: bool = True
    min_concurrency: int = 1
    needs_subprocess: bool = False
    child_process: bool = False
    no_wheel_from: tuple[int, int] = NEVER

    @property
    def interpreter_per_worker(self) -> bool:
        """Whether each task in flight has an interpreter of its own: a process, or a sub-interpreter in a thread."""
        return self.isolated or (self.workers == "processes" and self.form == "blocking")

    def fits(self, workload: Workload, concurrency: int, tasks: int) -> bool:
        """Whether the model can run that many tasks of the workload at that concurrency, on any machine."""
        has_form = self.form in workload.forms and (workload.isolated or not self.isolated)
        return has_form and self.min_concurrency <= concurrency and (self.bounded or tasks <= concurrency)

    def unavailable_reason(self) -> str:
        """Why it is unavailable on this machine; empty if it is available."""
        if sys.version_info < self.python:
            return f"needs Python {'.'.join(map(str, self.python))}, and this is {sys.version.split()[0]}"
        return missing_package(self.package, self.no_wheel_from)


def missing_package(package: str, no_wheel_from: tuple[int, int] = NEVER) -> str:
    """Why a package is unusable: missing, or it enables the GIL; empty if it is usable or none is needed."""
    if missing := not_installed(package, no_wheel_from):
        return missing
    extension = gil_enabling_extension(package) if package else ""
    return f"needs {package}, and importing {extension} switches the GIL back on" if extension else ""


def not_installed(package: str, no_wheel_from: tuple[int, int] = NEVER) -> str:
    """That a package is not here, and whether `make full` would install it; empty if it is here or none is needed."""
    if not package or find_spec(package):
        return ""
    if sys.version_info < no_wheel_from:
        remedy = "is not installed" if os.environ.get("OVERLAP_PROGRAM") else "make full installs"  # in a clone
        return f"needs {package}, which {remedy}"
    return f"needs {package}, which has no wheel for Python {'.'.join(map(str, sys.version_info[:2]))}"


@cache
def source(name: str) -> ast.Module:
    """The file of the model called `name`, parsed and not run."""
    return ast.parse(Path(__path__[0], f"{name}.py").read_text())


@cache
def needs(name: str) -> Requirements:
    """What the model called `name` needs."""
    literals = (node.value for node in source(name).body if isinstance(node, ast.Assign) and is_needs(node.targets[0]))
    return Requirements(**{key: value for node in literals for key, value in ast.literal_eval(node).items()})


def is_needs(target: ast.expr) -> bool:
    """Whether the assignment is to NEEDS."""
    return isinstance(target, ast.Name) and target.id == "NEEDS"


def without_cluster() -> list[str]:
    """The models that start no cluster each time they are opened."""
    return [name for name in NAMES if not needs(name).needs_subprocess]


def model(name: str) -> Model:
    """The model called `name`; KeyError when there is no such file."""
    if name not in NAMES:
        raise KeyError(f"no model is called {name!r}; there are {', '.join(NAMES)}")
    if needs(name).needs_subprocess:
        from benchmarks.models._subprocess import in_subprocess

        return partial(in_subprocess, name)
    return getattr(import_module(f"{__name__}.{name}"), name)  # type: ignore[no-any-return]
