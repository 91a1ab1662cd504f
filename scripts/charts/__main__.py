"""`python -m scripts.charts [RUN]`: draw the charts of a run again."""

import sys

from scripts.charts import draw_all
from scripts.charts.lib.theme import DARKS, THEMES
from scripts.tables.load import load
from scripts.util.commands import in_program_form, run_parser
from scripts.util.exit_codes import CommandError
from scripts.util.paths import writable
from servers.subprocesses import exit_with_parent


def main(arguments: list[str] | None = None) -> int:
    """Draw, and print the files written."""
    parser = run_parser("charts", "Draw the charts of a run again.")
    parser.add_argument("--dark", action="store_true", help="only those on dark paper")
    parser.add_argument("--supervised", action="store_true", help="end with the parent that holds our standard input")
    chosen = parser.parse_args(arguments)
    if chosen.supervised:
        exit_with_parent()
    try:
        run = load(writable(chosen.run))
    except CommandError as stop:
        print(f"overlap: {in_program_form(str(stop))}", file=sys.stderr)
        return stop.code
    for path in draw_all(run, run.path / "charts", themes=DARKS if chosen.dark else THEMES):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
