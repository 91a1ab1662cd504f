"""FastAPI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from servers.web_apps import HELLO, async_pool, async_row, compute


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool, and close it at the end."""
    async with async_pool() as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/hello", response_class=PlainTextResponse)
async def hello() -> str:
    """The text, immediately."""
    return HELLO


@app.get("/wait/{ms}")
async def wait(ms: int) -> dict[str, int]:
    """Wait, then answer."""
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/row/{number}")
async def page(number: int) -> dict[str, Any]:
    """A row of the database."""
    return await async_row(app.state.pool, number)


@app.get("/compute/{numbers}")
async def squares(numbers: int) -> dict[str, int]:
    """Compute, then answer."""
    return {"sum": compute(numbers)}
