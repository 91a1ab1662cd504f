"""Both sides of the machine's account around a round: what our processes used, and what everybody else took.

`RUSAGE_CHILDREN` leaves out children that still live, so the tree is summed with psutil. The server, the spinners and
whatever else supports the measurement belong to no cell and are left out.

The system's own account counts in hundredths of a second, too coarse for a round of fifty milliseconds. So the clocks
of the processes themselves are read, which count nanoseconds; what the system clearly counted beyond them counts too: a
process that came and went, a neighbour outside of our container.
"""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import clock_gettime, perf_counter, process_time

import psutil

# A round is disturbed when others and the hypervisor took more than this share of the cores. Small enough that the
# bias stays below the differences worth reporting, large enough that an idle desktop is not called busy.
DISTURBED_SHARE = 0.05
TICK_S = 0.01  # /proc counts in hundredths of a second
TICKS = 4  # so differences below a few ticks mean nothing
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
CPUCLOCK_SCHED = 2  # the kind of clock that counts nanoseconds on a core, as clock_getcpuclockid(3) makes its number
ENDING_S = 0.5  # for what was killed to be gone


@dataclass(frozen=True)
class CpuSnapshot:
    """Seconds of CPU so far: ours (this process and its descendants), everybody's, and what the hypervisor kept."""

    at: float
    ours_s: float
    busy_s: float
    steal_s: float
    others: Mapping[int, float] = field(default_factory=dict)  # by process, where processes have clocks


@dataclass(frozen=True)
class CpuUsage:
    """Seconds of CPU between two readings."""

    elapsed_s: float
    ours_s: float
    others_s: float
    steal_s: float

    def disturbed(self, cores: int) -> bool:
        """Whether others took more than their share allows."""
        return bool(self.disturbed_by(cores))

    def disturbed_by(self, cores: int) -> str:
        """What took more than DISTURBED_SHARE of the cores: other programs or the hypervisor; empty when nothing did.

        Steal is counted in whole ticks, the last of which may have begun before the round.
        """
        kept_s = max(0.0, self.steal_s - TICK_S)
        if self.others_s + kept_s <= DISTURBED_SHARE * self.elapsed_s * cores:
            return ""
        return "other programs" if self.others_s >= kept_s else "the hypervisor"


def descendants(excluded: frozenset[int]) -> list[psutil.Process]:
    """Living descendants of this process, without the excluded ones and theirs; parents come before their children."""
    return living(below([os.getpid()], parents(), excluded))


def living(pids: Iterable[int]) -> list[psutil.Process]:
    """Those of the processes that have not gone meanwhile."""
    processes = list[psutil.Process]()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    return processes


def below(pids: Iterable[int], parent_of: Mapping[int, int], excluded: frozenset[int] = frozenset()) -> list[int]:
    """The descendants of some processes, without the excluded ones and theirs; parents come before their children."""
    children = dict[int, list[int]]()
    for pid, parent in parent_of.items():
        children.setdefault(parent, []).append(pid)
    waiting, tree = list(pids), list[int]()
    for pid in waiting:
        born = [child for child in children.get(pid, []) if child not in excluded]
        waiting += born
        tree += born
    return tree


def parents() -> dict[int, int]:
    """The parent of every process. Read by hand where /proc is: psutil takes seven milliseconds a round for it."""
    if sys.platform != "linux":
        return {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
    parent_of = dict[int, int]()
    for pid in psutil.pids():
        with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
            parent_of[pid] = int(file.read().rpartition(b") ")[2].split()[1])
    return parent_of


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
        user_s, system_s, *reaped_s = process.cpu_times()[:4]
    except psutil.NoSuchProcess:
        return 0.0
    own_s = clock_s(process.pid) if sys.platform == "linux" else None
    return (user_s + system_s if own_s is None else own_s) + sum(reaped_s)


def used_s(pids: Iterable[int]) -> float:
    """Seconds of CPU used by the processes of these numbers and by all of their descendants."""
    roots, parent_of = set(pids), parents()
    tree = roots.union(below(roots, parent_of)) & parent_of.keys()
    return sum(map(cpu_s, living(tree)))


@contextmanager
def adopting() -> Iterator[None]:
    """Adopt the orphans of our descendants, so that their CPU counts as ours when they end.

    The workers of a web server that is killed outlive their master by a moment, and would end as nobody's children:
    their CPU would count as other load. Only Linux offers it.
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
    """Set whether orphans among our descendants become our children or those of the system's first process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def own_cpu_s() -> float:
    """Seconds of CPU of this process and of the children that it has waited for."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + ended.ru_utime + ended.ru_stime


def snapshot(excluded: frozenset[int] = frozenset()) -> CpuSnapshot:
    """The CPU accounts now; excluded processes (server, spinners) and what they started belong to no cell."""
    system = psutil.cpu_times()
    idle_s = system.idle + getattr(system, "iowait", 0.0)
    steal_s = getattr(system, "steal", 0.0)
    # `guest` is part of `user` already, and `guest_nice` of `nice`
    counted_s = sum(system) - getattr(system, "guest", 0.0) - getattr(system, "guest_nice", 0.0)
    parent_of = parents()
    ours = living(below([os.getpid()], parent_of, excluded))
    ours_s = own_cpu_s() + sum(map(cpu_s, ours))
    supporting = {*excluded, *below(excluded, parent_of)}  # a database's processes are children of a program of ours
    others = others_s({os.getpid(), *supporting, *(process.pid for process in ours)})
    return CpuSnapshot(perf_counter(), ours_s, counted_s - idle_s - steal_s, steal_s, others)


def others_s(known: Iterable[int]) -> dict[int, float]:
    """Seconds of CPU so far of every process but those, to the nanosecond; nothing where processes have no clocks."""
    if sys.platform != "linux":
        return {}
    clocks = {pid: clock_s(pid) for pid in set(psutil.pids()).difference(known)}
    return {pid: seconds for pid, seconds in clocks.items() if seconds is not None}


def clock_s(pid: int) -> float | None:
    """Seconds of CPU of a process, all its threads living and ended. None when the process has just ended."""
    try:
        return clock_gettime(~pid << 3 | CPUCLOCK_SCHED)
    except OSError:
        return None


def usage_between(before: CpuSnapshot, after: CpuSnapshot, server_cpu_s: float = 0.0) -> CpuUsage:
    """What was used from `before` to `after`; the server's share is neither ours nor a disturbance."""
    ours_s = after.ours_s - before.ours_s
    left_s = after.busy_s - before.busy_s - ours_s - server_cpu_s
    clear_s = left_s if left_s > TICKS * TICK_S or not after.others else 0.0
    seen_s = sum(seconds - before.others.get(pid, 0.0) for pid, seconds in after.others.items())
    return CpuUsage(after.at - before.at, ours_s, max(0.0, clear_s, seen_s), max(0.0, after.steal_s - before.steal_s))
