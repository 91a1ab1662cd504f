"""The blocked loop: one blocking call in a coroutine stops every other coroutine.

An event loop runs one thing at a time, and changes only at an `await`. A call that blocks (`time.sleep`, `requests`, a
large file, a second of computing) keeps the loop for as long as it takes. Meanwhile the program answers no request,
fires no timer, delivers no cancellation, and says nothing. What to do: await something made for it, or hand it to
`asyncio.to_thread`. `asyncio.run(main(), debug=True)` logs what kept the loop for over 0.1 s.

A heartbeat that beats every 10 ms notices: its longest pause is how long the loop was gone.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

BEAT_S, WORK_S = 0.01, 0.5


async def blocking() -> None:
    """The mistake."""
    time.sleep(WORK_S)  # noqa: ASYNC251 - that is the mistake


async def awaiting() -> None:
    """The same wait, in the loop's own words."""
    await asyncio.sleep(WORK_S)


async def in_a_thread() -> None:
    """The blocking call, where it does no harm."""
    await asyncio.to_thread(time.sleep, WORK_S)


async def longest_pause(work: Callable[[], Awaitable[None]]) -> float:
    """Seconds between two beats, at the most, while that goes on."""
    beats = [time.perf_counter()]

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            beats.append(time.perf_counter())

    async with asyncio.TaskGroup() as group:
        heart = group.create_task(beat())
        await asyncio.sleep(BEAT_S)
        await work()
        await asyncio.sleep(2 * BEAT_S)
        heart.cancel()
    return max(later - earlier for earlier, later in pairwise(beats))


blocked, awaited, threaded = (asyncio.run(longest_pause(work)) for work in (blocking, awaiting, in_a_thread))
print(f"Longest pause: {blocked:.3f} s (time.sleep), {awaited:.3f} s (asyncio.sleep), {threaded:.3f} s (to_thread).")
print(
    f"You should have seen {WORK_S} s or a little more for the first, and little more than {BEAT_S} s for the others."
)
seen = blocked >= WORK_S * 0.9 and max(awaited, threaded) < blocked / 2
sys.exit(None if seen else "Not seen: the pauses are too much alike.")
