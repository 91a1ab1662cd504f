"""The timeline of a race's tasks, visible to another process at once, for the price of writing to memory.

A file that all processes of a lane map: three moments for each task, when it began to wait, began to compute, and
finished. Each is written once, by the worker that does the task, and is read by the page some forty times a second. The
clock is the system's monotonic one, shared by all processes, so a moment is exact however late it is read; and an
aligned number of eight bytes is written whole.

Rejected: a pipe, a queue or a datagram for each event (a system call in the worker that is being timed, and a
reader that wakes up), a thread in the runner that forwards them (it would take the interpreter lock from the model),
`multiprocessing.shared_memory` (before Python 3.13 a process that only attaches deletes it for all when it leaves).
"""

import mmap
import os
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Self

WAITING, COMPUTING, FINISHED = KINDS = range(3)
GO, BEGAN = HEADER = range(2)  # when the page starts the lane; when the lane began
BYTES = 8


class SharedTimeline:
    """The moments of one lane: two for the lane, then three for each task; 0.0 for what has not happened yet."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_RDWR)
        self.map = mmap.mmap(self.file, 0)
        self.moments = memoryview(self.map).cast("d")

    @classmethod
    def create(cls, path: Path, tasks: int) -> Self:
        """A new file, all zero."""
        path.write_bytes(bytes(BYTES * (len(HEADER) + len(KINDS) * tasks)))
        return cls(str(path))

    def mark(self, task: int, kind: int) -> None:
        """Record that a task turns to `kind` now."""
        self.moments[2 + 3 * task + kind] = perf_counter()

    def clear(self) -> None:
        """Set all moments to zero."""
        self.moments[:] = memoryview(bytes(len(self.map))).cast("d")

    def close(self) -> None:
        """Close the file."""
        self.moments.release()
        self.map.close()
        os.close(self.file)


@lru_cache(1)
def timeline_at(path: str) -> SharedTimeline:
    """The timeline at `path`, opened once in each process of a lane."""
    return SharedTimeline(path)
