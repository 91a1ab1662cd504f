"""`make slides`: a deck about a run, as PDF and pictures of 1920 × 1080, light and dark, as one HTML page and as PPTX.

One message a slide: its title is the result, every number comes from the run, and the small print says how to repeat
it. Text of charts is at least 32 pixels high, small print 24. HTML and PPTX have notes for the speaker.
"""

import re
import sys

from scripts.deck.files import write_deck
from scripts.deck.slides import deck
from scripts.tables.load import load
from scripts.util.commands import run_parser
from scripts.util.exit_codes import exits_on_error
from scripts.util.paths import writable


@exits_on_error
def main() -> None:
    """Draw the slides of the run that the command line names."""
    parser = run_parser("slides", __doc__)
    parser.add_argument("--only", default="", help="slides by name, in this order: speedup,timeline,verdicts")
    chosen = parser.parse_args()
    run = load(writable(chosen.run))
    for path in write_deck(run, deck(run, [name for name in re.split(r"[\s,]+", chosen.only) if name])):
        print(path)
    sys.exit(0)


if __name__ == "__main__":
    main()
