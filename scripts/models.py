"""`make models`: every model there is, what it is, and whether it runs here or why not."""

import sys

from benchmarks.models import needs
from scripts.report.model_table import description, ordered
from scripts.util.commands import parser


def main() -> None:
    """Print a line for each model."""
    parser("models", __doc__).parse_args()
    for name in ordered():
        print(f"{name:20}{needs(name).unavailable_reason() or 'runs here':42}{description(name)}")
    sys.exit(0)


if __name__ == "__main__":
    main()
