"""Litestar."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, MediaType, get
from litestar.datastructures import State

from servers.web_apps import HELLO, async_pool, async_row, compute


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Open the pool, and close it at the end."""
    async with async_pool() as app.state.pool:
        yield


@get("/hello", media_type=MediaType.TEXT)
async def hello() -> str:
    """The text, immediately."""
    return HELLO


@get("/wait/{ms:int}")
async def wait(ms: int) -> dict[str, int]:
    """Wait, then answer."""
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@get("/row/{number:int}")
async def page(number: int, state: State) -> dict[str, Any]:
    """A row of the database."""
    return await async_row(state.pool, number)


@get("/compute/{numbers:int}")
async def squares(numbers: int) -> dict[str, int]:
    """Compute, then answer."""
    return {"sum": compute(numbers)}


app = Litestar([hello, wait, page, squares], lifespan=[lifespan])
