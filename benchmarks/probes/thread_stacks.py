"""What does a waiting thread take of memory, and a waiting coroutine: of the addresses, and of the memory itself?

A system reserves addresses for a thread's stack, 8 MiB of them on most Linux machines, and gives it a page of memory
only where the thread has been. So a thread "costs 8 MB" in the column of `top` that is called VIRT, and a few pages in
the one called RES: addresses cost nothing until there are none left. A coroutine has no stack, but a frame on the heap;
here it is in a task of its own, and sleeps.

What you should see: a thread's `virtual_bytes` are what `ulimit -s` says and a little more, its `resident_bytes`
hundreds of times less; a coroutine takes one or two KiB of either.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from threading import Event, Thread

import psutil

from benchmarks.probes import Probe

THREADS, COROUTINES = 500, 10_000

Look = Callable[[], tuple[int, int]]


def memory() -> tuple[int, int]:
    """Virtual and resident bytes of this process."""
    gc.collect()
    found = psutil.Process().memory_info()
    return found.vms, found.rss


def threads(count: int, look: Look) -> tuple[float, float]:
    """By how much each of `count` waiting threads makes grow what `look` sees."""
    over = Event()
    waiting = [Thread(target=lambda: over.wait()) for _ in range(count)]
    before = look()
    for thread in waiting:
        thread.start()
    try:
        after = look()
    finally:
        over.set()
        for thread in waiting:
            thread.join()
    return (after[0] - before[0]) / count, (after[1] - before[1]) / count


def coroutines(count: int, look: Look) -> tuple[float, float]:
    """The same for coroutines that sleep."""

    async def sleep() -> None:
        await asyncio.sleep(60)

    async def compare() -> tuple[float, float]:
        before = look()
        waiting = [asyncio.create_task(sleep()) for _ in range(count)]
        await asyncio.sleep(0)  # let them all begin
        after = look()
        for task in waiting:
            task.cancel()
        return (after[0] - before[0]) / count, (after[1] - before[1]) / count

    return asyncio.run(compare())


FORMS: dict[str, tuple[Callable[[int, Look], tuple[float, float]], int]] = {
    "threads": (threads, THREADS),
    "coroutines": (coroutines, COROUTINES),
}

PROBES = (Probe(FORMS, ("resident_bytes", "virtual_bytes")),)


def main() -> None:
    """Print what one takes of those that the command line names."""
    each, count = FORMS[sys.argv[1]]
    each(1, memory)
    virtual, resident = each(count, memory)
    print(json.dumps({"virtual_bytes": virtual, "resident_bytes": resident}))
