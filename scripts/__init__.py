"""Everything made from results: each verb of the Makefile is a module here, run as `python -m scripts.<verb>`.

This runs before a verb imports anything, which takes up to two seconds: so Ctrl-C is given its words here, and output
its endurance.
"""

import sys
from types import TracebackType


def exit_on_exception(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """Leave with a sentence after Ctrl-C, or where memory or threads ran out; show any other problem as usual."""
    from scripts.util.exit_codes import CommandError, Exit, leave
    from scripts.util.shortage import shortage

    if issubclass(kind, KeyboardInterrupt):
        leave(CommandError(Exit.INTERRUPTED, "interrupted"))
    if short := shortage(problem):
        leave(CommandError(Exit.NOT_MEASURED, f"{short}. Next: make doctor"))
    usual(kind, problem, trace)


def check_platform(platform: str) -> None:
    """Leave where neither process groups nor a fork server exist, before something half of it is measured."""
    if platform == "win32":
        from scripts.util.exit_codes import CommandError, Exit, leave

        leave(CommandError(Exit.NOT_MEASURED, "Windows has no process groups and no fork server. Next: run it in WSL"))


usual, sys.excepthook = sys.excepthook, exit_on_exception
check_platform(sys.platform)
if sys.argv[0] == "-m":  # so Python calls it while it looks for the module that is run: a verb
    from scripts.util.output import survive_closed_pipes

    survive_closed_pipes()
