"""The kernel's account of each thread: how long it ran, and how long it was ready to run but had no core.

    before = thread_times(pid)
    ...
    waited_s = sum(times.core_wait_s for times in thread_times(pid).values())

Linux keeps it in `/proc/<pid>/task/<tid>/schedstat` (nanoseconds of running, nanoseconds of waiting in a run queue,
number of times that it was given a core). Elsewhere, and where a kernel was built without it, there is none: the
answer is empty, never zero. The attribution of a round reads it, and so may whoever asks if a process was disturbed.
Running time of a thread that is on a core is up to one scheduler tick old; waiting time is exact at each start.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class ThreadTimes:
    """Seconds that a thread has run, seconds that it has waited for a core, and how often it was given one."""

    cpu_s: float = 0.0
    core_wait_s: float = 0.0
    turns: int = 0

    @classmethod
    def parse(cls, text: str | bytes) -> "ThreadTimes":
        """The times that a `schedstat` file holds."""
        cpu_ns, wait_ns, turns = map(int, text.split())
        return cls(cpu_ns / 1e9, wait_ns / 1e9, turns)

    def __sub__(self, before: "ThreadTimes") -> "ThreadTimes":
        return ThreadTimes(self.cpu_s - before.cpu_s, self.core_wait_s - before.core_wait_s, self.turns - before.turns)


def core_wait_s(thread: int | None = None) -> float:
    """Seconds that a thread of this process, by default the calling one, was ready and had no core; 0 where unknown."""
    file_name = f"/proc/self/task/{thread}/schedstat" if thread is not None else "/proc/thread-self/schedstat"
    with suppress(OSError, ValueError), open(file_name, "rb", buffering=0) as file:
        return ThreadTimes.parse(file.read(64)).core_wait_s
    return 0.0


def thread_times(pid: int | str = "self", proc: Path = PROC) -> dict[int, ThreadTimes]:
    """The times of each living thread of a process, by thread id; empty where there is no such account or process."""
    times = dict[int, ThreadTimes]()
    with suppress(OSError, ValueError):  # ValueError: a kernel without the account gives an empty file
        for tid in os.listdir(proc / str(pid) / "task"):
            with suppress(OSError):  # the thread has ended since
                times[int(tid)] = ThreadTimes.parse((proc / str(pid) / "task" / tid / "schedstat").read_bytes())
    return times


def process_times(pid: int | str = "self", proc: Path = PROC) -> ThreadTimes | None:
    """The sum over the living threads of a process; None where the kernel keeps no such account."""
    threads = thread_times(pid, proc).values()
    if not threads:
        return None
    return ThreadTimes(
        sum(times.cpu_s for times in threads),
        sum(times.core_wait_s for times in threads),
        sum(times.turns for times in threads),
    )
