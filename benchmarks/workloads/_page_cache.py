"""Cold files: evict files from the operating system's page cache, and verify that they are gone.

`posix_fadvise(DONTNEED)` is only advice: pages that are dirty, in use or the only copy (a folder in memory) stay. So
the files are synchronised when they are written, and `mincore` checks afterwards that no page is left. Only this
system's cache is cold: the disk and the host of a virtual machine may have caches of their own.

Rejected: `/proc/sys/vm/drop_caches` (needs root, and empties the cache for all), `preadv(RWF_NOWAIT)` (newer kernels
answer "not there" and fetch the page), and the duration of a read (a fast disk looks like a slow cache).
"""

import ctypes
import os
from functools import cache
from mmap import PAGESIZE, mmap
from pathlib import Path
from tempfile import TemporaryFile


class StillWarm(Exception):
    """A file is still in the cache."""


def write_through(path: Path, content: bytes) -> None:
    """Write a file, and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def evict(path: Path) -> None:
    """Evict a synchronised file from the cache. StillWarm if it stays."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if left := cached_pages(path):
        raise StillWarm(f"{left} pages of {path} stay in the cache; set TMPDIR to a folder on a disk")


def cached_pages(path: Path) -> int:
    """How many pages of one of our files are in the cache; the check loads none."""
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("r+b") as file, mmap(file.fileno(), 0) as view:
        resident = (ctypes.c_ubyte * -(-len(view) // PAGESIZE))()
        first = ctypes.c_char.from_buffer(view)
        failed = libc.mincore(ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(len(view)), resident)
        del first  # or the view could not be closed
    if failed:
        raise OSError(ctypes.get_errno(), "mincore", str(path))
    return sum(page & 1 for page in resident)


@cache
def unavailable_reason() -> str:
    """Why files in the temporary folder cannot be evicted; empty if they can."""
    if not hasattr(os, "posix_fadvise"):
        return "needs posix_fadvise, which this system does not have"
    with TemporaryFile() as file:  # without a name: whoever is killed meanwhile leaves nothing
        path = Path(f"/dev/fd/{file.fileno()}")
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
