"""ONLY: which cells are measured, said with their names, `and`, `or`, `not` and brackets.

Names are whole words, so that "io" is not "asyncio". (Rejected: pytest's `-k`, which looks for parts of words.)
"""

import re
from difflib import get_close_matches

from benchmarks.core import renamed
from benchmarks.core.cell import Cell

WORD = r"[\w-]+"
JOINING = ("and", "or", "not")
CALLED_OR_EMPTY = r"(?:True|False|\))\s*\(|\(\s*\)"  # Python has a meaning for these, and we have none
ALIKE = 0.5  # less alike than that, a name is not what somebody meant
EVERY_NAME = "?"
LONGEST_NAME = 80  # to look for what is near takes time that grows with the square


def check(only: str, known: set[str]) -> None:
    """ValueError for a name that no cell has, or for what is no expression of names."""
    if only.strip() == EVERY_NAME:
        raise ValueError(f"ONLY takes these names, joined by and, or, not: {', '.join(sorted(known))}")
    for name in re.findall(WORD, only):
        if name not in known.union(JOINING):
            if hint := renamed.hint(name):
                raise ValueError(f"ONLY: {hint}. Next: make bench ONLY={renamed.LABELS.get(name, name)}")
            raise ValueError(f"ONLY: no cell is called {name!r:.90}{nearest(name, known)}")
    try:
        selects(only, known)
    except SyntaxError:
        example = "http and (threads or asyncio)"
        raise ValueError(f"ONLY={only!r:.200} is no expression. Next: write it like ONLY={example!r}") from None


def nearest(name: str, known: set[str]) -> str:
    """The end of an error about an unknown name: what was meant, or where all names are."""
    near = get_close_matches(name[:LONGEST_NAME], known, 1, ALIKE)
    meant = f"; the nearest name is {near[0]!r}. Next: make bench ONLY={near[0]}, or" if near else ". Next:"
    return f"{meant} make bench ONLY='{EVERY_NAME}' for all names"


def chosen(only: str, cell: Cell) -> bool:
    """Whether ONLY selects the cell; one on request must have its experiment named, or the group of experiments."""
    only = renamed.expression(only)
    opted_in = not cell.opt_in or not {cell.experiment, cell.group}.isdisjoint(re.findall(WORD, only))
    return opted_in and selects(only, cell.labels())


def selects(only: str, names: set[str]) -> bool:
    """Whether the expression holds for a cell of these names; the empty one holds for all. SyntaxError."""
    if re.search(r"[^\w\s()-]", only):
        raise SyntaxError
    expression = re.sub(WORD, lambda word: word[0] if word[0] in JOINING else str(word[0] in names), only)
    if re.search(CALLED_OR_EMPTY, expression):
        raise SyntaxError
    try:
        return bool(eval(expression.strip(), {"__builtins__": {}})) if expression.strip() else True
    except (MemoryError, RecursionError):  # thousands of nots
        raise SyntaxError from None
