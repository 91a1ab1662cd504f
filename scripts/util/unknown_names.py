"""The error about a name that nothing is called: the nearest name, and the command that helps."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from scripts.util.exit_codes import CommandError, Exit

LONGEST_NAME = 80  # letters that are compared: the time of a comparison grows with their square
ALIKE = 0.4  # a name less alike than this is not what was meant
MOST_NAMES = 12  # listed where none is near


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of an error about an unknown name: the nearest of `names`, or some of them where none is near."""
    near = get_close_matches(name[:LONGEST_NAME], names := list(names), 1, ALIKE)
    return f"; the nearest name is {near[0]!r}" if near else f"; there are {', '.join(names[:MOST_NAMES])}"


def check_names(names: Iterable[str], known: Collection[str], kind: str, hint: str, *, option: str = "") -> None:
    """CommandError (usage) for the first of `names` that is not among the `known` ones of this kind.

    `hint` is the command that helps; `option` is the variable in which the names were given.
    """
    for name in names:
        if name not in known:
            where = f"{option}: " if option else ""
            problem = f"{where}no {kind} is called {name!r:.90}{nearest(name, known)}"
            raise CommandError(Exit.USAGE, f"{problem}. Next: {hint}")
