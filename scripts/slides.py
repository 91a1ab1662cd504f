"""`make slides`: a deck about a run, as PDF and pictures of 1920 × 1080, light and dark, as one HTML page and as PPTX.

One message a slide: its title is the result, every number comes from the run, and the small print says how to repeat
it. Text of charts is at least 32 pixels high, small print 24. HTML and PPTX have notes for the speaker.
"""

import re
import sys
from pathlib import Path

from scripts.deck.files import write_deck
from scripts.deck.slides import deck
from scripts.tables.load import load
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import exits_on_error
from scripts.util.paths import LATEST, writable


@exits_on_error
def main() -> None:
    """Draw the slides of the run that the command line names."""
    parser = command_parser("slides", __doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    parser.add_argument("--only", default="", help="slides by name, in this order: speedup,timeline,verdicts")
    chosen = parser.parse_args()
    run = load(writable(chosen.run))
    for path in write_deck(run, deck(run, [name for name in re.split(r"[\s,]+", chosen.only) if name])):
        print(path)
    sys.exit(0)


if __name__ == "__main__":
    main()
