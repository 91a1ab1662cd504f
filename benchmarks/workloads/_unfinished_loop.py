"""What a loop has been given and not finished when it closes: tasks, calls of its pool, calls for later."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from benchmarks.workloads._unfinished import is_users

POOL_GRACE_S = 0.2  # inside the clock; only who awaits nothing waits so long: a thread is idle 0.1 ms after its call


def pending_tasks(known: Iterable["asyncio.Task[Any]"]) -> str:
    """The asyncio tasks beside the current one that are still pending, in words; empty when none are."""
    left = asyncio.all_tasks() - set(known) - {asyncio.current_task()}
    if not left:
        return ""
    name = getattr(next(iter(left)).get_coro(), "__qualname__", "a coroutine")
    return (
        f"{len(left)} asyncio tasks ({name}) were still pending when the loop closed, so their work was not done. "
        "Next: await what create_task() returns"
    )


def scheduled(loop: Any) -> frozenset[Any]:
    """The calls that a loop will make later, but for those of libraries (a timeout, a connection's keep-alive)."""
    handles = [one for one in getattr(loop, "_scheduled", ()) if not one.cancelled()]
    return frozenset(one for one in handles if is_users(callback_file(one._callback)))


def callback_file(callback: Any) -> str:
    """The file of a callback's code; that of a builtin function is the user's, who handed it over."""
    inner = getattr(callback, "func", callback)  # a partial's
    return getattr(getattr(inner, "__code__", None), "co_filename", "of a builtin")


def unread_calls(loop: Any, known: frozenset[Any]) -> str:
    """Calls handed to a loop's pool or its timers that have not ended, in words; empty when all have."""
    if later := scheduled(loop) - known:
        count = f"{len(later)} calls of call_later had not been made when the loop closed"
        return f"{count}, so their work was not done. Next: await asyncio.sleep(…), then call the function"
    pool, deadline = getattr(loop, "_default_executor", None), time.monotonic() + POOL_GRACE_S
    while (left := busy(pool)) and time.monotonic() < deadline:
        time.sleep(POOL_GRACE_S / 1000)
    if not left:
        return ""
    count = f"{left} calls of run_in_executor had not ended when the loop closed"
    return f"{count}, so their answers were never read. Next: await what run_in_executor() returns"


def busy(pool: Any) -> int:
    """How many calls a pool of threads has not ended; a thread is idle again a moment after its call."""
    if pool is None or not hasattr(pool, "_idle_semaphore"):
        return 0
    idle: int = pool._idle_semaphore._value
    return int(pool._work_queue.qsize()) + max(0, len(pool._threads) - idle)
