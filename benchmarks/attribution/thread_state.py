"""What a thread is doing, as Linux tells everybody who may debug it: running, or blocked in which system call.

A thread that waits for the GIL and one that waits for a lock are both in `futex`. They differ in where the word that
they wait on lies: the GIL is a static part of the interpreter (`_PyRuntime`), so it lies in the writable data of the
Python binary or of libpython; a lock was allocated, and lies elsewhere. (Not so in sub-interpreters, each with a GIL of
its own that was allocated too; nobody competes for those.)
"""

import os
import platform
from enum import IntEnum
from pathlib import Path

PROC = Path("/proc")


class State(IntEnum):
    """What a thread does at one moment."""

    RUNNABLE = 0  # on a core, or waiting for one
    GIL = 1
    LOCK = 2
    POLL = 3  # in an event loop's wait
    SOCKET = 4
    SLEEP = 5
    OTHER = 6  # files, pipes, a system call that is none of the above
    UNKNOWN = 7  # the system does not say


# From the kernel's tables of system calls; `poll` and `select` are what blocking sockets with a time-out wait in.
CALLS: dict[str, dict[State, tuple[int, ...]]] = {
    "x86_64": {
        State.LOCK: (202, 449),
        State.POLL: (232, 281, 441),
        State.SOCKET: (7, 23, 42, 43, 44, 45, 46, 47, 270, 271, 288),
        State.SLEEP: (35, 230),
    },
    "aarch64": {
        State.LOCK: (98, 449),
        State.POLL: (22, 441),
        State.SOCKET: (72, 73, 202, 203, 206, 207, 211, 212, 242),
        State.SLEEP: (101, 115),
    },
}
Ranges = tuple[tuple[int, int], ...]


def state_of(line: str, gil: Ranges, machine: str = platform.machine()) -> State:
    """The state in a `/proc/<pid>/task/<tid>/syscall` line; `gil` is the address range of the interpreter's data."""
    fields = line.split()
    if not fields:
        return State.UNKNOWN
    if fields[0] == "running":
        return State.RUNNABLE
    call = int(fields[0])
    state = next((state for state, calls in CALLS.get(machine, {}).items() if call in calls), State.OTHER)
    if state == State.LOCK:
        word = int(fields[1], 16)
        return State.GIL if any(low <= word < high for low, high in gil) else State.LOCK
    return state


def interpreter_data(maps: str) -> Ranges:
    """The address ranges of Python's writable data (binary and library), from the text of `/proc/<pid>/maps`.

    The zero-initialised part (.bss) has no file: it is the unnamed mapping right after a named one.
    """
    ranges, end, ours = list[tuple[int, int]](), 0, False
    for line in maps.splitlines():
        fields = line.split(maxsplit=5)
        low, high = (int(part, 16) for part in fields[0].split("-"))
        name = os.path.basename(fields[5]) if len(fields) > 5 else ""
        python = name.startswith(("python", "libpython"))
        ours = python or (ours and not name and low == end)
        if ours and "w" in fields[1]:
            ranges.append((low, high))
        end = high
    return tuple(ranges)


def unavailable_reason(pid: int | str = "self") -> str:
    """Why the state of a process's threads cannot be read here; empty when it can."""
    if platform.machine() not in CALLS:
        return f"the system calls of {platform.machine()} are not known"
    try:
        (PROC / str(pid) / "syscall").read_text()
    except PermissionError:
        return "the system does not allow it to look at a thread's system call"
    except OSError:
        return "this system does not show a thread's system call (/proc/<pid>/syscall)"
    return ""
