"""Cold files: take what was written out of the operating system's cache, and make sure that it is out.

`posix_fadvise(DONTNEED)` is a wish that anybody may express: pages that are dirty, in use, or the only copy there is
(a folder in memory) stay. So the files are synchronised when they are written, and `mincore` says afterwards whether a
page is left. What is cold here is this system's cache; the disk, and the host of a virtual machine, may have one of
their own, which only they could empty.

Rejected: `/proc/sys/vm/drop_caches` (needs root, and takes everybody's cache), asking with `preadv(RWF_NOWAIT)` (newer
kernels answer "not there" and fetch it), and judging by the time that a read takes (a fast disk is a slow cache).
"""

import ctypes
import os
from functools import cache
from mmap import PAGESIZE, mmap
from pathlib import Path
from tempfile import TemporaryDirectory


class StillWarm(Exception):
    """A file is in the cache, and it should not be."""


def write_through(path: Path, content: bytes) -> None:
    """Write a file, and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def evict(path: Path) -> None:
    """Take a synchronised file out of the cache. StillWarm when it stays."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if left := cached_pages(path):
        raise StillWarm(f"{left} pages of {path} stay in the cache; set TMPDIR to a folder on a disk")


def cached_pages(path: Path) -> int:
    """How many pages of a file of ours are in the cache; to look fetches none."""
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("r+b") as file, mmap(file.fileno(), 0) as view:
        found = (ctypes.c_ubyte * -(-len(view) // PAGESIZE))()
        first = ctypes.c_char.from_buffer(view)
        failed = libc.mincore(ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(len(view)), found)
        del first  # or the view could not be closed
    if failed:
        raise OSError(ctypes.get_errno(), "mincore", str(path))
    return sum(page & 1 for page in found)


@cache
def lacking() -> str:
    """Why no file can be cold where temporary files are kept, in words; empty when one can."""
    if not hasattr(os, "posix_fadvise"):
        return "needs posix_fadvise, which this system does not have"
    with TemporaryDirectory() as folder:
        path = Path(folder, "file")
        write_through(path, bytes(PAGESIZE))
        try:
            evict(path)
        except StillWarm:
            return (
                "needs files that leave the cache, but temporary ones are in memory: set TMPDIR to a folder on a disk"
            )
        except (OSError, AttributeError) as problem:
            return f"needs mincore, which does not work here: {type(problem).__name__}"
    return ""
