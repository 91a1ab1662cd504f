"""`make bench` and `make quick`: measure in blocks, then make tables, charts and report, then answer."""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from benchmarks import journal
from benchmarks.environment import environment
from benchmarks.pace import Pace
from scripts.blocks import Block, run_block
from scripts.charts import draw_all
from scripts.console import Live, console, show
from scripts.dataset import LATEST, Run, load, write_tables
from scripts.exits import Exit, Stop, leave
from scripts.report import write_report

RESULTS = Path("results")
BLOCKS, QUICK_BLOCKS = 10, 3
NEEDED_FILES = 2048  # a thousand connections on both ends of the measurement, each with its own descriptor


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--only", default="", help="cells to measure, by name: 'http and (threads or asyncio)'")
    parser.add_argument("--blocks", type=int, help=f"fresh interpreters (default {BLOCKS}; quick {QUICK_BLOCKS})")
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--quick", action="store_true", help="the headline cells only: a first look, no verdicts")
    parser.add_argument("--resume", type=Path, help="go on with an interrupted run: its folder")
    return parser.parse_args()


def plan(chosen: argparse.Namespace) -> dict[str, Any]:
    """What will be measured, fixed beforehand. Stop when it makes no sense."""
    blocks = chosen.blocks if chosen.blocks is not None else QUICK_BLOCKS if chosen.quick else BLOCKS
    if blocks < 1:
        raise Stop(Exit.USAGE, f"BLOCKS={blocks}: at least one block is needed. Next: make bench BLOCKS={BLOCKS}")
    only = " and ".join(part for part in ("headline" * chosen.quick, f"({chosen.only})" if chosen.only else "") if part)
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10_000)
    return {"only": only, "blocks": blocks, "seed": seed, "quick": chosen.quick}


def new_run(chosen: argparse.Namespace) -> Path:
    """Make the folder of a new run, with its environment, its plan and its pace."""
    planned = plan(chosen)
    run = RESULTS / "runs" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    (run / "blocks").mkdir(parents=True)
    Pace.measure().write(run / "pace.json")
    write_environment(run, environment() | {"schema": journal.SCHEMA, "run": run.name, "plan": planned})
    return run


def write_environment(run: Path, found: dict[str, Any]) -> None:
    """All at once or not at all."""
    partial = run / "environment.json.partial"
    partial.write_text(json.dumps(found, indent=1))
    partial.replace(run / "environment.json")


def old_run(run: Path) -> Path:
    """The folder of an interrupted run, marked as resumed. Stop when it was measured elsewhere."""
    try:
        found = json.loads((run / "environment.json").read_text())
    except (OSError, ValueError) as problem:
        raise Stop(Exit.UNREADABLE, f"{run} cannot be resumed: {problem}. Next: make bench") from None
    here = environment()
    for part in ("cpu", "cores_usable"):
        if found["machine"][part] != here["machine"][part]:
            raise Stop(Exit.UNREADABLE, f"{run} was measured on another machine ({part} differs). Next: make bench")
    if found["python"] != here["python"] or found["packages"] != here["packages"]:
        raise Stop(Exit.UNREADABLE, f"{run} was measured with another Python or other packages. Next: make bench")
    found["resumed"] = [*found.get("resumed", []), datetime.now(UTC).isoformat(timespec="seconds")]
    write_environment(run, found)
    return run


def measure(run: Path, live: Live) -> None:
    """Run every block that has not ended yet."""
    planned = json.loads((run / "environment.json").read_text())["plan"]
    took: list[float] = []
    with live.bar:
        for number in range(planned["blocks"]):
            left_s = (planned["blocks"] - number) * sum(took) / len(took) if took else None
            live.begin_block(number, left_s)
            began = time.monotonic()
            run_block(Block(run, number, planned["seed"], planned["only"]), live.hear)
            took.append(time.monotonic() - began)


def make_everything(run: Path) -> Run:
    """Tables, charts and report of a run, and the link to the latest."""
    found = load(run)
    write_tables(found)
    draw_all(found, run / "charts")
    write_report(found)
    partial = LATEST.with_name("latest.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(run.relative_to(RESULTS))
    partial.replace(LATEST)
    return found


@contextmanager
def alone() -> Iterator[None]:
    """Two runs at once would measure each other: hold a lock that says whose it is, and that ends with its owner."""
    owner = RESULTS / ".lock.owner"
    try:
        RESULTS.mkdir(exist_ok=True)
        with FileLock(RESULTS / ".lock", timeout=0):
            owner.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%H:%M:%S} UTC")
            try:
                yield
            finally:
                owner.unlink(missing_ok=True)
    except Timeout:
        who = owner.read_text() if owner.exists() else "another process"
        raise Stop(Exit.UNMEASURED, f"another run is under way ({who}). Next: wait for it, or end it") from None


@contextmanager
def readable_errors(run: Callable[[], Path | None]) -> Iterator[None]:
    """Turn what the system refuses, and an interruption, into a sentence."""
    try:
        yield
    except OSError as problem:
        where = problem.filename or RESULTS
        sentence = f"{where}: {problem.strerror}. Next: make room in {RESULTS.resolve()}, or make it writable"
        raise Stop(Exit.UNMEASURED, sentence) from None
    except KeyboardInterrupt:
        kept = f"What was measured is kept. Next: make bench RESUME={run()}" if run() else "Nothing was measured yet"
        raise Stop(Exit.INTERRUPTED, f"interrupted. {kept}") from None


def enough_files() -> None:
    """Raise the limit of open files as far as needed. Stop when that is not allowed."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < NEEDED_FILES:
        sentence = (
            f"only {hard} files may be open, {NEEDED_FILES} are needed. Next: ulimit -Hn {NEEDED_FILES}; make bench"
        )
        raise Stop(Exit.UNMEASURED, sentence)
    if soft < NEEDED_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (NEEDED_FILES, hard))


def interrupt(number: int, frame: object) -> None:
    """SIGTERM and SIGHUP end a run like Ctrl-C does."""
    raise KeyboardInterrupt


def main() -> None:
    """Measure and answer."""
    chosen = options()
    run: Path | None = None
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with readable_errors(lambda: run), alone():
            plan(chosen)
            enough_files()
            run = old_run(chosen.resume) if chosen.resume else new_run(chosen)
            planned = json.loads((run / "environment.json").read_text())["plan"]
            measure(run, Live(console(stderr=True), planned["blocks"]))
            found = make_everything(run)
    except Stop as stop:
        leave(stop)
    show(found, console())
    print(f"\nCharts: {run}/charts  Report: {run}/report.html  Tables: {run}/*.csv", file=sys.stderr)


if __name__ == "__main__":
    main()
