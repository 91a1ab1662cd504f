"""The time to start and join a thread, a process, a sub-interpreter or a task that does nothing, sequentially.

Measured in an interpreter that has loaded little else: a fork copies the parent's page tables, so the parent's size
counts. A fork server is started outside the clock.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from multiprocessing import get_context, set_forkserver_preload
from threading import Thread
from time import perf_counter

from benchmarks.probes import Probe


def nothing() -> None:
    """The work of every unit."""


def start_threads(count: int) -> None:
    """Start and join threads."""
    for _ in range(count):
        thread = Thread(target=nothing)
        thread.start()
        thread.join()


def start_tasks(count: int) -> None:
    """Create and await tasks in a running loop."""

    async def anothing() -> None:
        pass

    async def start() -> None:
        for _ in range(count):
            await asyncio.create_task(anothing())

    asyncio.run(start())


def start_processes(method: str) -> Callable[[int], None]:
    """Start and join processes by `method`."""
    context = get_context(method)

    def start(count: int) -> None:
        for _ in range(count):
            process = context.Process(target=nothing)  # type: ignore[attr-defined]
            process.start()
            process.join()

    return start


def start_interpreters(count: int) -> None:
    """Create sub-interpreters, call something in each, and close them again."""
    from concurrent import interpreters  # type: ignore[attr-defined]  # from Python 3.14 on

    for _ in range(count):
        interpreter = interpreters.create()
        interpreter.call(nothing)
        interpreter.close()


STARTERS: dict[str, tuple[Callable[[int], None], int]] = {  # function and count: some 50 ms of each
    "task": (start_tasks, 5000),
    "thread": (start_threads, 500),
    "interpreters": (start_interpreters, 10),
    "process-fork": (start_processes("fork"), 20),
    "process-forkserver": (start_processes("forkserver"), 10),
    "process-spawn": (start_processes("spawn"), 2),
}

PROBES = (
    Probe([name for name in STARTERS if name != "interpreters"], ("unit_seconds",), opt_in=False),
    Probe(["interpreters"], ("unit_seconds",)),
)


def main() -> None:
    """Print the cost of the unit that the command line names."""
    set_forkserver_preload([__name__])
    start, count = STARTERS[sys.argv[1]]
    start(1)
    began = perf_counter()
    start(count)
    print(json.dumps({"unit_seconds": (perf_counter() - began) / count}))
