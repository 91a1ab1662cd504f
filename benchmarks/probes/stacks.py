"""What does a waiting thread take of memory: of the addresses, and of the memory itself?

A system reserves addresses for a thread's stack, 8 MiB of them on most Linux machines, and gives it a page of memory
only where the thread has been. So a thread "costs 8 MB" in the column of `top` that is called VIRT, and a few dozen KiB
in the one called RES: addresses cost nothing until there are none left, on a 64-bit machine after some ten million
threads.

What you should see: `virtual_bytes` is what `ulimit -s` says and a little more; `resident_bytes` is hundreds of times
less.
"""

import json
from collections.abc import Callable
from threading import Event, Thread

import psutil

THREADS = 500


def beside(count: int, look: Callable[[], tuple[int, int]]) -> tuple[float, float]:
    """By how much each of `count` waiting threads makes grow what `look` sees."""
    over, threads = Event(), [Thread(target=lambda: over.wait()) for _ in range(count)]
    before = look()
    for thread in threads:
        thread.start()
    try:
        after = look()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return (after[0] - before[0]) / count, (after[1] - before[1]) / count


def memory() -> tuple[int, int]:
    """Virtual and resident bytes of this process."""
    found = psutil.Process().memory_info()
    return found.vms, found.rss


def main() -> None:
    """Print what a thread takes."""
    beside(1, memory)
    virtual, resident = beside(THREADS, memory)
    print(json.dumps({"virtual_bytes": virtual, "resident_bytes": resident}))
