"""`make lesson`: the pitfalls as short programs: each explains a mistake, measures it, and says what you should see.

They are made to be read and changed: `docs/lessons/`, one file each, with nothing in them of this project.
"""

import subprocess
import sys
from difflib import get_close_matches
from pathlib import Path

from scripts.report.lesson_list import LESSONS, explanation, first_sentence, names
from scripts.util.commands import in_program_form, parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error


def lesson_file(name: str) -> Path:
    """The file of a lesson. CommandError when there is none."""
    if name not in names():
        near = get_close_matches(name, names(), n=1, cutoff=0.4) or names()[:1]
        raise CommandError(
            Exit.USAGE, f"no lesson is called {name!r}. Next: make lesson LESSON={near[0]}, or make lesson for all"
        )
    return LESSONS / f"{name}.py"


def run_lesson(name: str) -> int:
    """Print the explanation, run the program, and return its exit code: 1 where its effect could not be seen."""
    file = lesson_file(name)
    print(f"{explanation(name)}\n\n$ python {file}", flush=True)
    with subprocess.Popen([sys.executable, "-u", str(file)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        for line in program.stdout:
            print(line, end="", flush=True)
    return program.returncode


@exits_on_error
def main() -> None:
    """Run the lesson that the command line names, or list them."""
    options = parser("lesson", __doc__)
    options.add_argument("lesson", nargs="?", help="which of them to run (without it: list them)")
    if not (name := options.parse_args().lesson):
        print(*(f"{name:22}{first_sentence(name)}" for name in names()), sep="\n")
        print(in_program_form("\nNext: make lesson LESSON=the_gil"))
        sys.exit(Exit.OK)
    sys.exit(run_lesson(name))


if __name__ == "__main__":
    main()
