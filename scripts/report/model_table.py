"""What each model is and needs, read from its own file: for `make models`, docs/models.md and docs/which-model.md."""

import ast

from benchmarks.models import NAMES, Requirements, needs, source
from scripts.analysis.model_order import order


def ordered() -> list[str]:
    """The models' names, the classical four first."""
    return sorted(NAMES, key=order)


def description(name: str) -> str:
    """The first sentence of the model's file, without its full stop."""
    return (ast.get_docstring(source(name)) or "").split(".\n")[0].replace("\n", " ").removesuffix(".")


def requirements_text(name: str) -> str:
    """The package and the version of Python that the model needs, as in `distributed` or `Python 3.14`."""
    required = needs(name)
    python = "" if required.python == Requirements().python else f"Python {'.'.join(map(str, required.python))}"
    return ", ".join(filter(None, [required.package, python]))


def markdown() -> str:
    """The models as docs/models.md shows them: the same on every machine."""
    rows = [
        f"| [`{name}`](../benchmarks/models/{name}.py) | {description(name)} | {requirements_text(name)} |"
        for name in ordered()
    ]
    return "\n".join(["| model | what it is | needs |", "| --- | --- | --- |", *rows])
