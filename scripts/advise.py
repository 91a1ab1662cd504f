"""`make advise`: which model, and how many at once, for work that you describe or that `make mine` has measured.

    make advise TASKS=5000 WAIT_MS=200 CPU_MS=3 CORES=8 GIL_RELEASED=0.5
    make advise RUN=results/runs/<id of a make mine>

A prediction, with an interval that held nine of ten held-back measurements (docs/advice.md). Its costs come from
the newest run of this machine under the same build of Python, otherwise from the reference run; the last line says so.
"""

import argparse
import sys
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from benchmarks.machine.capacity import usable_cores
from benchmarks.metadata.environment import python_of_blocks
from scripts.predict import cross_validation
from scripts.predict.from_profile import Mine, is_one, read
from scripts.predict.recommend import Question, Source, Task, advise
from scripts.predict.render import show
from scripts.predict.sources import best_source, source_named
from scripts.report.terminal import console
from scripts.tables.load import load
from scripts.tables.schema import read_environment
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.format import listed
from scripts.util.paths import LATEST, NEWEST_MINE

MB = 1e6
EXAMPLE = "Next: make advise TASKS=5000 WAIT_MS=200 CPU_MS=3"
UNBOUNDED = 1e6  # more tasks, or milliseconds, than anybody means


def amount(least: float, most: float = UNBOUNDED) -> Callable[[str], float]:
    """A number of a range, for argparse."""

    def read(text: str) -> float:
        value = float(text)
        if not (isfinite(value) and least <= value <= most):
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:,.0f}")
        return value

    read.__name__ = "number"  # as argparse calls it where the text is none
    return read


def whole_amount(text: str) -> int:
    """A count, for argparse."""
    value = amount(1)(text)
    if value != int(value):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(value)


whole_amount.__name__ = "number"


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("advise", __doc__)
    parser.add_argument("--tasks", type=whole_amount, help="how many there are")
    parser.add_argument("--wait-ms", type=amount(0), help="milliseconds that one waits for something else")
    parser.add_argument("--cpu-ms", type=amount(0), help="milliseconds that one computes, its client's CPU included")
    parser.add_argument("--gil-released", type=amount(0, 1), help="share of the computing that releases the GIL (0)")
    parser.add_argument("--cores", type=whole_amount, help="cores to compute on (default: those usable here)")
    parser.add_argument("--memory-mb", type=amount(1), help="memory to do it in (default: what is free here)")
    parser.add_argument("--task-mb", type=amount(0), help="memory that a task holds while it is under way (0)")
    parser.add_argument("--at-once", type=whole_amount, help="most tasks at once that your server or database allows")
    parser.add_argument("--run", type=Path, help="a run of make mine, or the run to take the costs from")
    parser.add_argument("--validate", type=Path, metavar="RUN", help="how far predictions of that run's cells are off")
    return parser.parse_args()


def refuse_unsaid(chosen: argparse.Namespace) -> None:
    """Stop when the command line does not describe a task that takes any time."""
    required = {"TASKS": chosen.tasks, "WAIT_MS": chosen.wait_ms, "CPU_MS": chosen.cpu_ms}
    if missing := [name for name, value in required.items() if value is None]:
        raise CommandError(
            Exit.USAGE, f"make advise does not know {listed(missing)}, and no run of make mine says. {EXAMPLE}"
        )
    if not chosen.wait_ms and not chosen.cpu_ms:
        raise CommandError(
            Exit.USAGE, f"a task that neither waits nor computes takes no time under any model. {EXAMPLE}"
        )


def by_hand(chosen: argparse.Namespace, source: Source) -> Question:
    """The question from the command line; memory and capacity are this machine's."""
    task = Task(chosen.wait_ms / 1e3, chosen.cpu_ms / 1e3)
    free = float(psutil.virtual_memory().available)
    return Question(chosen.tasks, {"blocking": task, "asyncio": task}, 1.0, capacity(source, usable_cores()), free)


def capacity(source: Source, cores: int) -> float:
    """The parallel capacity expected of `cores` cores, extrapolated from the measured machine."""
    measured = source.fit.machine
    return 1 + (cores - 1) * (measured.capacity - 1) / (measured.cores - 1) if measured.cores > 1 else float(cores)


def question_of(chosen: argparse.Namespace, source: Source, mine: Mine | None) -> Question:
    """The question: from a run of make mine where there is one, overridden by the command line."""
    described = mine.question(source) if mine else by_hand(chosen, source)
    return described.with_changes(
        tasks=chosen.tasks,
        wait_s=thousandth(chosen.wait_ms),
        cpu_s=thousandth(chosen.cpu_ms),
        gil_share=None if chosen.gil_released is None else 1 - chosen.gil_released,
        capacity=None if chosen.cores is None else capacity(source, chosen.cores),
        memory_bytes=None if chosen.memory_mb is None else chosen.memory_mb * MB,
        task_bytes=None if chosen.task_mb is None else chosen.task_mb * MB,
        at_once=chosen.at_once,
    )


def thousandth(value: float | None) -> float | None:
    """Milliseconds as seconds; None stays None."""
    return None if value is None else value / 1e3


def own_run(chosen: argparse.Namespace) -> Mine | None:
    """The run of make mine to use: the one named, or the newest where the command line is incomplete; or None."""
    described = None not in (chosen.tasks, chosen.wait_ms, chosen.cpu_ms)
    paths = [chosen.run] if chosen.run else [] if described else [NEWEST_MINE, LATEST]
    return next((read(path) for path in paths if is_one(path)), None)


def python_of(mine: Mine | None) -> dict[str, Any]:
    """The Python to advise for: the one that a run of make mine was measured under, else ours."""
    if mine and (mine.path / "environment.json").exists():
        return dict(read_environment(mine.path)["python"])
    return python_of_blocks()


def validate(path: Path, out: Console) -> None:
    """Print how far predictions of held-back cells were off."""
    validation = cross_validation.validation(load(path))
    if validation is None:
        raise CommandError(Exit.NOT_MEASURED, f"{path} has too few cells to hold some back. Next: make bench")
    out.print(cross_validation.markdown(validation), markup=False)
    sys.exit(Exit.OK if validation.meets_aims else Exit.NEGATIVE)


def answer(chosen: argparse.Namespace, out: Console) -> None:
    """Validate predictions, or print the advice."""
    if chosen.validate:
        validate(chosen.validate, out)
    mine = own_run(chosen)
    if mine is None:
        refuse_unsaid(chosen)
    source = source_named(chosen.run) if chosen.run and mine is None else best_source(python_of(mine))
    question, source = question_of(chosen, source, mine), mine.with_memory(source) if mine else source
    advice = advise(question, source)
    if advice is None:
        raise CommandError(
            Exit.USAGE, "no model fits into that memory. Next: more MEMORY_MB, less TASK_MB, or fewer TASKS"
        )
    show(question, source, advice, out)
    if mine:
        out.print(f"\n{mine.measured_text(advice.best.model, source.fit.models)}", markup=False)
    out.print(f"\nFrom {source.name}.", style="dim", markup=False)


@exits_on_error
def main() -> None:
    """Print advice, or exit with the problem."""
    answer(options(), console())
    sys.exit(Exit.OK)


if __name__ == "__main__":
    main()
