"""The life of a run: its folder, its plan, its blocks sequentially, and the outputs made of them.

What computes and draws is imported only where it is used: it takes a second, and wrong usage is refused before that.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from benchmarks.core import journal
from benchmarks.machine.calibration import Calibration
from benchmarks.metadata.environment import environment, environment_mismatch
from scripts.run import users_python
from scripts.run.block import Block, run_block
from scripts.run.cluster import ClusterConfig, check_same_cluster
from scripts.run.interpreters import executable, interpreter_of_block, variables
from scripts.run.preflight import cells_selected, raise_file_limit, require_disk_space
from scripts.run.repeats import pause_before, pauses_s
from scripts.run.time_left import TimeLeft
from scripts.run.venvs import interpreter_mismatch
from scripts.tables.repeats import blocks_each
from scripts.tables.schema import MOST_BLOCKS, read_environment
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import HOUSE, LATEST, RESULTS, RUNS
from scripts.util.processes import temporary_folder
from scripts.util.shortage import shortage

if TYPE_CHECKING:
    from scripts.tables.load import Run

BLOCKS = 10
EXPERIMENTS, USERS_EXPERIMENT = HOUSE / "benchmarks" / "experiments", "test_user_work.py"
LARGEST_SEED = 2**63


def new_folder(parent: Path = RUNS) -> Path:
    """The folder of a run that begins now; it does not exist yet."""
    return parent / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def make_plan(
    only: str, blocks: int, seed: int | None, *, quick: bool = False, repeat: int = 1, bench_blocks: int = 0
) -> dict[str, Any]:
    """What a run measures, fixed beforehand: `blocks` in each repeat, the last `bench_blocks` of them what `make bench`
    measures instead of `only`. A seed is drawn where none is given.

    CommandError for absurd numbers.
    """
    if not 1 <= blocks * repeat <= MOST_BLOCKS:
        raise CommandError(Exit.USAGE, f"BLOCKS={blocks:.3g}: 1 to {MOST_BLOCKS:,}. Next: leave it out, or BLOCKS=10")
    if seed is not None and not 0 <= seed < LARGEST_SEED:
        sentence = f"SEED={seed:.3g}: a whole number from 0 on, below 2^63. Next: leave it out, or SEED=7"
        raise CommandError(Exit.USAGE, sentence)
    drawn = random.SystemRandom().randrange(10_000) if seed is None else seed
    more = {"repeat": repeat} if repeat > 1 else {}
    more |= {"bench_blocks": bench_blocks} if bench_blocks else {}
    return {"only": only, "blocks": blocks * repeat, "seed": drawn, "quick": quick} | more


def selection(plan: dict[str, Any], number: int) -> str:
    """What the block of that number measures."""
    of_plan = number % blocks_each(plan) < blocks_each(plan) - plan.get("bench_blocks", 0)
    return str(plan["only"]) if of_plan else ""


def new_run(run: Path, plan: dict[str, Any], **more: Any) -> None:
    """Make the folder of a new run, with its environment, its plan and its calibration."""
    pace, here = Calibration.of_blocks(), environment()
    (run / "blocks").mkdir(parents=True)
    pace.write(run / "pace.json")
    recorded = here | {"calibration": pace.described(), "schema": journal.SCHEMA, "run": run.name, "plan": plan}
    write_environment(run, recorded | more)


def environment_now(plan: dict[str, Any]) -> dict[str, Any]:
    """This machine, with the interpreter that the plan measures: ours, or a user's own."""
    return environment() | (users_python.prepare(plan["python"]).description() if "python" in plan else {})


def write_environment(run: Path, recorded: dict[str, Any]) -> None:
    """Write environment.json, all at once or not at all."""
    with atomic_write(run / "environment.json") as file:
        file.write_text(json.dumps(recorded, indent=1))


def resume_run(run: Path) -> None:
    """Mark an interrupted run as resumed. CommandError when machine, interpreters or cluster are others by now."""
    recorded = read_environment(run)
    if why := environment_mismatch(recorded, environment_now(recorded["plan"])) or interpreter_mismatch(recorded):
        raise CommandError(Exit.BAD_DATA, f"{run} {why}. Next: make bench")
    check_same_cluster(run)
    recorded["resumed"] = [*recorded.get("resumed", []), datetime.now(UTC).isoformat(timespec="seconds")]
    write_environment(run, recorded)


def suggest_resume() -> None:
    """Print the command that resumes the newest run, where that run was interrupted; never a run of a user's work."""
    runs = sorted(RUNS.glob("*/environment.json"))
    runs = [file for file in runs if not file.with_name("survey.json").exists()]
    if runs and not (run := runs[-1].parent).joinpath("summary.csv").exists() and has_results(run):
        print(f"overlap: {run} was interrupted. To resume it instead: make bench RESUME={run}", file=sys.stderr)


def has_results(run: Path) -> bool:
    """Whether any cell of the run was measured."""
    lines = (line for file in journal.journals(run) for _, line in journal.read(file))
    return any(isinstance(line, dict) and line.get("kind") == "cell" for line in lines)


def measure(run: Path) -> None:
    """Run every block that has not ended yet, and show the progress."""
    from scripts.report.progress import Live
    from scripts.report.terminal import console

    recorded = read_environment(run)
    live, left = Live(console(stderr=True), recorded["plan"]["blocks"]), time_left(recorded)
    with live.bar, temporary_folder():
        for number in range(recorded["plan"]["blocks"]):
            block = block_of_run(run, recorded, number)
            live.begin_block(number, left.seconds(number), interpreter_of_block(recorded, number))
            pause_before(run, recorded["plan"], number)
            resumed, began = block.path(".journal").exists(), time.monotonic()
            run_block(block, live.hear)
            if not resumed:
                left.add(number, time.monotonic() - began)


def time_left(recorded: dict[str, Any]) -> TimeLeft:
    """The time left of a run; blocks of one selection and one interpreter are of a kind."""
    plan = recorded["plan"]
    kinds = [(selection(plan, number), interpreter_of_block(recorded, number)) for number in range(plan["blocks"])]
    return TimeLeft(kinds, lambda kind: max(cells_selected(kind[0]), 1), pauses_s(plan))


def block_of_run(run: Path, recorded: dict[str, Any], number: int) -> Block:
    """A block of the run whose environment.json is `recorded`."""
    plan, name = recorded["plan"], interpreter_of_block(recorded, number)
    if "python" in plan:  # a user's own interpreter, which need not have what other experiments import
        others = tuple(file.name for file in EXPERIMENTS.glob("test_*.py") if file.name != USERS_EXPERIMENT)
        return Block(run, number, plan["seed"], plan["only"], plan["python"], others)
    if not name:
        return Block(run, number, plan["seed"], selection(plan, number), where=ClusterConfig.of(recorded))
    described = next(one for one in recorded["interpreters"] if one["name"] == name)
    return Block(
        run,
        number,
        plan["seed"],
        plan["only"],
        executable(name),
        unloadable=tuple(described["unloadable"]),
        variables=tuple(variables(name).items()),
    )


def write_outputs(run: Path) -> "Run":
    """Write the tables, verdicts, charts and report of a run, and link to it as the latest."""
    from scripts.report.claim_document import write_verdicts
    from scripts.report.report import draw_and_write
    from scripts.tables.load import load, write_tables

    loaded = load(run)
    write_tables(loaded)
    write_verdicts(loaded)
    draw_and_write(loaded)
    link_newest(LATEST, run)
    return loaded


def link_newest(link: Path, run: Path) -> None:
    """Let `link`, in the results folder, point to the run."""
    with atomic_write(link) as partial:
        partial.symlink_to(os.path.relpath(run.resolve(), RESULTS.resolve()))


@contextmanager
def running(run: Path, verb: str = "make bench", *, resumed: bool = False) -> Iterator[None]:
    """What surrounds every run: the lock, the checks of the system, readable errors, and no empty folder after it."""
    with readable_errors(run, verb), exclusive_lock(), keep_folder(run, always=resumed):
        raise_file_limit()
        require_disk_space(RESULTS)
        yield


@contextmanager
def exclusive_lock() -> Iterator[None]:
    """Hold the lock of the results folder: two runs at once would measure each other. It ends with its owner."""
    lock = RESULTS / ".lock"
    try:
        RESULTS.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            lock.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%H:%M:%S} UTC")
            for partial in RESULTS.rglob("*.partial"):  # of an owner that was killed
                partial.unlink(missing_ok=True)
            yield
    except Timeout:
        owner = lock.read_text() or "another process"
        raise CommandError(
            Exit.NOT_MEASURED, f"another run is in progress ({owner}). Next: wait for it, or end it"
        ) from None


@contextmanager
def readable_errors(run: Path | None = None, verb: str = "make bench") -> Iterator[None]:
    """Turn an error of the system and an interruption into a CommandError that says how to resume the run, if any."""
    try:
        yield
    except OSError as problem:
        where = problem.filename or RESULTS
        sentence = f"{where}: {problem.strerror}. Next: make room in {RESULTS.resolve()}, or make it writable"
        if short := shortage(problem):
            sentence = f"{short}. {what_is_kept(run, verb)}"
        raise CommandError(Exit.NOT_MEASURED, sentence) from None
    except (MemoryError, RuntimeError) as problem:
        if not (short := shortage(problem)):
            raise
        raise CommandError(Exit.NOT_MEASURED, f"{short}. {what_is_kept(run, verb)}") from None
    except KeyboardInterrupt:
        raise CommandError(Exit.INTERRUPTED, f"interrupted. {what_is_kept(run, verb)}") from None


def what_is_kept(run: Path | None, verb: str) -> str:
    """Whether a run that ended early can be resumed, and how."""
    can_resume = run is not None and has_results(run)
    return (
        f"What was measured is kept. Next: {verb} RESUME={run}"
        if can_resume
        else f"Nothing was measured yet. Next: {verb}"
    )


@contextmanager
def keep_folder(run: Path, *, always: bool = False) -> Iterator[None]:
    """Remove the folder of a new run that ended before its first cell, except after a failure: its logs are needed."""
    try:
        yield
    except BaseException as problem:
        failed = isinstance(problem, CommandError) and problem.code == Exit.NOT_MEASURED
        if not (always or failed or has_results(run)):
            shutil.rmtree(run, ignore_errors=True)
        raise


def interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP end a run as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
