"""The profile of a user's work, taken in an interpreter of its own before anything is measured."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from scripts.run.block import POLL_S, environment
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.processes import end_session

PATIENCE_S = 120.0  # with one step of the profile; a model that hangs is ended, and named, long before
HOW = "Next: make mine WORK=path/to/file.py (docs/your-own-work.md has examples)"


def source_of(work: str, project: Path = Path()) -> str:
    """WORK with an absolute path, so that every process finds it. CommandError (usage) when there is no such file.

    A module of the project becomes its file, which is imported in its package all the same.
    """
    if not work:
        raise CommandError(Exit.USAGE, f"WORK is missing: which file has your work? {HOW}")
    place, colon, name = work.partition(":")
    if place.endswith(".py") or "/" in place:
        if not Path(place).is_file():
            place = str(project / place)
        if not Path(place).is_file():
            raise CommandError(Exit.USAGE, f"WORK={work}: there is no file {work.partition(':')[0]}. {HOW}")
        if not place.endswith(".py"):
            raise CommandError(Exit.USAGE, f"WORK={work}: {place} is no Python file: its name must end in .py. {HOW}")
        return f"{Path(place).resolve()}{colon}{name}"
    return f"{file_of_module(place, project) or place}{colon}{name}"


def file_of_module(dotted: str, project: Path) -> Path | None:
    """The file of a module below the project's folder, or its `src`; None where it is installed, if anywhere."""
    path = Path(*dotted.split("."))
    files = path.with_suffix(".py"), path / "__init__.py"
    tried = (root / one for root in (project, project / "src") for one in files)
    return next((one.resolve() for one in tried if one.is_file()), None)


def survey(
    run: Path,
    source: str,
    models: str,
    blocks: int,
    say: Callable[[str], None],
    *more: str,
    python: str = sys.executable,
) -> dict[str, Any]:
    """Profile the work in its own interpreter. CommandError when the work cannot be run."""
    program = (
        "from benchmarks.profiler.profiler import main; main()"  # not `-m`: every worker would import it once more
    )
    with (run / "survey.log").open("wb") as log, tempfile.TemporaryFile() as out:
        arguments = [source, f"--pace={run / 'pace.json'}", f"--out=/dev/fd/{out.fileno()}"]
        process = subprocess.Popen(
            [python, "-P", "-c", program, *arguments, f"--models={models}", f"--blocks={blocks}", *more],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[out.fileno()],
            start_new_session=True,
            env=environment(),
        )
        try:
            profile = last_entry(process, out, say)
        finally:
            end_session(process)
    return profile_or_error(profile, source, run / "survey.log")


def last_entry(process: "subprocess.Popen[bytes]", out: IO[bytes], say: Callable[[str], None]) -> dict[str, Any]:
    """The last line that the survey writes, once it ends or has been silent for too long."""
    heard_at, at, last = time.monotonic(), 0, dict[str, Any]()
    while True:
        ended = process.poll() is not None
        for entry in entries(out, at):
            heard_at, last, at = time.monotonic(), entry, at + entry.pop("bytes")
            say(str(entry.get("step", "")))
        if set(last) & {"found", "unfit", "failed"}:
            return last
        if ended:
            return last | {"ended": process.returncode}
        if time.monotonic() - heard_at > PATIENCE_S:
            return last | {"silent": True}
        time.sleep(POLL_S)


def entries(out: IO[bytes], at: int) -> Iterator[dict[str, Any]]:
    """The whole lines from that byte on, each with its length."""
    text = os.pread(out.fileno(), os.fstat(out.fileno()).st_size - at, at)
    for line in text.splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield json.loads(line) | {"bytes": len(line)}


def profile_or_error(last: dict[str, Any], source: str, log: Path) -> dict[str, Any]:
    """The profile from the survey's last line. CommandError with what went wrong."""
    if "found" in last:
        return dict(last["found"])
    if "unfit" in last:
        raise CommandError(Exit.USAGE, last["unfit"])
    step = last.get("step", "its start")
    if "failed" in last:
        raise CommandError(Exit.NOT_MEASURED, f"{source}: {last['failed']}. What it printed: {log}")
    if "silent" in last:
        why = f"{step} had not ended after {PATIENCE_S:g} s"
        raise CommandError(
            Exit.NOT_MEASURED, f"{source}: {why}. Next: let it time out by itself, or give smaller tasks"
        )
    raise CommandError(
        Exit.NOT_MEASURED, f"{source}: its interpreter ended with {last['ended']} at {step}. What it said: {log}"
    )
