"""`python -m scripts.charts [RUN]`: draw the charts of a run again."""

import argparse
import sys
from pathlib import Path

from scripts.charts import draw_all
from scripts.dataset import LATEST, load
from scripts.exits import Stop


def main(arguments: list[str] | None = None) -> int:
    """Draw, and print the files written."""
    parser = argparse.ArgumentParser(prog="make charts", description="Draw the charts of a run again.")
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help="the folder of a run (%(default)s)")
    try:
        run = load(parser.parse_args(arguments).run)
    except Stop as stop:
        print(f"overlap: {stop}", file=sys.stderr)
        return stop.code
    for path in draw_all(run, run.path / "charts"):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
