"""What is held around a run: the lock of the results, readable errors, and no empty folder after it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from benchmarks.core import journal
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import RESULTS
from scripts.util.shortage import shortage


def has_results(run: Path) -> bool:
    """Whether any cell of the run was measured."""
    lines = (line for file in journal.journals(run) for _, line in journal.read(file))
    return any(isinstance(line, dict) and line.get("kind") == "cell" for line in lines)


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
            sentence = f"{short}. {resume_hint(run, verb)}"
        raise CommandError(Exit.NOT_MEASURED, sentence) from None
    except (MemoryError, RuntimeError) as problem:
        if not (short := shortage(problem)):
            raise
        raise CommandError(Exit.NOT_MEASURED, f"{short}. {resume_hint(run, verb)}") from None
    except KeyboardInterrupt:
        raise CommandError(Exit.INTERRUPTED, f"interrupted. {resume_hint(run, verb)}") from None


def resume_hint(run: Path | None, verb: str) -> str:
    """Whether a run that ended early can be resumed, and how."""
    can_resume = run is not None and has_results(run)
    return (
        f"What was measured is kept. Next: {verb} RESUME={run}"
        if can_resume
        else f"Nothing was measured yet. Next: {verb}"
    )


@contextmanager
def keep_folder(run: Path, *, always: bool) -> Iterator[None]:
    """Remove the folder of a new run that ended before its first cell, except after a failure: its logs are needed."""
    try:
        yield
    except BaseException as problem:
        failed = isinstance(problem, CommandError) and problem.code == Exit.NOT_MEASURED
        if not (always or failed or has_results(run)):
            shutil.rmtree(run, ignore_errors=True)
        raise
