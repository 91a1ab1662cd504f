"""Shortages of the system: memory, processes, threads. They are no fault of the program, so they get no traceback."""

from errno import ENOMEM

NO_PROCESS = "no more processes or threads may be started: see ulimit -u"


def shortage(problem: BaseException) -> str:
    """The resource that ran out, in words; empty for any other problem."""
    if isinstance(problem, BlockingIOError):  # of fork
        return NO_PROCESS
    if isinstance(problem, MemoryError) or (isinstance(problem, OSError) and problem.errno == ENOMEM):
        return "memory ran out: see ulimit -v"
    no_thread = isinstance(problem, RuntimeError) and "can't start new thread" in str(problem)
    return NO_PROCESS if no_thread else ""
