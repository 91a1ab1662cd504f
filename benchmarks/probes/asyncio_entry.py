"""What do asyncio's entry points cost? A coroutine that does nothing is run in three ways.

    asyncio-run             asyncio.run(nothing()): a loop is created, used once, and closed
    run-until-complete      an existing loop runs a task
    await                   a running coroutine awaits it: no task, no iteration of the loop

What you should see: about 100 µs, 10 µs and 0.1 µs. So `asyncio.run` belongs at the top of a program and not inside a
loop, and awaiting a coroutine costs little more than calling a function. The same three were measured for pyperf's
`bench_async_func` (github.com/psf/pyperf/issues/121), on Python 3.10.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from time import perf_counter

from benchmarks.probes import Probe


async def nothing() -> None:
    """The coroutine that is run."""


def run(count: int) -> float:
    """Seconds for so many loops."""
    began = perf_counter()
    for _ in range(count):
        asyncio.run(nothing())
    return perf_counter() - began


def run_until_complete(count: int) -> float:
    """Seconds for so many tasks of one loop."""
    loop = asyncio.new_event_loop()
    began = perf_counter()
    for _ in range(count):
        loop.run_until_complete(nothing())
    took = perf_counter() - began
    loop.close()
    return took


def awaiting(count: int) -> float:
    """Seconds for so many awaits in one coroutine."""

    async def body() -> float:
        began = perf_counter()
        for _ in range(count):
            await nothing()
        return perf_counter() - began

    return asyncio.run(body())


FORMS: dict[str, tuple[Callable[[int], float], int]] = {  # function and count: some 100 ms of each
    "asyncio-run": (run, 500),
    "run-until-complete": (run_until_complete, 5_000),
    "await": (awaiting, 1_000_000),
}

PROBES = (Probe(FORMS, ("unit_seconds",), tasks=1),)


def main() -> None:
    """Print the cost of the form that the command line names."""
    timed, count = FORMS[sys.argv[1]]
    timed(1)
    print(json.dumps({"unit_seconds": timed(count) / count}))
