"""The run from which advice takes its costs: the named one, or the newest of this machine under the same build of
Python that has them, or the reference. Its name says under which Python it was measured."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.core.cell import CLASSICAL
from benchmarks.metadata.environment import machine
from scripts.analysis.interpreter_builds import build_properties
from scripts.predict.cost_model import Machine, fit, table
from scripts.predict.cross_validation import cross_validate, widths
from scripts.predict.recommend import Source
from scripts.tables.load import Run, load
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import plural
from scripts.util.paths import REFERENCE, RUNS

Python = Mapping[str, Any]  # what a run records of its interpreter

LOOKED_AT = 5  # of the newest runs: older ones say little of the machine as it is, and each takes seconds to learn from
EVERY_RUN_HAS = "Next: make advise without RUN, or make bench, which measures what it takes"


def source_named(path: Path) -> Source:
    """The costs of that run. CommandError when a classical model has too few cells."""
    run = load(path)
    named = source(run, f"run {run.environment['run']}, measured under {python_text(run.environment['python'])}")
    if too_few := [model for model in CLASSICAL if named is None or model not in named.widths]:
        raise CommandError(
            Exit.NOT_MEASURED, f"{path} has too few cells of {', '.join(too_few)} to learn from. {EVERY_RUN_HAS}"
        )
    assert named
    return named


def best_source(python: Python) -> Source:
    """The newest run of this machine under this Python with the costs of all classical models; else the reference."""
    for run in newest(python):
        candidate = source(run, f"{run.path.name}, a run of this machine under {python_text(python)}")
        if candidate and set(CLASSICAL) <= set(candidate.widths):
            return candidate
    run = load(REFERENCE)
    where, under = run.environment["machine"], python_text(run.environment["python"])
    lacking = f"no run of this machine under {python_text(python)} has them"
    cores = plural(where["cores_usable"], "core")
    candidate = source(run, f"the reference run ({where['cpu']}, {cores}, {under}: {lacking})")
    assert candidate, "a test says that the reference has enough cells"
    return candidate


def newest(python: Python) -> Iterator[Run]:
    """The newest runs of this machine under this Python that can be read, the latest first."""
    here = machine()
    paths = (path for path in sorted(RUNS.glob("*"), reverse=True) if measured_here(path, here, python))
    for path in islice(paths, LOOKED_AT):
        with suppress(CommandError):  # damaged, or just begun
            run = load(path)
            yield from (one for one in run.by_interpreter if same_python(one.environment["python"], python))


def measured_here(path: Path, here: Mapping[str, Any], python: Python) -> bool:
    """Whether a run is of this machine, and one of its interpreters is this Python."""
    try:
        environment = read_environment(path)
    except CommandError:
        return False
    builds = [one["python"] for one in environment.get("interpreters") or [environment]]
    same_machine = all(environment["machine"][part] == here[part] for part in ("cpu", "cores_usable"))
    return same_machine and any(same_python(build, python) for build in builds)


def same_python(one: Python, other: Python) -> bool:
    """Whether two Pythons are of one build, in one state of the GIL: what a thread costs is another thing without."""
    return build_properties(one) == build_properties(other) and one.get("gil") == other.get("gil")


def python_text(python: Python) -> str:
    """The build in short: `Python 3.14.2`, `Python 3.14.2t` where it is free-threaded."""
    build = build_properties(python)
    return f"Python {python['version']}{'t' * build['free_threaded']}{'+jit' * build['jit']}"


def source(run: Run, name: str) -> Source | None:
    """The costs in a run; None where it has no suitable cells."""
    cells = table(run)
    if cells.empty:
        return None
    of, memory_run = Machine.of(run), run_with_memory(run)
    reach = {str(model): int(most) for model, most in cells.groupby("model")["concurrency"].max().items()}
    if memory_run is not run:
        name += f"; memory of a waiting task as in the reference run, {python_text(memory_run.environment['python'])}"
    return Source(name, fit(cells, of), widths(cross_validate(cells, of)), reach, memory_of(memory_run))


def run_with_memory(run: Run) -> Run:
    """The run, where it measured the memory of a waiting task, or else the reference."""
    alone = "bytes_per_task" in run.rounds or run.path.resolve() == REFERENCE.resolve()
    return run if alone else load(REFERENCE)


def memory_of(run: Run) -> Mapping[str, float]:
    """Bytes for each task that waits, by model, as the experiment `task_memory` has them; empty without it."""
    if "bytes_per_task" not in run.rounds:
        return {}
    rounds = run.rounds[run.rounds["experiment"] == "task_memory"]
    sizes = rounds.groupby("model")["bytes_per_task"].median()
    return {str(model): float(size) for model, size in sizes.items()}
