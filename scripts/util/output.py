"""Standard output and error that outlast their readers: `overlap models | head` prints what `head` wants, and no more.

(Rejected: to die of SIGPIPE, as C programs do. A run would be lost to `| head`, and a server to a visitor who leaves.)
"""

import atexit
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

OUTPUT_LOST = 3  # the exit code of a verb whose answer could not be written: `exit_codes.Exit.NOT_MEASURED`


class FailSafeStream(io.FileIO):
    """A stream that discards its output once writing fails; `problem` then has the reason, except for a closed pipe."""

    problem = ""

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write; the number of bytes."""
        try:
            return super().write(data)
        except BlockingIOError:
            raise  # a terminal that is slow, not gone
        except OSError as problem:
            self.problem = "" if isinstance(problem, BrokenPipeError) else str(problem.strerror)
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # for the processes that we start, too
            return memoryview(data).nbytes


def survive_closed_pipes() -> None:
    """Replace standard output and error, where there are any, by streams that survive a closed pipe."""
    if sys.stderr:
        sys.stderr, _ = fail_safe(sys.stderr)
    if sys.stdout:
        sys.stdout, raw = fail_safe(sys.stdout)
        atexit.register(report_lost_output, raw)


def fail_safe(stream: TextIO) -> tuple[io.TextIOWrapper, FailSafeStream]:
    """A text stream that survives a closed pipe, and the raw stream under it."""
    assert isinstance(stream, io.TextIOWrapper)
    raw = FailSafeStream(stream.fileno(), "w", closefd=False)
    buffered = io.BufferedWriter(raw)
    made = io.TextIOWrapper(
        buffered,
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
    return made, raw


def report_lost_output(raw: FailSafeStream) -> None:
    """Report at exit that output was lost to a full disk, and exit with the code for it."""
    sys.stdout.flush()
    if raw.problem:
        print(f"overlap: standard output could not be written: {raw.problem}", file=sys.stderr, flush=True)
        os._exit(OUTPUT_LOST)
