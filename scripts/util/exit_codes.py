"""The exit codes of every verb: one meaning each, never one for "slower" and "could not measure"."""

import sys
from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import NoReturn

from scripts.util.commands import in_program_form


class Exit(IntEnum):
    """The exit codes."""

    OK = 0
    NEGATIVE = 1  # a claim or a comparison went the other way
    USAGE = 2  # wrong usage
    NOT_MEASURED = 3  # could not measure: a service is missing, a machine too busy
    BAD_DATA = 4  # results that cannot be read, or of another schema
    INTERRUPTED = 130


class CommandError(Exception):
    """End the verb with a sentence: what happened, where, and what to type next."""

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def leave(stop: CommandError) -> NoReturn:
    """Print the sentence on standard error and exit with its code."""
    print(f"overlap: {in_program_form(str(stop))}", file=sys.stderr)
    sys.exit(stop.code)


def exits_on_error(main: Callable[[], None]) -> Callable[[], None]:
    """A verb's main that ends with the sentence and the code of any CommandError."""

    @wraps(main)
    def run() -> None:
        try:
            main()
        except CommandError as stop:
            leave(stop)

    return run
