"""Two revisions, or two versions of a library, of the same work: is it faster, slower, or can nothing be told?

    overlap ab --base main -- work.py                      # HEAD against main
    overlap ab --base v1.2 --head . -- work.py             # the folder as it is against a tag
    overlap ab --base httpx==0.27 --head httpx==0.28 -- work.py
    overlap ab --base path/to/venv --head path/to/other -- work.py

Each side has an environment of its own, in a temporary folder; your repository and environments stay as they are. The
work is a file as `overlap mine` takes it: TASKS and work(task), awork(task), or both.

Exit 1 when a model got worse by more than --threshold, 3 when nothing could be measured.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from benchmarks.models import NAMES
from scripts.analysis.revisions import THRESHOLD, changes
from scripts.report.progress import Live
from scripts.report.revisions import SCHEMA_FILE, Outcome, markdown, show, write
from scripts.report.terminal import console
from scripts.revisions.measurement import (
    EXPERIMENT,
    PER_TURN,
    answers_differ,
    collect,
    disturbed_share,
    measure,
    order,
    plan,
    survey_side,
    write_surveys,
)
from scripts.revisions.quiet import Patience, duration_s
from scripts.revisions.sides import Request, Side, check, make_side
from scripts.run.lifecycle import interrupt_on_signals, make_plan, new_folder, new_run, running
from scripts.tables.schema import read_environment
from scripts.util.commands import parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.paths import RESULTS
from scripts.util.processes import temporary_folder
from scripts.util.unknown_names import check_names

TURNS = 10
CONCURRENCY = 10
MODELS = ("sequential", "threads", "asyncio")
RESULT = "ab.json"


def options() -> argparse.Namespace:
    """Parse the command line."""
    read = parser("ab", __doc__)
    read.add_argument("work", nargs="?", default="", help="path/to/file.py, and perhaps :function")
    read.add_argument("--base", default="", help="a revision, package==version, or an environment's folder")
    read.add_argument("--head", default="", help="the same (default: HEAD for a revision, else the folder as it is)")
    read.add_argument("--models", default=" ".join(MODELS), help="models to measure (default: %(default)s)")
    read.add_argument("--blocks", type=int, default=TURNS, help="turns of four interpreters (default %(default)s)")
    read.add_argument("--concurrency", type=int, default=CONCURRENCY, help="tasks in flight (default %(default)s)")
    read.add_argument("--threshold", type=share, default=THRESHOLD, help="worse by more fails: 5%% (default) or 0.05")
    read.add_argument("--with", dest="extra", action="append", default=[], help="a requirement of both sides")
    read.add_argument("--python", default="", help="the interpreter of both sides (default: the active environment's)")
    read.add_argument("--same-work", action="store_true", help="use the work's file as it is now on both sides")
    read.add_argument("--wait-quiet", type=duration, default=0.0, help="wait up to 10m while others use the machine")
    read.add_argument("--seed", type=int, help="seed of the turns (default: drawn)")
    read.add_argument("--json", type=Path, help="also write the comparison to this file")
    read.add_argument("--summary", choices=["text", "markdown"], default="text", help="how to print it")
    read.add_argument("--schema", action="store_true", help="print the JSON schema of --json, and end")
    return read.parse_args()


def share(text: str) -> float:
    """A share from `5%` or `0.05`, for argparse."""
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100 %")
    return value


def duration(text: str) -> float:
    """Seconds, for argparse."""
    try:
        return duration_s(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def requests(chosen: argparse.Namespace) -> list[Request]:
    """The requests of the two sides. CommandError when they make no sense."""
    if not chosen.base or not chosen.work:
        missing = "--base" if not chosen.base else "the file with your work"
        raise CommandError(Exit.USAGE, f"{missing} is missing. Example: overlap ab --base main -- work.py")
    if chosen.blocks < 2 or chosen.concurrency < 1:
        raise CommandError(Exit.USAGE, "--blocks needs 2 or more, --concurrency 1 or more. Next: overlap ab --help")
    place, _, function = chosen.work.partition(":")
    work = Path(place).resolve()
    if not place.endswith(".py") or not work.parent.is_dir():
        raise CommandError(Exit.USAGE, f"{place} is no Python file. Next: overlap ab --base main -- work.py")
    pair = [
        Request(name, text, work, function, chosen.python, tuple(chosen.extra), chosen.same_work)
        for name, text in (("base", chosen.base), ("head", chosen.head))
    ]
    return check(pair)


def models_of(text: str) -> list[str]:
    """The models that --models names, each once; MODELS without any. CommandError when one is no model."""
    names = text.replace(",", " ").split() or list(MODELS)
    check_names(names, NAMES, "model", "overlap models", option="--models")
    return list(dict.fromkeys(names))


def compare(chosen: argparse.Namespace, pair: list[Request], run: Path) -> Outcome:
    """Make both sides, look at them, measure them in turns, and conclude."""
    models, say = models_of(chosen.models), console(stderr=True)
    with temporary_folder():
        folder = Path(os.environ["TMPDIR"])
        sides = dict[str, Side]()
        for one in pair:
            say.print(f"{one.name}: an environment for {one.source} …", markup=False, highlight=False)
            (folder / one.name).mkdir()
            sides[one.name] = make_side(one, folder / one.name)
        blocks = make_plan(EXPERIMENT, PER_TURN * chosen.blocks, chosen.seed)
        new_run(run, blocks, revisions={name: side.label for name, side in sides.items()})
        surveys = {name: survey_side(side, models, run) for name, side in sides.items()}
        cells = plan(surveys, models, chosen.concurrency)
        write_surveys(run, surveys, cells)
        sequence, live = order(chosen.blocks, blocks["seed"]), Live(say, blocks["blocks"])
        patience, began = Patience(chosen.wait_quiet), time.monotonic()

        def begin(number: int, name: str) -> None:
            left_s = (time.monotonic() - began) / number * (len(sequence) - number) if number else None
            live.begin_block(number, left_s, name)

        with live.bar:
            measure(run, sides, sequence, blocks["seed"], patience, begin, live.update)
    outcome = changes(collect(run, sequence, cells, blocks["seed"]), chosen.threshold)
    machine = read_environment(run)["machine"]
    return Outcome(
        chosen.work,
        {name: side.label for name, side in sides.items()},
        {name: side.packages for name, side in sides.items()},
        outcome,
        chosen.blocks,
        cells[0]["tasks"],
        chosen.threshold,
        disturbed_share(run, len(sequence), blocks["seed"]),
        patience.waited_s,
        answers_differ(surveys),
        {name: why for survey in surveys.values() for name, why in survey["unfit"].items()},
        {name: machine.get(name) for name in ("cpu", "cores_usable", "memory_bytes")},
    )


def code(outcome: Outcome) -> Exit:
    """The exit code: NEGATIVE when a model got worse, NOT_MEASURED when nothing was concluded, otherwise OK."""
    if outcome.worse:
        return Exit.NEGATIVE
    return Exit.OK if outcome.measured else Exit.NOT_MEASURED


@exits_on_error
def main() -> None:
    """Compare, print the result, and exit with its code."""
    interrupt_on_signals()
    chosen = options()
    if chosen.schema:
        print(SCHEMA_FILE.read_text(), end="")
        sys.exit(Exit.OK)
    run = new_folder(RESULTS / "ab")
    pair = requests(chosen)
    with running(run, "overlap ab"):
        outcome = compare(chosen, pair, run)
    write(run / RESULT, outcome)
    if chosen.json:
        shutil.copy(run / RESULT, chosen.json)
    if chosen.summary == "markdown":
        print(markdown(outcome))
    else:
        show(outcome, console())
    print(f"\nRaw data: {run}", file=sys.stderr)
    sys.exit(code(outcome))


if __name__ == "__main__":
    main()
