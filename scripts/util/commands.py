"""Commands in sentences: as `make` takes them in a clone, as `overlap` takes them where that program was called."""

import argparse
import os
import re
from pathlib import Path
from typing import NoReturn

from scripts.util.paths import LATEST

VARIABLE = re.compile(r"([A-Z]+(?:_[A-Z]+)*)=")
VERBS = (
    *("quick", "bench", "full", "matrix", "claims", "claim", "compare", "report", "charts", "slides", "trace", "race"),
    *("lesson", "mine", "ab", "why", "advise", "share", "atlas", "doctor", "models", "aa"),
)
INSTALLED_BY = "which make full installs"  # in a clone
COMMAND = re.compile(rf"\bmake ({'|'.join(VERBS)})\b((?: [A-Z]+(?:_[A-Z]+)*=(?:\"[^\"]*\"|[^\s,;)]+))*)")


def in_program_form(sentence: str) -> str:
    """`make bench ONLY=http` as `overlap bench --only http`, where it is the program that speaks."""
    if not os.environ.get("OVERLAP_PROGRAM"):
        return sentence
    return COMMAND.sub(as_program, sentence.replace(INSTALLED_BY, "which is not installed"))


def as_program(command: re.Match[str]) -> str:
    """One command of make's in the program's words; of a sentence's end its full stop is no part."""
    verb, variables = command.groups()
    options = VARIABLE.sub(lambda name: f"--{name[1].lower().replace('_', '-')} ", variables)
    return f"overlap {verb}{options}"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as all of ours are."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to learn more, and exit as for every wrong usage."""
        self.exit(2, f"overlap: {message}. Next: {self.prog} --help\n")


def parser(verb: str, words: str | None) -> argparse.ArgumentParser:
    """The parser of a verb's command line, called as the verb was called; `words` explain it, line by line."""
    prog = f"overlap {verb}" if os.environ.get("OVERLAP_PROGRAM") else f"python -m scripts.{verb}"
    raw = argparse.RawDescriptionHelpFormatter
    return Parser(prog=prog, description=in_program_form(words or ""), formatter_class=raw)


def run_parser(verb: str, words: str | None) -> argparse.ArgumentParser:
    """The parser of a verb about a run, whose folder is `run`: the newest where none is given."""
    made = parser(verb, words)
    made.add_argument("run", nargs="?", type=Path, default=LATEST, help="folder of a run (default %(default)s)")
    return made
