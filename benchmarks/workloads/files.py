"""Reading files: `open` where code blocks, `aiofiles` where it awaits. From the cache, or from the disk.

Regular files are always ready, so no event loop can wait for them (epoll refuses them): aiofiles hands each call to a
thread. Three calls a file, open, read, close, are three trips to another thread and back; the threads are those of the
loop, of which there are four more than cores.
"""

from dataclasses import dataclass
from pathlib import Path

import aiofiles

from benchmarks.workloads import Workload, _page_cache

BYTES, LARGE_BYTES = 65_536, 16 * 2**20
ENDS = 8  # bytes of the number at both ends of a file: they expose a torn or swapped one
Ends = tuple[int, bytes, bytes]


def number(task: int) -> bytes:
    """The bytes at both ends of the task's file."""
    return b"%0*d" % (ENDS, task)


def content(task: int, size: int = BYTES) -> bytes:
    """The content of the task's file: its number at both ends, zeros in between."""
    return number(task) + bytes(size - 2 * ENDS) + number(task)


def ends(data: bytes) -> Ends:
    """A file's length, first bytes and last bytes: no two files have the same."""
    return len(data), data[:ENDS], data[-ENDS:]


def write_files(folder: Path, count: int, size: int = BYTES) -> None:
    """Write the files of `count` tasks to disk; they stay in the cache."""
    for task in range(count):
        _page_cache.write_through(folder / str(task), content(task, size))


@dataclass(frozen=True)
class Files(Workload):
    """Read the task's file in `folder`, of `size` bytes."""

    name = "files"
    folder: Path = Path()
    size: int = BYTES

    def perform(self, client: None, task: int) -> Ends:
        """Read with `open`."""
        with open(self.folder / str(task), "rb") as file:
            return ends(file.read())

    async def aperform(self, client: None, task: int) -> Ends:
        """Read with aiofiles."""
        async with aiofiles.open(self.folder / str(task), "rb") as file:
            return ends(await file.read())

    def expected(self, task: int) -> Ends:
        """The ends of what was written."""
        return self.size, number(task), number(task)


@dataclass(frozen=True)
class LargeFiles(Files):
    """The same with files of 16 MiB."""

    name = "large-files"
    size: int = LARGE_BYTES


@dataclass(frozen=True)
class ColdFiles(Files):
    """The same with files that are not in the cache when a round begins."""

    name = "cold-files"

    @property
    def unavailable_reason(self) -> str:
        """Why files cannot be evicted here."""
        return _page_cache.unavailable_reason()

    def prepare(self, tasks: list[int]) -> None:
        """Evict the files from the cache."""
        for task in tasks:
            _page_cache.evict(self.folder / str(task))


@dataclass(frozen=True)
class ColdLargeFiles(ColdFiles):
    """Large files that are not in the cache when a round begins."""

    name = "cold-large-files"
    size: int = LARGE_BYTES
