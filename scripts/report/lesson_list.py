"""The lessons in docs/lessons, each a short program, and what each teaches: for `make lesson` and docs/pitfalls.md."""

import ast

from scripts.util.paths import HOUSE

LESSONS = HOUSE / "docs" / "lessons"


def names() -> list[str]:
    """The names of all lessons."""
    return sorted(file.stem for file in LESSONS.glob("*.py"))


def explanation(name: str) -> str:
    """The docstring of the lesson's file."""
    return ast.get_docstring(ast.parse((LESSONS / f"{name}.py").read_text())) or ""


def first_sentence(name: str) -> str:
    """The first line of the explanation: what the lesson teaches."""
    return explanation(name).splitlines()[0]


def markdown() -> str:
    """The list as the docs show it."""
    return "\n".join(f"- [`{name}`](lessons/{name}.py). {first_sentence(name)}" for name in names())
