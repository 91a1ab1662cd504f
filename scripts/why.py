"""`make why`: where the time of cells goes, as a sum that closes: waiting as asked, the server, the network, …

    make why ONLY="network and threads and c50"
    make why WORK=path/to/file.py          # your own work
    make why RUN=results/latest            # the quick cells, kept with that run, its charts and its report

Each cell gets rounds of its own, which count for nothing else; half of them run as usual, so that what the look itself
costs is known. Then the lines that held the loop, the GIL or a lock, if any did.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.models import NAMES
from scripts.analysis.attribution import CLOSES, FILE, Attribution, legend, read
from scripts.run.block import environment
from scripts.run.explanation import EXAMPLE, HEADLINE, explain, write_entries
from scripts.run.guards import exclusive_lock, readable_errors
from scripts.run.lifecycle import interrupt_on_signals
from scripts.run.preflight import check_measurable, check_selection, raise_file_limit
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.format import last_line, percent
from scripts.util.processes import temporary_folder
from scripts.util.unknown_names import check_names

NO_TWIN = "not twin"  # the second copy of a cell has nothing else to say
MOST_CELLS = 60  # an hour; more were not meant


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("why", __doc__)
    parser.add_argument("work", nargs="?", default="", help="your own work: path/to/file.py, and perhaps :function")
    parser.add_argument("--only", default="", help="cells by name: 'network and threads and c50'")
    parser.add_argument(
        "--models", default="", help="of your own work (default: threads and asyncio, where the file has their form)"
    )
    parser.add_argument("--concurrency", type=int, default=10, help="of your own work (default %(default)s)")
    parser.add_argument("--run", type=Path, help="keep it with this run, and draw its charts and report again")
    parser.add_argument("--json", type=Path, help="also write it to this file")
    return parser.parse_args()


def selection(chosen: argparse.Namespace) -> str:
    """The ONLY expression of the cells to explain. CommandError when it selects none that is timed, or too many."""
    only = chosen.only or (HEADLINE if chosen.run else "")
    if not only:
        raise CommandError(Exit.USAGE, f"ONLY is missing: which cells? {EXAMPLE}")
    cells = [cell for cell in check_selection(only, f"({only}) and {NO_TWIN}") if not cell.metrics]
    if not cells:
        raise CommandError(Exit.USAGE, f"ONLY={only!r} selects only probes, which have no rounds to explain. {EXAMPLE}")
    if len(cells) > MOST_CELLS:
        raise CommandError(Exit.USAGE, f"ONLY={only!r} selects {len(cells)} cells, an hour of rounds. {EXAMPLE}")
    check_measurable(cells)
    return f"({only}) and {NO_TWIN}"


def own_work(chosen: argparse.Namespace) -> str:
    """Plan the cells of a user's file, and tell the experiments of it. CommandError when it cannot be used."""
    place, colon, name = chosen.work.partition(":")
    if place.endswith(".py"):
        if not Path(place).is_file():
            raise CommandError(Exit.USAGE, f"there is no file {place}. {EXAMPLE}")
        place = str(Path(place).resolve())
    check_names(chosen.models.split(), NAMES, "model", "make models", option="MODELS")
    command = [sys.executable, "-P", "-m", "benchmarks.attribution.own_work", f"{place}{colon}{name}"]
    command += [f"--models={chosen.models}", f"--concurrency={chosen.concurrency}"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment())
    if done.returncode:
        raise CommandError(Exit.NOT_MEASURED, f"{chosen.work}: {last_line(done.stderr)}")
    plan = json.loads(done.stdout.splitlines()[-1])
    if "unusable" in plan:
        raise CommandError(Exit.USAGE, plan["unusable"])
    file = Path(tempfile.gettempdir()) / "survey.json"
    file.write_text(json.dumps(plan))
    os.environ["OVERLAP_MINE"] = str(file)
    return "user_work"


def show(entry: dict[str, Any]) -> None:
    """Print a cell: its bar, its sum, the caveat, and the lines that held the loop, the GIL or a lock."""
    print(f"\n{entry['cell']}")
    if "reason" in entry:
        print(f"  not explained: {entry['reason']}")
        return
    cell = Attribution.of(entry)
    print(f"  [{cell.bar()}]\n  {cell.sentence()}\n  {cell.caveat()}")
    for sentence in cell.holder_sentences():
        print(f"  {sentence}")
    sys.stdout.flush()


def explain_cells(chosen: argparse.Namespace) -> None:
    """Explain the cells, and keep what was asked to be kept. CommandError."""
    with readable_errors(verb="make why"), exclusive_lock(), temporary_folder():
        raise_file_limit()
        only = own_work(chosen) if chosen.work else selection(chosen)
        entries = explain(only, show)
    print(f"\nbars: {legend()}\n{closing(entries)}")
    for path in filter(None, [chosen.json, chosen.run and chosen.run / FILE]):
        write_entries(path, entries)
        read(path)
    if chosen.run:
        from scripts.report.report import draw_and_write
        from scripts.tables.load import load

        print(f"report: {draw_and_write(load(chosen.run))}")
    if all("reason" in entry for entry in entries):
        raise CommandError(Exit.NOT_MEASURED, f"{entries[0]['cell']}: {entries[0]['reason']}")


def closing(entries: list[dict[str, Any]]) -> str:
    """The number of cells whose sum closes, in words."""
    cells = [Attribution.of(entry) for entry in entries if "reason" not in entry]
    closed = sum(cell.closes for cell in cells)
    return f"{closed} of {len(cells)} sums close: at most {percent(CLOSES)} of the time is unattributed"


@exits_on_error
def main() -> None:
    """Explain what the command line names."""
    interrupt_on_signals()
    explain_cells(options())


if __name__ == "__main__":
    main()
