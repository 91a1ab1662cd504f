"""How many can wait at once? Threads, until the system refuses one; and 100,000 coroutines.

    peak_tasks       how many waited at the same time
    time_over_ideal  the total time ÷ the time that each waits

What you should see: 2,000 threads start, twice as many as a system is said to allow (10,000 start as well, but ending
them takes too long for a benchmark). 100,000 coroutines that wait 2 s take little more than 2 s.
"""

import asyncio
import json
import sys
from threading import Event, Thread
from time import perf_counter

from benchmarks.probes import Probe

THREADS = 2_000
COROUTINES = 100_000
WAIT_S = 2.0


def threads_at_once(most: int) -> int:
    """How many threads wait at once before the system refuses another; at most `most`."""
    over, started = Event(), list[Thread]()
    try:
        for _ in range(most):
            thread = Thread(target=over.wait)
            thread.start()
            started.append(thread)
    except RuntimeError:  # "can't start new thread"
        pass
    finally:
        over.set()
        for thread in started:
            thread.join()
    return len(started)


async def coroutines_at_once(count: int, wait_s: float) -> int:
    """The most of `count` coroutines that waited at the same time."""
    waiting = most = 0

    async def wait() -> None:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(wait_s)
        waiting -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(wait())
    return most


def coroutines(count: int = COROUTINES, wait_s: float = WAIT_S) -> dict[str, float]:
    """How many waited at once, and the total time ÷ the wait."""
    began = perf_counter()
    most = asyncio.run(coroutines_at_once(count, wait_s))
    return {"peak_tasks": float(most), "time_over_ideal": (perf_counter() - began) / wait_s}


PROBES = (
    Probe(["threads"], ("peak_tasks",), concurrency=(THREADS,)),
    Probe(["coroutines"], ("peak_tasks", "time_over_ideal"), concurrency=(COROUTINES,)),
)


def main() -> None:
    """Print the metrics of the form that the command line names."""
    threads = sys.argv[1] == "threads"
    print(json.dumps({"peak_tasks": float(threads_at_once(THREADS))} if threads else coroutines()))
