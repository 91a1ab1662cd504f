"""`make bench` and `make quick`: measure in blocks, then make tables, charts and report, then answer.

What computes and draws is imported only where it is used: it takes a second, and wrong usage is refused before that.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from benchmarks.core import journal
from benchmarks.core.cell import Cell
from benchmarks.core.registry import catalogue, experiments
from benchmarks.core.selection import check
from benchmarks.core.selection import chosen as selected
from benchmarks.machine.calibration import Calibration
from benchmarks.metadata.environment import environment, environment_mismatch
from scripts.run.block import Block, require_disk_space, run_block
from scripts.run.cluster import ClusterConfig, recorded, still_there
from scripts.run.interpreters import executable, under
from scripts.run.machine_readings import NEEDED_FILES
from scripts.run.preflight import look
from scripts.run.venvs import changed
from scripts.tables.schema import read_environment
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.processes import scratch

if TYPE_CHECKING:
    from scripts.report.terminal import Live
    from scripts.tables.load import Run

RESULTS = Path("results")
BLOCKS, QUICK_BLOCKS = 10, 3
FULL_BLOCKS = 7  # of some six minutes each: three quarters of an hour
LEFT_OUT = ("test_aa", "test_cluster")  # of make full: the suite itself, and Ray started again for every round


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--only", default="", help="cells to measure, by name: 'http and (threads or asyncio)'")
    parser.add_argument(
        "--blocks", type=int, help=f"fresh interpreters (default {BLOCKS}; quick {QUICK_BLOCKS}, full {FULL_BLOCKS})"
    )
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--quick", action="store_true", help="the headline cells only: a first look, no verdicts")
    parser.add_argument("--full", action="store_true", help="every experiment, those of the claims included")
    parser.add_argument("--cluster", default="", help="an existing cluster for dask or ray: tcp://…, or Ray's address")
    parser.add_argument("--bind", default="", help="where the latency server listens, for workers on other machines")
    parser.add_argument("--address", default="", help="this machine's address, as those workers reach it")
    parser.add_argument("--resume", type=Path, help="go on with an interrupted run: its folder")
    return parser.parse_args()


def plan(chosen: argparse.Namespace) -> dict[str, Any]:
    """What will be measured, fixed beforehand. Stop when it makes no sense."""
    usual = QUICK_BLOCKS if chosen.quick else FULL_BLOCKS if chosen.full else BLOCKS
    blocks = usual if chosen.blocks is None else chosen.blocks
    if blocks < 1:
        raise CommandError(
            Exit.USAGE, f"BLOCKS={blocks}: at least one block is needed. Next: make bench BLOCKS={BLOCKS}"
        )
    parts = ["headline"] * chosen.quick + [every_experiment()] * chosen.full + [f"({chosen.only})"] * bool(chosen.only)
    only = " and ".join(parts)
    check_here(check_selection(chosen.only, only))
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10_000)
    return {"only": only, "blocks": blocks, "seed": seed, "quick": chosen.quick}


def every_experiment() -> str:
    """All experiments as ONLY selects them, but for those that measure the suite itself, or take too long."""
    names = {cell.experiment for file, cells in experiments().items() if file.stem not in LEFT_OUT for cell in cells}
    return f"({' or '.join(sorted(names))})"


def check_selection(typed: str, only: str) -> list[Cell]:
    """The cells of `only`. Stop when what was typed has no meaning, or when `only`, made of it, selects no cell."""
    cells = catalogue()
    try:
        check(typed, set().union(*(cell.labels() for cell in cells)))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, str(problem)) from None
    if not (asked := [cell for cell in cells if selected(only, cell)]):
        raise CommandError(Exit.USAGE, f"ONLY={only!r} selects no cell. Next: make bench ONLY=io")
    return asked


def check_here(asked: list[Cell]) -> None:
    """Stop when none of the cells can be measured by our own interpreter."""
    if all(cell.unavailable_reason for cell in asked):
        raise CommandError(
            Exit.NOT_MEASURED, f"nothing of that can be measured here: {asked[0]} {asked[0].unavailable_reason}"
        )
    look(asked)


def new_run(run: Path, planned: dict[str, Any], **more: Any) -> None:
    """Make the folder of a new run, with its environment, its plan and its pace."""
    pace, found = Calibration.measure(), environment()
    (run / "blocks").mkdir(parents=True)
    pace.write(run / "pace.json")
    write_environment(run, found | {"schema": journal.SCHEMA, "run": run.name, "plan": planned} | more)


def write_environment(run: Path, found: dict[str, Any]) -> None:
    """All at once or not at all."""
    with atomic_write(run / "environment.json") as file:
        file.write_text(json.dumps(found, indent=1))


def old_run(run: Path) -> None:
    """Mark an interrupted run as resumed. Stop when it was measured elsewhere."""
    found = read_environment(run)
    if why := environment_mismatch(found, environment()) or changed(found):
        raise CommandError(Exit.BAD_DATA, f"{run} {why}. Next: make bench")
    found["resumed"] = [*found.get("resumed", []), datetime.now(UTC).isoformat(timespec="seconds")]
    write_environment(run, found)


def suggest_resume() -> None:
    """Say so when the newest run was cut short: what it measured need not be lost."""
    runs = sorted((RESULTS / "runs").glob("*/environment.json"))
    runs = [file for file in runs if not file.with_name("survey.json").exists()]  # nobody's own work is gone on with
    if runs and not (run := runs[-1].parent).joinpath("summary.csv").exists() and measured(run):
        print(f"overlap: {run} was cut short. To go on with it instead: make bench RESUME={run}", file=sys.stderr)


def measured(run: Path) -> bool:
    """Whether anything in the run is worth keeping."""
    lines = (line for file in (run / "blocks").glob("*.journal") for _, line in journal.read(file))
    return any(isinstance(line, dict) and line.get("kind") == "cell" for line in lines)


def measure(run: Path, live: "Live") -> None:
    """Run every block that has not ended yet."""
    found = read_environment(run)
    blocks, took = found["plan"]["blocks"], list[float]()
    with live.bar, scratch():
        for number in range(blocks):
            left_s = (blocks - number) * sum(took) / len(took) if took else None
            live.begin_block(number, left_s, under(found, number))
            began = time.monotonic()
            run_block(block(run, found, number), live.hear)
            took.append(time.monotonic() - began)


def block(run: Path, found: dict[str, Any], number: int) -> Block:
    """A block of the run whose environment is given."""
    planned, name = found["plan"], under(found, number)
    if not name:
        return Block(run, number, planned["seed"], planned["only"], where=ClusterConfig.of(found))
    entry = next(one for one in found["interpreters"] if one["name"] == name)
    return Block(run, number, planned["seed"], planned["only"], executable(name), tuple(entry["unloadable"]))


def write_outputs(run: Path) -> "Run":
    """Tables, verdicts, charts and report of a run, and the link to the latest."""
    from scripts.report.claim_document import write_verdicts
    from scripts.report.report import draw_and_write
    from scripts.tables.load import LATEST, load, write_tables

    found = load(run)
    write_tables(found)
    write_verdicts(found)
    draw_and_write(found)
    with atomic_write(LATEST) as link:
        link.symlink_to(os.path.relpath(run.resolve(), RESULTS.resolve()))
    return found


@contextmanager
def exclusive_lock() -> Iterator[None]:
    """Two runs at once would measure each other: hold a lock that says whose it is, and that ends with its owner."""
    lock = RESULTS / ".lock"
    try:
        RESULTS.mkdir(exist_ok=True)
        with FileLock(lock, timeout=0):
            lock.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%H:%M:%S} UTC")
            for left in RESULTS.rglob("*.partial"):  # by an owner that was killed
                left.unlink(missing_ok=True)
            yield
    except Timeout:
        who = lock.read_text() or "another process"
        raise CommandError(
            Exit.NOT_MEASURED, f"another run is under way ({who}). Next: wait for it, or end it"
        ) from None


@contextmanager
def readable_errors(run: Callable[[], Path | None], verb: str = "make bench") -> Iterator[None]:
    """Turn what the system refuses, and an interruption, into a sentence; `run` gives what can be gone on with."""
    try:
        yield
    except OSError as problem:
        where = problem.filename or RESULTS
        sentence = f"{where}: {problem.strerror}. Next: make room in {RESULTS.resolve()}, or make it writable"
        raise CommandError(Exit.NOT_MEASURED, sentence) from None
    except KeyboardInterrupt:
        kept = f"What was measured is kept. Next: {verb} RESUME={run()}" if run() else "Nothing was measured yet"
        raise CommandError(Exit.INTERRUPTED, f"interrupted. {kept}") from None


@contextmanager
def worth_keeping(run: Path) -> Iterator[None]:
    """A new run that was refused or ended before its first cell leaves no folder; one that failed, leaves its logs."""
    try:
        yield
    except BaseException as problem:
        failed = isinstance(problem, CommandError) and problem.code == Exit.NOT_MEASURED
        if not failed and not measured(run):
            shutil.rmtree(run, ignore_errors=True)
        raise


def enough_files() -> None:
    """Raise the limit of open files as far as needed. Stop when that is not allowed."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < NEEDED_FILES:
        sentence = (
            f"only {hard} files may be open, {NEEDED_FILES} are needed. Next: ulimit -Hn {NEEDED_FILES}; make bench"
        )
        raise CommandError(Exit.NOT_MEASURED, sentence)
    if soft < NEEDED_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (NEEDED_FILES, hard))


def interrupt(number: int, frame: object) -> None:
    """SIGTERM and SIGHUP end a run like Ctrl-C does."""
    raise KeyboardInterrupt


def bench(chosen: argparse.Namespace, run: Path) -> "Run":
    """Measure what is asked for, or what is left of it, and make everything of it."""
    planned = plan(chosen)
    enough_files()
    require_disk_space(RESULTS)
    if chosen.resume:
        old_run(run)
        still_there(run)
    else:
        suggest_resume()
        new_run(run, planned, **recorded(ClusterConfig(chosen.cluster, chosen.bind, chosen.address), planned["only"]))
    from scripts.report.terminal import Live, console

    measure(run, Live(console(stderr=True), read_environment(run)["plan"]["blocks"]))
    return write_outputs(run)


def main() -> None:
    """Measure and answer."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    chosen = options()
    run: Path = chosen.resume or RESULTS / "runs" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    try:
        keeping = nullcontext() if chosen.resume else worth_keeping(run)
        with readable_errors(lambda: run if measured(run) else None), exclusive_lock(), keeping:
            found = bench(chosen, run)
        from scripts.report.terminal import console, show

        show(found, console())
    except CommandError as stop:
        leave(stop)
    except KeyboardInterrupt:
        leave(CommandError(Exit.INTERRUPTED, f"interrupted. Everything is measured and made: see {run}"))
    print(f"\nCharts: {run}/charts  Report: {run}/report.html  Tables: {run}/*.csv", file=sys.stderr)


if __name__ == "__main__":
    main()
