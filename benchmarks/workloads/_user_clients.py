"""What the user's `client()` and `aclient()` give: entered, awaited and closed again, as far as it takes that."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

# What is entered by tasks, and not by whoever opens it: to enter a lock is to take it.
GATES = (
    *(asyncio.Lock, asyncio.Semaphore, asyncio.Condition, threading.Condition, threading.Semaphore),
    *(type(threading.Lock()), type(threading.RLock())),
)


@contextmanager
def opened(client: Any) -> Iterator[Any]:
    """What the user's `client()` gave, entered, and closed again.

    Pools close their workers' clients from the main thread. What refuses that (sqlite3) closes when it is let go.
    """
    if isinstance(client, GATES):
        yield client
        return
    opener, entered = threading.get_ident(), client.__enter__() if hasattr(client, "__enter__") else client
    try:
        yield entered
    finally:
        with suppress(*() if threading.get_ident() == opener else (Exception,)):
            if hasattr(client, "__exit__"):
                client.__exit__(None, None, None)
            if callable(close := getattr(client, "close", None)):
                close()


@asynccontextmanager
async def aopened(client: Any) -> AsyncIterator[Any]:
    """What the user's `aclient()` gave, entered and closed; awaited first where it is a coroutine function."""
    if hasattr(client, "__await__") and not hasattr(client, "__aenter__"):
        client = await client
    if hasattr(client, "__aenter__") and not isinstance(client, GATES):
        async with client as entered:
            yield entered
    else:
        yield client
        for name in ("aclose", "close"):
            if callable(close := getattr(client, name, None)):
                waiting = close()
                if hasattr(waiting, "__await__"):
                    await waiting
                break
