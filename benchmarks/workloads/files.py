"""Reading files that the operating system has in its cache: `open` where code blocks, `aiofiles` where it awaits.

Regular files are always ready, so no event loop can wait for them (epoll refuses them): aiofiles hands each call to a
thread. Three calls a file, open, read, close, are three trips to another thread and back.
"""

from dataclasses import dataclass
from pathlib import Path

import aiofiles

from benchmarks.workloads import Workload

BYTES = 65_536
ENDS = 8  # bytes of the number with which a file begins and ends: a torn or swapped one is found out
Ends = tuple[int, bytes, bytes]


def content(task: int) -> bytes:
    """What the task's file holds: its number at both ends, zeros in between."""
    number = b"%0*d" % (ENDS, task)
    return number + bytes(BYTES - 2 * ENDS) + number


def ends(found: bytes) -> Ends:
    """What tells a file from every other: its length, its first and last bytes."""
    return len(found), found[:ENDS], found[-ENDS:]


def write_files(folder: Path, count: int) -> None:
    """Write the files of `count` tasks; what was just written is in the cache."""
    for task in range(count):
        (folder / str(task)).write_bytes(content(task))


@dataclass(frozen=True)
class Files(Workload):
    """Read the task's file in `folder`."""

    name = "files"
    folder: Path = Path()

    def perform(self, client: None, task: int) -> Ends:
        """Read with `open`."""
        with open(self.folder / str(task), "rb") as file:
            return ends(file.read())

    async def aperform(self, client: None, task: int) -> Ends:
        """Read with aiofiles."""
        async with aiofiles.open(self.folder / str(task), "rb") as file:
            return ends(await file.read())

    def answer(self, task: int) -> Ends:
        """The ends of what was written."""
        return ends(content(task))
