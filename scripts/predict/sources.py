"""The run from which advice takes its costs: the named one, or the newest of this machine that has them, or the
reference."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.core.cell import CLASSICAL
from benchmarks.metadata.environment import machine
from scripts.predict.cost_model import Machine, fit, table
from scripts.predict.cross_validation import cross_validate, widths
from scripts.predict.recommend import Source
from scripts.tables.load import Run, load
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import REFERENCE, RUNS

LOOKED_AT = 5  # of the newest runs: older ones say little of the machine as it is, and each takes seconds to learn from
EVERY_RUN_HAS = "Next: make advise without RUN, or make bench, which measures what it takes"


def source_named(path: Path) -> Source:
    """The costs of that run. CommandError when a classical model has too few cells."""
    run = load(path)
    named = source(run, f"run {run.environment['run']}")
    if too_few := [model for model in CLASSICAL if named is None or model not in named.widths]:
        raise CommandError(
            Exit.NOT_MEASURED, f"{path} has too few cells of {', '.join(too_few)} to learn from. {EVERY_RUN_HAS}"
        )
    assert named
    return named


def best_source() -> Source:
    """The newest run of this machine with the costs of all classical models; the reference where there is none."""
    for run in newest():
        candidate = source(run, f"{run.path.name}, a run of this machine")
        if candidate and set(CLASSICAL) <= set(candidate.widths):
            return candidate
    run = load(REFERENCE)
    where = run.environment["machine"]
    name = f"the reference run ({where['cpu']}, {where['cores_usable']} cores: no run of this machine has them)"
    candidate = source(run, name)
    assert candidate, "a test says that the reference has enough cells"
    return candidate


def newest() -> Iterator[Run]:
    """The newest runs of this machine that can be read, the latest first."""
    here = machine()
    for path in sorted(RUNS.glob("*"), reverse=True)[:LOOKED_AT]:
        with suppress(CommandError):  # damaged, or just begun
            there = read_environment(path)["machine"]
            if all(there[part] == here[part] for part in ("cpu", "cores_usable")):
                yield load(path)


def source(run: Run, name: str) -> Source | None:
    """The costs in a run; None where it has no suitable cells."""
    cells = table(run)
    if cells.empty:
        return None
    of = Machine.of(run)
    reach = {str(model): int(most) for model, most in cells.groupby("model")["concurrency"].max().items()}
    return Source(name, fit(cells, of), widths(cross_validate(cells, of)), reach, memory_of(run))


def memory_of(run: Run) -> Mapping[str, float]:
    """Bytes for each task that waits, by model, as the experiment `task_memory` has them; else the reference's."""
    rounds = run.rounds
    if "bytes_per_task" not in rounds:
        return memory_of(load(REFERENCE)) if run.path.resolve() != REFERENCE.resolve() else {}
    bytes_per_task = rounds[rounds["experiment"] == "task_memory"].groupby("model")["bytes_per_task"].median()
    return {str(model): float(size) for model, size in bytes_per_task.items()}
