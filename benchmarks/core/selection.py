"""ONLY: which cells are measured, said with their names, `and`, `or`, `not` and brackets.

Names are whole words, so that "io" is not "asyncio". (Rejected: pytest's `-k`, which looks for parts of words.)
"""

import re
from difflib import get_close_matches

from benchmarks.core import renamed
from benchmarks.core.cell import Cell

WORD = r"[\w-]+"
JOINING = ("and", "or", "not")


def check(only: str, known: set[str]) -> None:
    """ValueError for a name that no cell has, or for what is no expression of names."""
    for name in re.findall(WORD, only):
        if name not in known.union(JOINING):
            if hint := renamed.hint(name):
                raise ValueError(f"ONLY: {hint}. Next: make bench ONLY={renamed.LABELS.get(name, name)}")
            near = get_close_matches(name, known, 1, 0.0)[0]
            sentence = f"ONLY: no cell is called {name!r}; the nearest name is {near!r}. Next: make bench ONLY={near}"
            raise ValueError(f"{sentence} (or any of: {', '.join(sorted(known))})")
    try:
        selects(only, known)
    except SyntaxError:
        example = "http and (threads or asyncio)"
        raise ValueError(f"ONLY={only!r} is no expression. Next: write it like ONLY={example!r}") from None


def chosen(only: str, cell: Cell) -> bool:
    """Whether ONLY selects the cell; one on request must have its experiment named, or the group of experiments."""
    only = renamed.expression(only)
    asked = not cell.opt_in or not {cell.experiment, cell.group}.isdisjoint(re.findall(WORD, only))
    return asked and selects(only, cell.labels())


def selects(only: str, names: set[str]) -> bool:
    """Whether the expression holds for a cell of these names; the empty one holds for all. SyntaxError."""
    if re.search(r"[^\w\s()-]", only):
        raise SyntaxError
    truth = re.sub(WORD, lambda word: word[0] if word[0] in JOINING else str(word[0] in names), only)
    return bool(eval(truth, {"__builtins__": {}})) if truth.strip() else True
