"""Virtual and resident memory of a waiting thread, and of a waiting coroutine.

The system reserves addresses for a thread's stack, 8 MiB on most Linux machines, and allocates a page only when it is
touched. So a thread needs 8 MB in the VIRT column of `top`, and a few pages in RES; addresses cost nothing until they
run out. A coroutine has a frame on the heap instead of a stack; here it sleeps in a task of its own.

What you should see: a thread's `virtual_bytes` are a little more than `ulimit -s`, its `resident_bytes` hundreds of
times less; a coroutine needs one or two KiB of either.
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
    info = psutil.Process().memory_info()
    return info.vms, info.rss


def threads(count: int, measure: Look) -> tuple[float, float]:
    """Growth of both values of `measure` per thread, with `count` waiting threads."""
    over = Event()
    waiting = [Thread(target=lambda: over.wait()) for _ in range(count)]
    before = measure()
    for thread in waiting:
        thread.start()
    try:
        after = measure()
    finally:
        over.set()
        for thread in waiting:
            thread.join()
    return (after[0] - before[0]) / count, (after[1] - before[1]) / count


def coroutines(count: int, measure: Look) -> tuple[float, float]:
    """Growth of both values of `look` per coroutine, with `count` sleeping coroutines."""

    async def sleep() -> None:
        await asyncio.sleep(60)

    async def compare() -> tuple[float, float]:
        before = measure()
        waiting = [asyncio.create_task(sleep()) for _ in range(count)]
        await asyncio.sleep(0)  # all coroutines start
        after = measure()
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
    """Print the metrics of the form that the command line names."""
    each, count = FORMS[sys.argv[1]]
    each(1, memory)
    virtual, resident = each(count, memory)
    print(json.dumps({"virtual_bytes": virtual, "resident_bytes": resident}))
