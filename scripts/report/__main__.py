"""`make report`: draw the charts of a run again and write its report.html."""

import sys

from scripts.report.report import draw_and_write
from scripts.tables.load import load
from scripts.util.commands import run_parser
from scripts.util.exit_codes import exits_on_error
from scripts.util.paths import writable


@exits_on_error
def main() -> None:
    """Write the report of the run that the command line names."""
    print(draw_and_write(load(writable(run_parser("report", __doc__).parse_args().run))))
    sys.exit(0)


if __name__ == "__main__":
    main()
