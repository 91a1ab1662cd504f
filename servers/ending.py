"""Kill processes, but not who tidies up after them.

Python's `multiprocessing` and joblib's loky name their semaphores in /dev/shm and their folders to a process of their
own, the resource tracker. It removes them when the last process that uses them has ended, and then ends itself.
Killed together with the others it leaves five semaphores for each pool; so it is killed only when it does not end.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

TRACKER = "resource_tracker"  # in its command line
TIDYING_S = 2.0  # for a tracker to remove everything; it takes some 20 ms
POLL_S = 0.01  # between two looks at what was killed


def kill_until_gone(members: Callable[[], Iterable[psutil.Process]]) -> None:
    """Kill what `members` finds, stopped or not, until it finds nothing; the trackers come last, if at all."""
    patience_s = TIDYING_S
    while left := list(members()):
        others = [member for member in left if not tracks(member)]
        for member in others if patience_s > 0 else left:
            with suppress(psutil.Error):
                member.kill()
        patience_s -= 0 if others else POLL_S
        time.sleep(POLL_S)


def tracks(process: psutil.Process) -> bool:
    """Whether it is a resource tracker."""
    try:
        return TRACKER in " ".join(process.cmdline())
    except psutil.Error:
        return False


def alive(process: psutil.Process) -> bool:
    """Whether it is more than an entry in a table."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
