"""A process of its own that looks at the threads of another: what each does, how long it ran and waited for a core.

    python -m benchmarks.attribution.sampler PID APART...

It looks until its standard input closes, then writes what it saw to standard output: doubles, `FIELDS` of them for
each look at a thread. Outside, it takes no GIL, and a thread that does not come to run is seen all the same. Each look
costs the kernel some 10 µs: of many threads it takes a few at a time, drawn anew each time (the first, which opens and
closes, is always among them), and it rests for `REST` times as long as it looked. Whoever started it stops it (SIGSTOP)
while a round is not to be disturbed. Rejected: a thread inside (it queues for the very GIL that it asks about), ptrace
(it stops what it looks at).
"""

import os
import select
import sys
from array import array
from contextlib import suppress
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks.attribution.thread_state import Ranges, State, interpreter_data, state_of
from benchmarks.machine.scheduler import ThreadTimes

FIELDS = 5  # seconds of the monotonic clock, thread id, state, seconds run, seconds waited for a core
PERIOD_S = 0.003  # on a busy machine each look may cost a loop its turn: every 1 ms, rounds took 1.7 times as long
REST = 4.0  # so that sampling takes no more than a fifth of a core
MOST = 24  # threads in one sweep
ANEW_S = 0.1  # how often the processes are listed, which costs some milliseconds; pools of them take longer to open


def parent(pid: int) -> int:
    """The number of a process's parent; 0 when it has just ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def threads(pids: list[int]) -> list[tuple[int, int]]:
    """Process and thread id of every thread of the processes that still live."""
    ids = list[tuple[int, int]]()
    for pid in pids:
        with suppress(OSError):
            ids += [(pid, int(tid)) for tid in os.listdir(f"/proc/{pid}/task")]
    return ids


class Sampler:
    """The samples so far of one tree of processes."""

    def __init__(self, root: int, excluded: set[int]) -> None:
        self.root, self.excluded = root, excluded | {os.getpid()}
        self.pids, self.listed_at = [root], float("-inf")
        self.parents: dict[int, int] = {}
        self.data: dict[int, Ranges] = {}
        self.seen = array("d")
        self.draw = Random(0)

    def gil(self, pid: int) -> Ranges:
        """Where the interpreter of a process has its own data."""
        if pid not in self.data:
            self.data[pid] = interpreter_data(Path(f"/proc/{pid}/maps").read_text())
        return self.data[pid]

    def processes(self) -> list[int]:
        """The process and its descendants, without the excluded ones and theirs.

        Parents are read from each process: not every kernel lists the children.
        """
        known = self.parents
        self.parents = {
            pid: known.get(pid) or parent(pid) for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
        }
        tree = new = [self.root]
        while new := [pid for pid, ppid in self.parents.items() if ppid in new and pid not in self.excluded]:
            tree = tree + new
        return tree

    def sweep(self) -> None:
        """Sample each thread, or MOST of them at random."""
        if perf_counter() - self.listed_at > ANEW_S:
            self.pids, self.listed_at = self.processes(), perf_counter()
        first = (self.root, self.root)
        others = [thread for thread in threads(self.pids) if thread != first]
        chosen = others if len(others) < MOST else self.draw.sample(others, MOST)
        for pid, tid in [first, *chosen]:
            with suppress(OSError, ValueError):
                self.sample_thread(pid, tid)

    def sample_thread(self, pid: int, tid: int) -> None:
        """Sample one thread."""
        folder = f"/proc/{pid}/task/{tid}/"
        state = state_of(read(folder + "syscall"), self.gil(pid))
        times = ThreadTimes.parse(read(folder + "schedstat"))
        self.seen.extend((perf_counter(), tid, state, times.cpu_s, times.core_wait_s))


def read(path: str) -> str:
    """The text of a small file, without what a file object costs."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 256).decode()
    finally:
        os.close(file)


def main() -> None:
    """Sample until standard input has something or ends, then write the samples to standard output."""
    root, *excluded = map(int, sys.argv[1:])
    sampler, rest_s = Sampler(root, set(excluded)), 0.0
    while not select.select([sys.stdin], [], [], rest_s)[0]:
        began = perf_counter()
        sampler.sweep()
        rest_s = max(PERIOD_S, REST * (perf_counter() - began))
    sys.stdout.buffer.write(sampler.seen.tobytes())


if __name__ == "__main__":
    main()

__all__ = ["FIELDS", "Sampler", "State"]
