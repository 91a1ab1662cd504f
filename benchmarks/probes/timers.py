"""How late do 10,000 timers fire that are due within a second: `threading.Timer` against `loop.call_at`?

They are due evenly over the second, and set in that order from its start. A `threading.Timer` is a waiting thread. If
not all can be started in time, the probe stops half a second after the last was due. A timer not set by then counts
with the smallest possible lateness, so 10,000 are compared on both sides and threads never look worse than they are.
`timers_set` says how many were set.

The same is measured with 1,000 timers. What you should see: threads that were set in time wake as punctually as an
event loop, which counts whole milliseconds (epoll). Starting 10,000 of them is what takes too long.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Timer

from benchmarks.load.quantiles import quantile
from benchmarks.probes import Probe

MANY, FEW = 10_000, 1_000
WITHIN_S, GIVE_UP_S = 1.0, 1.5


def with_threads(count: int) -> list[float]:
    """How late each timer fired, of those that could be set."""
    late: list[float] = []

    def fire(due: float) -> None:
        late.append(time.monotonic() - due)

    began, timers = time.monotonic(), []
    with suppress(RuntimeError):  # the system allows no more threads
        for number in range(count):
            if (now := time.monotonic()) > began + GIVE_UP_S:
                break
            due = began + WITHIN_S * number / count
            timer = Timer(max(0.0, due - now), fire, [due])
            timer.start()
            timers.append(timer)
    for timer in timers:
        timer.join()
    return late


def with_asyncio(count: int) -> list[float]:
    """How late each timer fired."""
    late: list[float] = []

    async def arm() -> None:
        loop = asyncio.get_running_loop()
        began, done = loop.time(), asyncio.Event()

        def fire(due: float) -> None:
            late.append(loop.time() - due)
            if len(late) == count:
                done.set()

        for number in range(count):
            due = began + WITHIN_S * number / count
            loop.call_at(due, fire, due)
        await done.wait()

    asyncio.run(arm())
    return late


WAYS: dict[str, Callable[[int], list[float]]] = {"threads": with_threads, "asyncio": with_asyncio}


def bounded(late: list[float], count: int) -> list[float]:
    """How late all timers are, sorted; timers that were never set count with the smallest possible lateness."""
    never_set = range(len(late), count)
    return sorted(late + [GIVE_UP_S - WITHIN_S * number / count for number in never_set])


def measure(way: str, many: int, few: int) -> dict[str, float | None]:
    """The metrics for many and for few timers."""
    late, late_of_few = WAYS[way](many), WAYS[way](few)
    of_many = bounded(late, many)
    return {
        "lateness_p99_seconds": quantile(of_many, 0.99),
        "lateness_p50_seconds": quantile(of_many, 0.5),
        "lateness_p999_seconds": quantile(of_many, 0.999),
        "few_timers_lateness_p99_seconds": quantile(bounded(late_of_few, few), 0.99),
        "timers_set": len(late),
    }


PROBES = (
    Probe(
        WAYS,
        (
            *("lateness_p99_seconds", "lateness_p50_seconds", "lateness_p999_seconds"),
            *("few_timers_lateness_p99_seconds", "timers_set"),
        ),
        concurrency=(MANY,),
    ),
)


def main() -> None:
    """Print the metrics of the model that the command line names."""
    print(json.dumps(measure(sys.argv[1], MANY, FEW)))
