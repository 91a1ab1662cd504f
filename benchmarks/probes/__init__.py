"""Small programs, each run in an interpreter of its own, that print one JSON object: name of a metric → value.

A program is a file here with a function `main`, which prints, and with PROBES, which say what is asked of it. Adding
one is adding that file: `experiments/test_probes.py` makes the cells of all.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.workloads import Workload

TIMEOUT_S = 60


class ProbeFailed(Exception):
    """A probe ended without metrics: its name, and the last thing that it said."""


class Probe(NamedTuple):
    """An experiment that runs a program: a cell for each of `models` at each concurrency, with these metrics.

    No dataclass, and nothing else that would weigh in a program that measures memory or a start. The first metric is
    the foremost. `arguments` are what the program is given: columns of the cell, or values that a block provides.
    """

    models: Iterable[str]
    metrics: tuple[str, ...]
    experiment: str = ""  # the program's own name where nothing is said
    workloads: Iterable["Workload | str"] = ("noop",)  # or the name of one that does nothing
    concurrency: Iterable[int] = (1,)
    tasks: int = 0  # as many as wait at once where nothing is said
    where: Callable[[str, int], bool] = lambda model, concurrency: True
    arguments: tuple[str, ...] = ("model",)
    opt_in: bool = True


def probes() -> Iterator[tuple[str, tuple[Probe, ...]]]:
    """Each program that can be imported here, with what is asked of it."""
    for name in sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")):
        with suppress(ImportError):  # of a package that this Python lacks: `metadata.interpreter` puts it on record
            yield name, getattr(import_module(f"{__name__}.{name}"), "PROBES", ())


def run_probe(name: str, *args: object) -> dict[str, float]:
    """What the probe `name` prints. ProbeFailed when it fails; all that it said is on standard error."""
    # not `-m`: a spawned process would import the main module once more, and that would be measured
    program = f"from {__name__}.{name} import main; main()"
    command = [sys.executable, "-c", program, *map(str, args)]
    root = Path(__file__).parents[2]
    printed = subprocess.run(
        command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    sys.stderr.write(printed.stderr)
    if printed.returncode:
        last = (printed.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ProbeFailed(f"{name} {' '.join(map(str, args))}: {last}")
    return json.loads(printed.stdout)  # type: ignore[no-any-return]
