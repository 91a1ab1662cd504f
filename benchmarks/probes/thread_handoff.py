"""What does it cost to hand a call to a thread and await its answer?

Calls that return 0 are handed over sequentially, so only the round trip is measured. `dedicated` is a worker thread
that takes calls from a queue and answers through the loop, for code that must always run in the same thread (after
github.com/rogerbinns/python-async-bench). `asyncio.to_thread` copies the context, uses the executor and links two
futures.

What you should see: the dedicated thread costs much less. Both are negligible for a call that takes some time.
"""

import asyncio
import json
import queue
import sys
from collections.abc import Awaitable, Callable
from threading import Thread
from time import perf_counter

from benchmarks.probes import Probe

CALLS = 5_000  # some 200 ms

Call = Callable[[], int]


def nothing() -> int:
    """The call that is handed over."""
    return 0


class Dedicated:
    """A thread that runs calls sequentially."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.calls: queue.SimpleQueue[tuple[asyncio.Future[int], Call] | None] = queue.SimpleQueue()
        self.thread = Thread(target=self.work)
        self.thread.start()

    def work(self) -> None:
        """Run calls until None arrives."""
        while item := self.calls.get():
            future, call = item
            self.loop.call_soon_threadsafe(future.set_result, call())

    def __call__(self, call: Call) -> asyncio.Future[int]:
        """Hand over a call; its result comes through the future."""
        future = self.loop.create_future()
        self.calls.put((future, call))
        return future

    def close(self) -> None:
        """Let the thread end."""
        self.calls.put(None)
        self.thread.join()


async def seconds(hand_over: Callable[[Call], Awaitable[int]], calls: int) -> float:
    """Duration of that many sequential calls, after a warm-up."""
    await hand_over(nothing)
    began = perf_counter()
    for _ in range(calls):
        await hand_over(nothing)
    return perf_counter() - began


async def to_thread(calls: int) -> float:
    """Seconds for that many calls with `asyncio.to_thread`."""
    return await seconds(asyncio.to_thread, calls)


async def dedicated(calls: int) -> float:
    """Seconds for that many calls to the dedicated thread."""
    worker = Dedicated()
    try:
        return await seconds(worker, calls)
    finally:
        worker.close()


FORMS: dict[str, Callable[[int], Awaitable[float]]] = {"to_thread": to_thread, "dedicated": dedicated}


async def unit_seconds(form: str, calls: int = CALLS) -> float:
    """Seconds per call."""
    return await FORMS[form](calls) / calls


PROBES = (Probe(FORMS, ("unit_seconds",), tasks=CALLS),)


def main() -> None:
    """Print the cost of a call in the form that the command line names."""
    print(json.dumps({"unit_seconds": asyncio.run(unit_seconds(sys.argv[1]))}))
