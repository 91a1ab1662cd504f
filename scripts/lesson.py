"""`make lesson`: the pitfalls as short programs: each argues its case, measures it, and says what you should have seen.

They are made to be read and changed: `docs/lessons/`, one file each, with nothing in them of this project.
"""

import ast
import subprocess
import sys
from difflib import get_close_matches
from pathlib import Path

from scripts.util.exit_codes import CommandError, Exit, leave

LESSONS = Path("docs/lessons")


def names() -> list[str]:
    """All of them."""
    return sorted(file.stem for file in LESSONS.glob("*.py"))


def said(name: str) -> str:
    """What the file says at its top."""
    return ast.get_docstring(ast.parse((LESSONS / f"{name}.py").read_text())) or ""


def teaches(name: str) -> str:
    """Its first sentence."""
    return said(name).splitlines()[0]


def markdown() -> str:
    """The list as the docs show it."""
    return "\n".join(f"- [`{name}`](lessons/{name}.py). {teaches(name)}" for name in names())


def called(name: str) -> Path:
    """The file of a lesson. Stop when there is none."""
    if name not in names():
        near = get_close_matches(name, names(), n=1, cutoff=0.4) or names()[:1]
        raise CommandError(
            Exit.USAGE, f"no lesson is called {name!r}. Next: make lesson LESSON={near[0]}, or make lesson for all"
        )
    return LESSONS / f"{name}.py"


def give(name: str) -> int:
    """Print what it says, run it, and return its exit code: 1 where what it teaches was not to be seen."""
    file = called(name)
    print(f"{said(name)}\n\n$ python {file}", flush=True)
    return subprocess.run([sys.executable, str(file)], check=False).returncode


def main() -> None:
    """Give the lesson that the command line names, or list them."""
    if not sys.argv[1:]:
        print(*(f"{name:22}{teaches(name)}" for name in names()), sep="\n")
        print("\nNext: make lesson LESSON=the_gil")
        sys.exit(Exit.OK)
    try:
        sys.exit(give(sys.argv[1]))
    except CommandError as stop:
        leave(stop)


if __name__ == "__main__":
    main()
