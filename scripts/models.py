"""`make models`: every model there is, what it is, and whether it runs here or why not."""

import ast
import sys

from benchmarks.models import NAMES, needs, source
from scripts.analysis.model_order import order


def is_what(name: str) -> str:
    """The first sentence of the model's file, without its full stop."""
    return (ast.get_docstring(source(name)) or "").split(".\n")[0].replace("\n", " ").removesuffix(".")


def asks_for(name: str) -> str:
    """What must be installed for it."""
    said = needs(name)
    python = "" if said.python == type(said)().python else f"Python {'.'.join(map(str, said.python))}"
    return ", ".join(filter(None, [said.package, python]))


def markdown() -> str:
    """The models as the README shows them: the same on every machine."""
    rows = [f"| [`{name}`](benchmarks/models/{name}.py) | {is_what(name)} | {asks_for(name)} |" for name in ordered()]
    return "\n".join(["| model | what it is | needs |", "| --- | --- | --- |", *rows])


def ordered() -> list[str]:
    """The models' names, the classical four first."""
    return sorted(NAMES, key=order)


def main() -> None:
    """Print a line for each."""
    for name in ordered():
        print(f"{name:20}{needs(name).unavailable_reason() or 'runs here':42}{is_what(name)}")
    sys.exit(0)


if __name__ == "__main__":
    main()
