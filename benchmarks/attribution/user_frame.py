"""The line of the program under test in which a thread is: not that of a library, nor that of the suite around it."""

import linecache
import re
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

import benchmarks

LIBRARIES = tuple({str(Path(path).resolve()) for path in sysconfig.get_paths().values()} | {sys.prefix, "<"})
SUITE = tuple(f"{benchmarks.__path__[0]}/{folder}/" for folder in ("attribution", "core", "machine", "models"))
WRAPPERS = ("user_work.py", "_user_module.py")  # between the suite and a user's file


@dataclass(frozen=True)
class Line:
    """A place in a program: file, line, function, and what is called there (empty where nothing is)."""

    file: str
    line: int
    function: str
    call: str = ""

    def __str__(self) -> str:
        place = f"{Path(self.file).name}:{self.line} in {self.function}"
        return f"{self.call} at {place}" if self.call else place


@cache
def is_suite(file: str) -> bool:
    """Whether a file belongs to what surrounds the program under test."""
    return file.startswith(SUITE) or Path(file).name in WRAPPERS


@cache
def is_program(file: str) -> bool:
    """Whether a file is of the program under test."""
    real = file if file.startswith("<") else str(Path(file).resolve())
    return not is_suite(file) and not real.startswith(LIBRARIES)


def innermost(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the program under test that the suite has called; None where there is none."""
    while frame and not is_suite(frame.f_code.co_filename):
        if is_program(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None


def line_of(frame: FrameType) -> Line:
    """The file, line and function of a frame."""
    return line_at(frame.f_code, frame.f_lasti, frame.f_lineno)


@cache
def line_at(code: CodeType, instruction: int, line: int) -> Line:
    """The place of an instruction; what it calls is read from the source."""
    return Line(code.co_filename, line, code.co_qualname, callee(code, instruction))


def callee(code: CodeType, instruction: int) -> str:
    """The name of what an instruction calls, as the source has it: `time.sleep`."""
    first, last, left, right = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if first is None or first != last or left is None or right is None:
        return ""
    text = linecache.getline(code.co_filename, first).encode()[left:right].decode(errors="replace")
    call = re.match(r"(?:await\s+)?([\w.]+)\(", text)
    return call[1] if call else ""
