"""Small programs, each run in an interpreter of its own, that print one JSON object: name of a metric → value.

A program is a file here with a function `main`, which prints, and with PROBES, which define its cells. To add one, add
its file: `experiments/test_probes.py` collects the cells of all.
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
    """A probe ended without metrics: its name, and the last line of its error output."""


class Probe(NamedTuple):
    """An experiment that runs a program: a cell for each of `models` at each concurrency, with these metrics.

    A named tuple, because importing dataclasses would count in a program that measures memory. The first metric is the
    leading one. `arguments` are the program's command line: columns of the cell, or values that a block provides.
    """

    models: Iterable[str]
    metrics: tuple[str, ...]
    experiment: str = ""  # by default the program's name
    workloads: Iterable["Workload | str"] = ("noop",)  # or the name of one whose work the program does itself
    concurrency: Iterable[int] = (1,)
    tasks: int = 0  # by default as many as the concurrency
    where: Callable[[str, int], bool] = lambda model, concurrency: True
    arguments: tuple[str, ...] = ("model",)
    opt_in: bool = True


def probes() -> Iterator[tuple[str, tuple[Probe, ...]]]:
    """Each program that can be imported here, with its probes."""
    for name in sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")):
        with suppress(ImportError):  # a missing package; `metadata.interpreter` records it
            yield name, getattr(import_module(f"{__name__}.{name}"), "PROBES", ())


def run_probe(name: str, *args: object) -> dict[str, float]:
    """Run a probe; the metrics that it prints. ProbeFailed if it fails; its error output goes to standard error."""
    # not `-m`: a spawned process would import the main module again, which would be measured
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
