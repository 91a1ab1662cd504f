"""The same chain of three steps, written with callbacks and with `await`: what does one chain cost?

Each step starts an operation and takes its answer further. An operation answers through a future that the event loop
completes in a later turn, as it does when a socket becomes readable: both forms wait for the very same futures. What
differs is who goes on when the answer is there: a callback that was added to the future, or a coroutine that awaits it.
Callbacks start a chain by calling it, coroutines by making a task of it, as a server does for each request.
100 chains are under way at once.

Rejected: calling the next callback directly (a function call, with nothing to wait for), operations that take a
callback and have no future (the future would be charged to `await`: that is `callbacks-bare`, shown for what a future
costs), and coroutines that await without ever waiting (they would not go through the loop at all).

What you should see: the coroutines cost somewhat more, since a task is made for each chain, and far from twice as much.
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
    """Something that takes a turn of the loop to answer: with one more than it was given."""
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
    """One chain without futures: each operation is told whom to call."""

    def bare(value: int, then: Then) -> None:
        loop.call_soon(then, value + 1)

    bare(0, lambda first: bare(first, lambda second: bare(second, done)))


def coroutines(loop: Loop, done: Then) -> None:
    """One chain: the same three steps, one below the other."""

    async def chain() -> None:
        first = await operation(loop, 0)
        second = await operation(loop, first)
        third = await operation(loop, second)
        done(third)

    RUNNING.add(task := loop.create_task(chain()))
    task.add_done_callback(RUNNING.discard)


RUNNING: set[asyncio.Task[None]] = set()  # a loop holds its tasks only weakly
FORMS: dict[str, Callable[[Loop, Then], None]] = {
    "callbacks": callbacks,
    "callbacks-bare": callbacks_bare,
    "coroutines": coroutines,
}


async def answers(form: str, chains: int) -> list[int]:
    """Run so many chains, AT_ONCE of them under way: as one ends, the next begins. Their answers."""
    loop, found = asyncio.get_running_loop(), list[int]()
    ended, left = loop.create_future(), iter(range(max(0, chains - AT_ONCE)))

    def done(value: int) -> None:
        found.append(value)
        if next(left, None) is not None:
            FORMS[form](loop, done)
        elif len(found) == chains:
            ended.set_result(None)

    for _ in range(min(chains, AT_ONCE)):
        FORMS[form](loop, done)
    await ended
    return found


async def unit_seconds(form: str, chains: int = CHAINS) -> float:
    """Seconds for each chain; a first lap is not counted."""
    await answers(form, AT_ONCE)
    began = perf_counter()
    found = await answers(form, chains)
    took = perf_counter() - began
    assert found == [STEPS] * chains, "a step of a chain was lost"
    return took / chains


PROBES = (Probe(FORMS, ("unit_seconds",), concurrency=(AT_ONCE,), tasks=1),)


def main() -> None:
    """Print the cost of the form that the command line names."""
    print(json.dumps({"unit_seconds": asyncio.run(unit_seconds(sys.argv[1]))}))
