"""What a round brings along or leaves behind: threads, processes and connections that are not its own.

A pool that is opened before the clock starts has its start-up for free; a thread that computes on when the clock has
stopped gives its answers for free, and takes the core of whoever is measured next. They are counted where a model
cannot leave them out: Python threads by the frames of the interpreter (`_thread` is not in `threading`'s list), other
threads by the kernel's account, and processes below this one, which adopts what its descendants leave behind.
"""

import os
import re
import socket
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.machine.cpu_usage import descendants, end_with_children
from benchmarks.machine.heartbeat import state
from benchmarks.machine.scheduler import ThreadTimes, thread_times
from benchmarks.workloads._thread_frames import thread_frames

LEAVING_S = 2.0  # PyMongo's threads check every half second whether to stop
SETTLING_S = 0.5  # thirty times the longest seen (16 ms, beside eight busy programs on two cores)
UNSETTLED = ("R", "Z", "X")  # states of a thread that runs, or has ended and is still listed
OWN_FILES = Path("/proc/self/fd")
LIBRARY_THREADS = ("libuv-worker",)  # the loop keeps such a thread once a name lookup or a file needed one
HELPERS = r"from (?:multiprocessing|\S*\bloky\S*)\.(forkserver|resource_tracker) import main"


@dataclass(frozen=True)
class ProcessSnapshot:
    """The threads of this process and the processes below it, each as words that tell it from any other."""

    threads: frozenset[str]
    processes: frozenset[tuple[int, str]]

    @classmethod
    def now(cls, excluded: frozenset[int]) -> "ProcessSnapshot":
        """Snapshot the live threads and child processes; `excluded` support the measurement."""
        processes = ((one.pid, name(one)) for one in descendants(excluded) if not reaped(one))
        return cls(frozenset(python_threads()), frozenset(processes))

    def leaked_since(self, before: "ProcessSnapshot") -> list[str]:
        """The threads and processes that have come since `before`, but for the helpers of multiprocessing."""
        threads = [f"thread {name}" for name in sorted(self.threads - before.threads)]
        return threads + [f"process {pid} ({name})" for pid, name in self.new_processes(before)]

    def new_processes(self, before: "ProcessSnapshot") -> list[tuple[int, str]]:
        """The processes that have come since `before`, but for the helpers of multiprocessing."""
        new = sorted(self.processes - before.processes)
        return [(pid, name) for pid, name in new if not name.startswith("multiprocessing ")]


def python_threads() -> Iterator[str]:
    """The names and idents of all threads that run Python, also those not started by `threading`."""
    known = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident in thread_frames().keys() | known.keys():
        yield f"{known.get(ident, 'of _thread')} ({ident})"


def name(process: psutil.Process) -> str:
    """The name of a process; `multiprocessing …` for the helpers of multiprocessing."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return "gone"
    helper = re.search(HELPERS, command)
    if helper and process.ppid() == os.getpid():
        return f"multiprocessing {helper[1]}"
    return process.name()


def reaped(process: psutil.Process) -> bool:
    """Reap an ended child of this process; whether it was one. An adopted orphan has no other parent to reap it."""
    with suppress(psutil.Error, ChildProcessError):
        if process.status() == psutil.STATUS_ZOMBIE and process.ppid() == os.getpid():
            return bool(os.waitpid(process.pid, os.WNOHANG)[0])
    return False


def end_leaked(now: ProcessSnapshot, before: ProcessSnapshot) -> None:
    """Kill the processes that a model has left: they would take a core from the next cell."""
    for pid, _ in now.new_processes(before):
        end_with_children(pid)


def settle_threads(first: Mapping[int, ThreadTimes]) -> None:
    """Wait, outside the clock, until no thread but the `first` ones runs; gives up after SETTLING_S.

    A thread that was started has yet to get its first turn, and one that was joined its last: either would seem to have
    worked in the next round. A thread that computes on does not settle, and is found after the round.
    """
    deadline = time.monotonic() + SETTLING_S
    while time.monotonic() < deadline and any(state(tid) in UNSETTLED for tid in thread_times().keys() - first.keys()):
        time.sleep(SETTLING_S / 500)


def borrowed_threads(before: Mapping[int, ThreadTimes], first: Mapping[int, ThreadTimes]) -> list[str]:
    """Threads older than the round that have worked in it: were here `before` it and not `first`, and had turns since.

    The main thread was here first. A thread that a library keeps and that slept through the round has done no harm.
    """
    now = thread_times()
    worked = [tid for tid in before.keys() & now.keys() - first.keys() if now[tid].turns > before[tid].turns]
    return [f"thread {comm(tid)} ({tid})" for tid in sorted(worked) if comm(tid) not in LIBRARY_THREADS]


def comm(tid: int) -> str:
    """What the kernel calls a thread of this process."""
    try:
        return Path(f"/proc/self/task/{tid}/comm").read_text().strip()
    except OSError:
        return "gone"


def connections() -> frozenset[tuple[int, int]]:
    """The TCP connections that this process holds: the socket's number and the port at the other end. Linux only."""
    return frozenset(filter(None, map(connection, os.listdir(OWN_FILES)))) if OWN_FILES.exists() else frozenset()


def connection(number: str) -> tuple[int, int] | None:
    """The connection behind an open file; None for anything else."""
    with suppress(OSError, ValueError):
        status = os.fstat(int(number))
        if stat.S_ISSOCK(status.st_mode):
            with socket.socket(fileno=os.dup(int(number))) as one:
                peer = one.getpeername()
                return (status.st_ino, peer[1]) if isinstance(peer, tuple) else None
    return None


def wait_for_exit(prefix: str, baseline: ProcessSnapshot, excluded: frozenset[int] | None) -> None:
    """Give threads whose names begin like that some time to leave, outside the clock; and a cluster's processes."""
    deadline = time.monotonic() + LEAVING_S
    while time.monotonic() < deadline and lingering(prefix, baseline, excluded):
        time.sleep(LEAVING_S / 100)


def lingering(prefix: str, baseline: ProcessSnapshot, excluded: frozenset[int] | None) -> bool:
    """Whether such a thread, or with `excluded` any new process, is here that was not before."""
    if not prefix and excluded is None:
        return False
    now = ProcessSnapshot.now(excluded or frozenset())
    threads = prefix and any(name.startswith(prefix) for name in now.threads - baseline.threads)
    return bool(threads or (excluded is not None and now.new_processes(baseline)))
