"""Processes that a task started and did not wait for: they do the work when it no longer counts.

The workers of a pool that the file keeps open do not count, idle or not: whether their answers were waited for is seen
by the futures that were never read.
"""

import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import process as multiprocessing_process
from typing import Any

import psutil

from benchmarks.core.leaks import name

GRACE_S = 0.1  # for those that are about to end
POOLS = (  # module, class and the attribute that holds its workers' processes
    ("concurrent.futures.process", "ProcessPoolExecutor", "_processes"),
    ("multiprocessing.pool", "Pool", "_pool"),
    ("multiprocessing.managers", "BaseManager", "_process"),
)


def children() -> frozenset[int]:
    """The processes below this one, with what its descendants have left behind where it adopts that."""
    return frozenset(child.pid for child in psutil.Process().children())


def left_running(before: frozenset[int]) -> str:
    """The first process that has come since and still runs, in words; empty when there is none."""
    deadline = time.monotonic() + GRACE_S
    while (left := list(running(children() - before))) and time.monotonic() < deadline:
        time.sleep(GRACE_S / 5)
    first = next((pid for pid in left if pid not in workers()), None) if left else None
    if first is None:
        return ""
    return f"process {named(first)} still ran after the tasks. Next: join() it, or wait() for it, in the function"


def running(pids: frozenset[int]) -> Iterator[int]:
    """Those that have not ended, but for the helpers of multiprocessing."""
    for pid in sorted(pids):
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            ended = process.status() == psutil.STATUS_ZOMBIE
            if not ended and process.ppid() == os.getpid() and not name(process).startswith("multiprocessing "):
                yield pid


def named(pid: int) -> str:
    """Its command, shortened; that of a copy of this process is its own."""
    with suppress(psutil.Error):
        command = psutil.Process(pid).cmdline()
        copied = command == psutil.Process().cmdline()
        return "of multiprocessing or os.fork" if copied else repr(" ".join(command)[:60])
    return str(pid)


def workers() -> set[int]:
    """The processes of pools and managers, and those of other libraries' own kinds of process."""
    classes = [(getattr(sys.modules[module], kind), at) for module, kind, at in POOLS if module in sys.modules]
    kept = [getattr(one, at, None) for one in gc.get_objects() for kind, at in classes if issubclass(type(one), kind)]
    others: Any = [one for one in multiprocessing_process._children if not stdlib(one)]  # type: ignore[attr-defined]
    return {pid for each in (*kept, others) for pid in pids_of(each)}


def stdlib(process: Any) -> bool:
    """Whether a process is of Python's own kinds."""
    return type(process).__module__.startswith("multiprocessing.")


def pids_of(held: Any) -> Iterator[int]:
    """The numbers in what a pool holds: a process, several, or a dictionary by number."""
    if isinstance(held, dict):
        yield from held
    for one in held if isinstance(held, list | set | tuple) else [held]:
        if pid := getattr(one, "pid", None):
            yield pid
