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
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.models import NAMES
from scripts.report import work_document
from scripts.report.terminal import console, show
from scripts.run import users_python
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
from scripts.run.work_profile import EXAMPLE, source_of, survey
from scripts.tables.load import Run, load, write_tables
from scripts.tables.schema import read_environment
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.format import shortened
from scripts.util.paths import NEWEST_MINE
from scripts.util.processes import temporary_folder
from scripts.util.unknown_names import check_names
from scripts.verdict import expectations
from scripts.verdict.evaluate import Finding

QUICK_BLOCKS = 2  # no verdict takes fewer than six: ranges, soon


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


def models_of(text: str) -> str:
    """The models that MODELS names, sequential first; empty without any. CommandError when one is no model."""
    check_names(text.split(), NAMES, "model", "make models", option="MODELS")
    return " ".join(dict.fromkeys(["sequential", *text.split()])) if text else ""


def new_profile(run: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Make the run's folder, profile the work that the command line names, and keep the profile. CommandError."""
    source, models = source_of(chosen.work, chosen.project), models_of(chosen.models)
    default = QUICK_BLOCKS if chosen.quick else BLOCKS
    blocks = default if chosen.blocks is None else chosen.blocks
    plan = make_plan("user_work", blocks, chosen.seed, quick=chosen.quick)
    path = users_python.interpreter_path(chosen.python, chosen.project) if chosen.python else sys.executable
    python = users_python.prepare(path) if chosen.python else None
    new_run(run, plan | ({"python": python.path} if python else {}), **(python.description() if python else {}))
    file = run / work_document.SURVEY
    file.write_text(json.dumps({"work": {"source": source}}))  # for the fork servers of the profile
    os.environ |= {"OVERLAP_MINE": str(file.resolve()), "OVERLAP_PROJECT": str(chosen.project.resolve())}
    if python:
        os.environ.update(python.variables())
        python.calibrate(run / "pace.json")
    more = ["--quick"] if chosen.quick else []
    with temporary_folder():
        profile = survey(run, source, models, plan["blocks"], step_display(), *more, python=path)
    with atomic_write(file) as kept:
        kept.write_text(json.dumps(profile, indent=1))
    return profile


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


def resumed_profile(run: Path) -> dict[str, Any]:
    """The profile of an interrupted run. CommandError when it was measured elsewhere, or is no such run."""
    if not (profile := work_document.survey_of(run)) or "cells" not in profile:
        raise CommandError(Exit.USAGE, f"{run} is no run of your own work that can be resumed. {EXAMPLE}")
    resume_run(run)
    os.environ["OVERLAP_MINE"] = str((run / work_document.SURVEY).resolve())
    if python := read_environment(run)["plan"].get("python"):
        os.environ.update(users_python.prepare(python).variables())
    return profile


def mine(chosen: argparse.Namespace, run: Path) -> list[Finding]:
    """Profile, measure, answer, and only then draw: charts and report take seconds. CommandError."""
    expectations_given = expectations.lines(chosen.expect)
    expectations.check(expectations_given)
    with running(run, "make mine", resumed=bool(chosen.resume)):
        profile = resumed_profile(run) if chosen.resume else new_profile(run, chosen)
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
