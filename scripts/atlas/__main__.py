"""`make atlas`: claims over many machines, from the files that `make share` writes.

make atlas                         # your own, and those of the reference
make atlas FROM=folder             # every *.overlap.json below it
make atlas FROM="one.overlap.json two.overlap.json"
make atlas FROM=folder WATCH=1     # again whenever a file arrives; Ctrl-C ends it
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from scripts.atlas.collect import POLL_S, Collection, collect, fingerprint
from scripts.atlas.document import write
from scripts.report.terminal import console
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.paths import ATLAS, REFERENCE_SHARES, SHARES

MOST_SHOWN = 20  # files that were left out, named on the terminal; the page has all


def options() -> argparse.Namespace:
    """The command line."""
    parser = command_parser("atlas", __doc__)
    parser.add_argument(
        "places", nargs="*", type=Path, help=f"shares, or folders of them (default {SHARES} and the reference's)"
    )
    parser.add_argument("--out", type=Path, default=ATLAS, help=f"folder to write into (default {ATLAS})")
    parser.add_argument("--watch", action="store_true", help="make it again whenever a file arrives or changes")
    return parser.parse_args()


def collect_and_write(places: Sequence[Path], out: Path) -> tuple[Collection, dict[str, Any]]:
    """Collect and write. Raises CommandError without a usable share."""
    for place in places:
        if not place.exists():
            raise CommandError(Exit.USAGE, f"{place}: there is no such file or folder. Example: make atlas FROM=folder")
    collection = collect(places)
    if not collection.entries:
        reasons = "".join(f"\n  {one.path}: {one.reason}" for one in collection.left_out[:MOST_SHOWN])
        where = ", ".join(map(str, places)) or SHARES
        raise CommandError(Exit.BAD_DATA, f"no usable share in {where}. Next: make share{reasons}")
    return collection, write(collection, out)


def show(collection: Collection, document: dict[str, Any], out: Console) -> None:
    """Print the claims that are told apart or disagree, and what was left out."""
    machines, conditions = len(collection.machines), len(collection.conditions)
    out.print(f"{machines} machines and {conditions} conditions; {len(collection.left_out)} files left out.")
    for claim in document["claims"]:
        sentence = "; ".join(filter(None, [claim["sentence"], claim["moderator"]]))
        out.print(f"  [bold]{escape(claim['id'])}[/]: {escape(sentence)}", highlight=False)
    for difference in collection.differences:
        out.print(f"  {difference}", highlight=False)
    for one in collection.left_out[:MOST_SHOWN]:
        out.print(f"  left out: {escape(one.path.name)}: {escape(one.reason)}", highlight=False)
    if (more := len(collection.left_out) - MOST_SHOWN) > 0:
        out.print(f"  left out: {more} more, listed on the page")


def watch(places: Sequence[Path], renew: Callable[[], None], pause: Callable[[float], None] = time.sleep) -> None:
    """Call `renew` now and whenever the files change, until interrupted."""
    previous: frozenset[tuple[str, int, int]] | None = None
    while True:
        if (now := fingerprint(places)) != previous:
            previous = now
            renew()
        pause(POLL_S)


def main() -> None:
    """Make the atlas once, or on every change of its files."""
    chosen, out = options(), console()
    places = chosen.places or [place for place in (REFERENCE_SHARES, SHARES) if place.exists()]

    def renew() -> None:
        show(*collect_and_write(places, chosen.out), out)
        out.print(f"Page: {chosen.out / 'index.html'}  Tables: {chosen.out}/atlas.json, {chosen.out}/atlas.csv")

    try:
        watch(places, lambda: wait_for_share(renew)) if chosen.watch else renew()
    except CommandError as problem:
        leave(problem)
    except KeyboardInterrupt:
        sys.exit(Exit.OK if chosen.watch else Exit.INTERRUPTED)
    sys.exit(Exit.OK)


def wait_for_share(renew: Callable[[], None]) -> None:
    """Renew, and wait for the first usable share where there is none yet."""
    try:
        renew()
    except CommandError as problem:
        print(f"overlap: {problem}; waiting for files", file=sys.stderr)


if __name__ == "__main__":
    main()
