"""A producer, a bounded queue, ten consumers: does back-pressure hold, and what does a hand-over cost?

    items_per_second       with consumers that wait 3 ms on each item: 3,333 per second if a hand-over took no time
    p50_seconds …          from the creation of an item until a consumer has finished it
    peak_in_flight         the most items created and not finished at the same time
    handovers_per_second   with consumers that do nothing: the queue itself

The producer is faster than its consumers. Without a bound all its items would pile up in memory, and each would wait
for all before it. With a bound the producer waits: at most 64 items are in flight, including those being worked on.
The peak is counted from the times of every item, on the clock that all processes share. A lost or duplicated item is an
error.
`queue.Queue` for threads, `asyncio.Queue`, `multiprocessing.Queue`; consumers run before the first item is created.

What you should see: all three keep the bound, and the bound decides latency: 64 items at that rate are 19 ms (Little's
law). An event loop, which counts whole milliseconds, waits longer than 3 ms. The hand-over itself, some ten
microseconds, is negligible.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from multiprocessing import get_context
from queue import Queue
from threading import Thread
from time import perf_counter, sleep
from typing import Any, Protocol

from benchmarks.core.round import most_overlapping
from benchmarks.load.quantiles import quantile
from benchmarks.probes import Probe

ITEMS, CONSUMERS, LIMIT = 1500, 10, 64
WAIT_S = 0.003
Item = tuple[int, float]  # number, time of creation
Done = tuple[int, float, float]  # number, time of creation, time when a consumer had finished


class Waiting(Protocol):
    """A queue that blocks."""

    def put(self, item: Item | None) -> None:
        """Wait for room."""

    def get(self) -> Item | None:
        """Wait for an item."""


def room(limit: int, consumers: int) -> int:
    """The bound of the queue: the producer and each consumer hold one more item."""
    return limit - consumers - 1


def produce(queue: Waiting, items: int, consumers: int) -> None:
    """Create items as fast as the queue accepts them, then stop each consumer."""
    for number in range(items):
        queue.put((number, perf_counter()))
    for _ in range(consumers):
        queue.put(None)


def consume(queue: Waiting, wait_s: float, done: list[Done]) -> None:
    """Take items, wait on each, and note when it is finished."""
    while item := queue.get():
        if wait_s:
            sleep(wait_s)
        done.append((*item, perf_counter()))


def with_threads(items: int, wait_s: float, limit: int, consumers: int) -> list[Done]:
    """One queue, a thread for each consumer."""
    queue, done = Queue[Item | None](room(limit, consumers)), list[Done]()
    consuming = [Thread(target=consume, args=(queue, wait_s, done)) for _ in range(consumers)]
    for thread in consuming:
        thread.start()
    produce(queue, items, consumers)
    for thread in consuming:
        thread.join()
    return done


def with_asyncio(items: int, wait_s: float, limit: int, consumers: int) -> list[Done]:
    """One queue, a coroutine for each consumer."""
    done = list[Done]()

    async def consume_here(queue: asyncio.Queue[Item | None]) -> None:
        while item := await queue.get():
            if wait_s:
                await asyncio.sleep(wait_s)
            done.append((*item, perf_counter()))

    async def run() -> None:
        queue = asyncio.Queue[Item | None](room(limit, consumers))
        async with asyncio.TaskGroup() as group:
            for _ in range(consumers):
                group.create_task(consume_here(queue))
            for number in range(items):
                await queue.put((number, perf_counter()))
            for _ in range(consumers):
                await queue.put(None)

    asyncio.run(run())
    return done


def consume_there(queue: Waiting, wait_s: float, up: Any, results: Any) -> None:
    """Consume in a process, and return the times at the end."""
    up.wait()
    done = list[Done]()
    consume(queue, wait_s, done)
    results.put(done)


def with_processes(items: int, wait_s: float, limit: int, consumers: int) -> list[Done]:
    """One queue, a process for each consumer."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    queue, results = context.Queue(room(limit, consumers)), context.Queue()
    up = context.Barrier(consumers + 1)
    consuming = [context.Process(target=consume_there, args=(queue, wait_s, up, results)) for _ in range(consumers)]
    for process in consuming:
        process.start()
    up.wait()
    produce(queue, items, consumers)
    done = [each for _ in consuming for each in results.get()]
    for process in consuming:
        process.join()
    return done


WAYS: dict[str, Callable[[int, float, int, int], list[Done]]] = {
    "threads": with_threads,
    "asyncio": with_asyncio,
    "processes": with_processes,
}


def peak_in_flight(done: list[Done], items: int) -> int:
    """The most items in flight at the same time. ValueError if an item is lost or duplicated."""
    if sorted(number for number, _, _ in done) != list(range(items)):
        raise ValueError(f"{items} items were made, and {len(done)} came, but not each of them once")
    return most_overlapping((made, finished) for _, made, finished in done)


def per_second(done: list[Done]) -> float:
    """Items per second, from the first creation to the last completion."""
    return len(done) / (max(finished for *_, finished in done) - min(made for _, made, _ in done))


def measure(way: str, items: int, wait_s: float, limit: int = LIMIT, consumers: int = CONSUMERS) -> dict[str, Any]:
    """The metrics."""
    at_once, waiting = (WAYS[way](items, each_s, limit, consumers) for each_s in (0.0, wait_s))
    took = sorted(finished - made for _, made, finished in waiting)
    return {
        "items_per_second": per_second(waiting),
        "p50_seconds": quantile(took, 0.5),
        "p99_seconds": quantile(took, 0.99),
        "peak_in_flight": max(peak_in_flight(done, items) for done in (at_once, waiting)),
        "handovers_per_second": per_second(at_once),
    }


PROBES = (
    Probe(
        WAYS,
        ("items_per_second", "p50_seconds", "p99_seconds", "peak_in_flight", "handovers_per_second"),
        concurrency=(CONSUMERS,),
        tasks=ITEMS,
    ),
)


def main() -> None:
    """Print the metrics of the model that the command line names."""
    print(json.dumps(measure(sys.argv[1], ITEMS, WAIT_S)))
