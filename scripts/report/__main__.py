"""`make report`: draw the charts of a run again and write its report.html."""

import sys
from pathlib import Path

from scripts.report.report import draw_and_write
from scripts.tables.load import load
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import exits_on_error
from scripts.util.paths import LATEST, writable


@exits_on_error
def main() -> None:
    """Write the report of the run that the command line names."""
    parser = command_parser("report", __doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    print(draw_and_write(load(writable(parser.parse_args().run))))
    sys.exit(0)


if __name__ == "__main__":
    main()
