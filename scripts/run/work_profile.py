"""The profile of a user's work, taken in an interpreter of its own before anything is measured."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.run.block import environment
from scripts.run.tail import Tail
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.processes import end_session

PATIENCE_S = 120.0  # with one step of the profile; a model that hangs is ended, and named, long before
EXAMPLE = "Next: make mine WORK=path/to/file.py (docs/your-own-work.md has examples)"


def source_of(work: str, project: Path = Path()) -> str:
    """WORK with an absolute path, so that every process finds it. CommandError (usage) when there is no such file.

    A module of the project becomes its file, which is imported in its package all the same.
    """
    if not work:
        raise CommandError(Exit.USAGE, f"WORK is missing: which file has your work? {EXAMPLE}")
    place, colon, name = work.partition(":")
    if place.endswith(".py") or "/" in place:
        if not Path(place).is_file():
            place = str(project / place)
        if not Path(place).is_file():
            raise CommandError(Exit.USAGE, f"WORK={work}: there is no file {work.partition(':')[0]}. {EXAMPLE}")
        if not place.endswith(".py"):
            raise CommandError(
                Exit.USAGE, f"WORK={work}: {place} is no Python file: its name must end in .py. {EXAMPLE}"
            )
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
    out = run / "survey.lines"  # in the run's folder: a temporary file would be left behind when we are killed
    out.touch()
    with (run / "survey.log").open("wb") as log:
        arguments = [source, f"--pace={run / 'pace.json'}", f"--out={out.resolve()}"]
        process = subprocess.Popen(
            [python, "-P", "-c", program, *arguments, f"--models={models}", f"--blocks={blocks}", *more],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment(),
        )
        try:
            profile = last_entry(process, Tail(out), say)
        finally:
            end_session(process)
            out.unlink()
    return profile_or_error(profile, source, run / "survey.log")


def last_entry(process: "subprocess.Popen[bytes]", tail: Tail, say: Callable[[str], None]) -> dict[str, Any]:
    """The last line of the profile; where it is neither result nor error, with `ended` (exit code) or `silent`."""
    last: dict[str, Any] = {}
    for line in tail.follow(process, PATIENCE_S):
        last = json.loads(line)
        say(str(last.get("step", "")))
        if last.keys() & {"found", "unfit", "failed"}:
            return last
    code = process.poll()
    return last | ({"silent": True} if code is None else {"ended": code})


def profile_or_error(last: dict[str, Any], source: str, log: Path) -> dict[str, Any]:
    """The profile from the survey's last line. CommandError with what went wrong."""
    if "found" in last:
        return dict(last["found"])
    if "unfit" in last:
        raise CommandError(Exit.USAGE, last["unfit"])
    step = last.get("step", "its start")
    if "failed" in last:
        raise CommandError(Exit.NOT_MEASURED, f"{source}: {last['failed']}. Its output: {log}")
    if "silent" in last:
        why = f"{step} had not ended after {PATIENCE_S:g} s"
        raise CommandError(
            Exit.NOT_MEASURED, f"{source}: {why}. Next: let it time out by itself, or give smaller tasks"
        )
    raise CommandError(
        Exit.NOT_MEASURED, f"{source}: its interpreter ended with {last['ended']} at {step}. Its output: {log}"
    )
