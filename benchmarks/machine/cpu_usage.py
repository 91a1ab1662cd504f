"""Both sides of the machine's account around a round: what our processes used, and what everybody else took.

`RUSAGE_CHILDREN` leaves out children that still live, so the tree is summed with psutil. The server, the spinners and
whatever else supports the measurement belong to no cell and are left out.
"""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

# A round is disturbed when others and the hypervisor took more than this share of the cores. Small enough that the
# bias stays below the differences worth reporting, large enough that an idle desktop is not called busy.
DISTURBED_SHARE = 0.05
TICK_S = 0.01  # /proc counts in hundredths of a second
TICKS = 4  # so differences below a few ticks mean nothing
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
ENDING_S = 0.5  # for what was killed to be gone


@dataclass(frozen=True)
class CpuSnapshot:
    """Seconds of CPU so far: ours (this process and its descendants), everybody's, and what the hypervisor kept."""

    at: float
    ours_s: float
    busy_s: float
    steal_s: float


@dataclass(frozen=True)
class CpuUsage:
    """Seconds of CPU between two readings."""

    elapsed_s: float
    ours_s: float
    others_s: float
    steal_s: float

    def disturbed(self, cores: int) -> bool:
        """Whether others took more than their share allows."""
        taken_s = self.others_s + self.steal_s
        return taken_s > max(DISTURBED_SHARE * self.elapsed_s * cores, TICKS * TICK_S)


def descendants(apart: frozenset[int]) -> list[psutil.Process]:
    """Living descendants of this process, but for those `apart` and theirs.

    Parents come before their children. Asked child by child, psutil would look at every process of the machine each
    time: seven milliseconds a round.
    """
    ours, outside = list[psutil.Process](), set(apart)
    for process in living_below(psutil.Process()):
        with suppress(psutil.NoSuchProcess):
            if outside.isdisjoint({process.pid, process.ppid()}):
                ours.append(process)
            else:
                outside.add(process.pid)
    return ours


def living_below(process: psutil.Process) -> list[psutil.Process]:
    """All descendants of `process`; none when it has just gone."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def end_with_children(pid: int) -> None:
    """Kill a process and all its descendants; stopped first, so that it starts no other meanwhile."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.suspend()
        for left in [*living_below(process), process]:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def cpu_s(process: psutil.Process) -> float:
    """Seconds used by `process` and by those of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return sum(times[:4])  # user, system, and the same of its reaped children


def used_s(pids: Iterable[int]) -> float:
    """Seconds of CPU used by the processes of these numbers and by all of their descendants."""
    parents = {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
    found = set(pids) & parents.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    total_s = 0.0
    for pid in found:
        with suppress(psutil.NoSuchProcess):
            total_s += cpu_s(psutil.Process(pid))
    return total_s


@contextmanager
def adopting() -> Iterator[None]:
    """Have what our descendants leave behind become our children, so that its CPU counts as ours when it ends.

    The workers of a web server that is killed outlive their master by a moment, and would end as nobody's children:
    their CPU would pass for that of others. Only Linux offers it.
    """
    ours = {child.pid for child in psutil.Process().children()}
    subreaper(True)
    try:
        yield
    finally:
        deadline = time.monotonic() + ENDING_S
        while (left := {child.pid for child in psutil.Process().children()} - ours) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(ENDING_S / 50)
        subreaper(False)


def subreaper(on: bool) -> None:
    """Whether orphans among our descendants become our children, or those of the system's first process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def snapshot(apart: frozenset[int] = frozenset()) -> CpuSnapshot:
    """The accounts now; `apart` are processes (server, spinners) that belong to no cell."""
    system = psutil.cpu_times()
    idle_s = system.idle + getattr(system, "iowait", 0.0)
    steal_s = getattr(system, "steal", 0.0)
    # `guest` is part of `user` already, and `guest_nice` of `nice`
    counted_s = sum(system) - getattr(system, "guest", 0.0) - getattr(system, "guest_nice", 0.0)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours_s = time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(cpu_s, descendants(apart)))
    return CpuSnapshot(time.perf_counter(), ours_s, counted_s - idle_s - steal_s, steal_s)


def usage_between(before: CpuSnapshot, after: CpuSnapshot, server_cpu_s: float = 0.0) -> CpuUsage:
    """What was used from `before` to `after`; the server's share is neither ours nor a disturbance."""
    ours_s = after.ours_s - before.ours_s
    others_s = after.busy_s - before.busy_s - ours_s - server_cpu_s
    return CpuUsage(after.at - before.at, ours_s, max(0.0, others_s), max(0.0, after.steal_s - before.steal_s))
