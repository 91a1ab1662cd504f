"""The same chain of three steps, written with callbacks and with `await`: what does one chain cost?

Each step starts an operation and passes its answer on. An operation answers through a future that the event loop
completes in a later iteration, as when a socket becomes readable: both forms wait for the same futures. They differ in
what continues with the answer: a callback added to the future, or a coroutine that awaits it. Callbacks start a chain
by a call, coroutines by creating a task, as a server does for each request. 100 chains run concurrently.

Rejected: calling the next callback directly (a function call, with nothing to wait for), operations that take a
callback and have no future (the future would be charged to `await`; this is `callbacks-bare`, which shows the cost of a
future), and coroutines that await without ever waiting (they would not go through the loop at all).

What you should see: coroutines cost somewhat more, because each chain is a task, but far less than twice as much.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from time import perf_counter

from benchmarks.probes import Probe

AT_ONCE = 100
CHAINS = 5_000  # some 100 ms
STEPS = 3

Loop = asyncio.AbstractEventLoop
Then = Callable[[int], object]


def operation(loop: Loop, value: int) -> asyncio.Future[int]:
    """An operation that answers in the next iteration of the loop, with `value` + 1."""
    future = loop.create_future()
    loop.call_soon(future.set_result, value + 1)
    return future


def callbacks(loop: Loop, done: Then) -> None:
    """One chain: each callback starts the next step."""
    operation(loop, 0).add_done_callback(
        lambda first: operation(loop, first.result()).add_done_callback(
            lambda second: operation(loop, second.result()).add_done_callback(lambda third: done(third.result()))
        )
    )


def callbacks_bare(loop: Loop, done: Then) -> None:
    """One chain without futures: each operation gets its callback."""

    def bare(value: int, then: Then) -> None:
        loop.call_soon(then, value + 1)

    bare(0, lambda first: bare(first, lambda second: bare(second, done)))


def coroutines(loop: Loop, done: Then) -> None:
    """One chain: the same three steps in one coroutine."""

    async def chain() -> None:
        first = await operation(loop, 0)
        second = await operation(loop, first)
        third = await operation(loop, second)
        done(third)

    RUNNING.add(task := loop.create_task(chain()))
    task.add_done_callback(RUNNING.discard)


RUNNING: set[asyncio.Task[None]] = set()  # a loop holds only weak references to its tasks
FORMS: dict[str, Callable[[Loop, Then], None]] = {
    "callbacks": callbacks,
    "callbacks-bare": callbacks_bare,
    "coroutines": coroutines,
}


async def answers(form: str, chains: int) -> list[int]:
    """Run that many chains, AT_ONCE of them concurrently; their answers."""
    loop, values = asyncio.get_running_loop(), list[int]()
    ended, left = loop.create_future(), iter(range(max(0, chains - AT_ONCE)))

    def done(value: int) -> None:
        values.append(value)
        if next(left, None) is not None:
            FORMS[form](loop, done)
        elif len(values) == chains:
            ended.set_result(None)

    for _ in range(min(chains, AT_ONCE)):
        FORMS[form](loop, done)
    await ended
    return values


async def unit_seconds(form: str, chains: int = CHAINS) -> float:
    """Seconds per chain, after a warm-up."""
    await answers(form, AT_ONCE)
    began = perf_counter()
    values = await answers(form, chains)
    took = perf_counter() - began
    assert values == [STEPS] * chains, "a step of a chain was lost"
    return took / chains


PROBES = (Probe(FORMS, ("unit_seconds",), concurrency=(AT_ONCE,), tasks=1),)


def main() -> None:
    """Print the cost of the form that the command line names."""
    print(json.dumps({"unit_seconds": asyncio.run(unit_seconds(sys.argv[1]))}))
