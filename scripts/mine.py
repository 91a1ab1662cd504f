"""`make mine WORK=path/to/file.py`: measure your own work under the models that fit, and say what was learned.

    make mine WORK=docs/examples/thumbnails.py
    make mine WORK=package.module:function          # as Python would import it
    make mine WORK=… MODELS="threads asyncio pool"  # these, and sequential beside them
    make mine WORK=… EXPECT="asyncio at least 5x sequential"
    make mine WORK=… PYTHON=path/to/venv/bin/python  # in your environment, with your packages
    make mine WORK=… QUICK=1                         # a first answer within half a minute: ranges only

First a profile, in interpreters of its own, then blocks as of any other run. Exit 1 when an expectation (EXPECT, or a
list of that name in the file) is refuted, 3 when one could not be established.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from benchmarks.models import NAMES
from scripts.report import work_document
from scripts.report.terminal import console, show
from scripts.run import users_python
from scripts.run.block import POLL_S, environment
from scripts.run.lifecycle import (
    BLOCKS,
    interrupt_on_signals,
    link_newest,
    make_plan,
    measure,
    new_folder,
    new_run,
    resume_run,
    running,
)
from scripts.tables.load import Run, load, write_tables
from scripts.tables.schema import read_environment
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.format import shortened
from scripts.util.paths import NEWEST_MINE
from scripts.util.processes import end_session, temporary_folder
from scripts.verdict import expectations
from scripts.verdict.evaluate import Finding
from scripts.verdict.fields import nearest

PATIENCE_S = 120.0  # with one step of the profile; a model that hangs is ended, and named, long before
QUICK_BLOCKS = 2  # no verdict takes fewer than six: ranges, soon
HOW = "Next: make mine WORK=path/to/file.py (docs/your-own-work.md has examples)"


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("mine", __doc__)
    parser.add_argument("work", nargs="?", default="", help="path/to/file.py or package.module, and perhaps :function")
    parser.add_argument(
        "--models", default="", help="models to measure beside sequential (default: up to nine that fit)"
    )
    parser.add_argument("--expect", default="", help="what must hold, separated by semicolons")
    parser.add_argument("--blocks", type=int, help=f"fresh interpreters (default {BLOCKS}; quick {QUICK_BLOCKS})")
    parser.add_argument("--quick", action="store_true", help="a first answer within half a minute: ranges only")
    parser.add_argument("--python", default="", help="the interpreter to measure in (default: Overlap's own)")
    parser.add_argument("--project", type=Path, default=Path(), help="folder that WORK and PYTHON are relative to")
    parser.add_argument("--seed", type=int, help="seed of the order of cells (default: drawn)")
    parser.add_argument("--resume", type=Path, help="resume an interrupted run: its folder")
    parser.add_argument("--json", type=Path, help="also write the comparison to this file")
    return parser.parse_args()


def source_of(work: str, project: Path = Path()) -> str:
    """WORK with a whole path, which means the same wherever a process works. Stop when there is no such file.

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


def models_of(text: str) -> str:
    """The models that were asked for, and sequential. Stop when one is no model."""
    for name in text.split():
        if name not in NAMES:
            raise CommandError(
                Exit.USAGE, f"MODELS: no model is called {name!r}{nearest(name, NAMES)}. Next: make models"
            )
    return " ".join(dict.fromkeys(["sequential", *text.split()])) if text else ""


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
        raise CommandError(Exit.NOT_MEASURED, f"{source}: {last['failed']}. Its output: {log}")
    if "silent" in last:
        why = f"{step} had not ended after {PATIENCE_S:g} s"
        raise CommandError(
            Exit.NOT_MEASURED, f"{source}: {why}. Next: let it time out by itself, or give smaller tasks"
        )
    raise CommandError(
        Exit.NOT_MEASURED, f"{source}: its interpreter ended with {last['ended']} at {step}. Its output: {log}"
    )


def prepare(run: Path, source: str, chosen: argparse.Namespace, models: str) -> dict[str, Any]:
    """Make the run's folder, profile the work, and keep the profile. CommandError."""
    python = users_python.prepare(users_python.located(chosen.python, chosen.project)) if chosen.python else None
    plan = make_plan("user_work", blocks_of(chosen), chosen.seed, quick=chosen.quick)
    new_run(run, plan | ({"python": python.path} if python else {}), **(python.description() if python else {}))
    file = run / work_document.SURVEY
    file.write_text(json.dumps({"work": {"source": source}}))  # for the fork servers of the profile
    os.environ |= {"OVERLAP_MINE": str(file.resolve()), "OVERLAP_PROJECT": str(chosen.project.resolve())}
    if python:
        os.environ.update(python.variables())
        python.calibrate(run / "pace.json")
    more = ["--quick"] if chosen.quick else []
    with temporary_folder():
        path = python.path if python else sys.executable
        profile = survey(run, source, models, plan["blocks"], step_display(), *more, python=path)
    with atomic_write(file) as kept:
        kept.write_text(json.dumps(profile, indent=1))
    return profile


def blocks_of(chosen: argparse.Namespace) -> int:
    """The number of blocks: from the command line, or the default."""
    return int(chosen.blocks or (QUICK_BLOCKS if chosen.quick else BLOCKS))


def step_display() -> Callable[[str], None]:
    """A function that shows the step of the profile in one line of a terminal."""
    out = console(stderr=True)
    if not out.is_terminal:
        out.print("Profiling your work first: what a task does, and how many in flight still gain.")
        return lambda step: None
    status = out.status("profiling your work")
    status.start()
    width = out.width - len("⠋ profiling: ") - 1

    def say(step: str) -> None:
        if step:
            status.update(f"profiling: {shortened(step, width)}")
        else:
            status.stop()

    return say


def write_answers(run: Path, profile: dict[str, Any], expected: list[str]) -> tuple[Run, list[Finding]]:
    """Write the tables and the comparison, print them, and link the run as the newest."""
    loaded = load(run)
    write_tables(loaded)
    verdicts = expectations.findings(loaded, expected)
    work_document.write(run, work_document.document(loaded, profile, verdicts))
    link_newest(NEWEST_MINE, run)
    out = console()
    show(loaded, out)
    for sentence in work_document.comparison_sentences(run):
        out.print(f"\n{sentence}", markup=False)
    sys.stdout.flush()
    return loaded, verdicts


def old_survey(run: Path) -> dict[str, Any]:
    """The profile of an interrupted run. CommandError when it was measured elsewhere, or is no such run."""
    if not (profile := work_document.survey_of(run)) or "cells" not in profile:
        raise CommandError(Exit.USAGE, f"{run} is no run of your own work that can be resumed. {HOW}")
    resume_run(run)
    os.environ["OVERLAP_MINE"] = str((run / work_document.SURVEY).resolve())
    if python := read_environment(run)["plan"].get("python"):
        os.environ.update(users_python.prepare(python).variables())
    return profile


def new_survey(run: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Profile the work that the command line names. CommandError."""
    source, models = source_of(chosen.work, chosen.project), models_of(chosen.models)
    if chosen.blocks is not None and chosen.blocks < 1:
        raise CommandError(
            Exit.USAGE, f"BLOCKS={chosen.blocks}: at least one block is needed. Next: make mine WORK=… BLOCKS=6"
        )
    return prepare(run, source, chosen, models)


def mine(chosen: argparse.Namespace, run: Path) -> list[Finding]:
    """Look, measure, answer, and only then draw: charts and report take seconds. Stop."""
    expectations_given = expectations.lines(chosen.expect)
    expectations.check(expectations_given)
    with running(run, "make mine", resumed=bool(chosen.resume)):
        profile = old_survey(run) if chosen.resume else new_survey(run, chosen)
        models = sorted({cell["model"] for cell in profile["cells"]})
        own = profile["work"]["expect"]
        expectations.check(own)
        expectations_given += expectations.about_models(own, models) if chosen.models or chosen.resume else own
        expectations.check(expectations_given, models)
        if unasked := set(own) - set(expectations_given):
            console(stderr=True).print("left out, its model is not in MODELS: " + "; ".join(unasked), markup=False)
        for sentence in [*work_document.learned(profile), profile["size"]["sentence"]]:
            console(stderr=True).print(sentence, markup=False)
        measure(run)
        loaded, verdicts = write_answers(run, profile, expectations_given)
        if chosen.json:
            shutil.copy(run / work_document.COMPARISON, chosen.json)
        from scripts.report.report import draw_and_write  # whose libraries take a second to import

        draw_and_write(loaded, lambda _: None)
        return verdicts


@exits_on_error
def main() -> None:
    """Measure, print the answer, and exit with the verdict on the expectations."""
    interrupt_on_signals()
    chosen = options()
    run: Path = chosen.resume or new_folder()
    verdicts = mine(chosen, run)
    print(f"\nComparison: {run}/{work_document.COMPARISON}  Report: {run}/report.html", file=sys.stderr)
    sys.exit(expectations.code(verdicts))


if __name__ == "__main__":
    main()
