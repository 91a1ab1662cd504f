"""Quart: Flask's interface, awaited."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from quart import Quart, Response

from servers.web_apps import HELLO, async_pool, async_row, compute

app = Quart(__name__)


@app.while_serving
async def keep_pool() -> AsyncGenerator[None, None]:
    """Open the pool, and close it at the end."""
    async with async_pool() as app.pool:  # type: ignore[attr-defined]
        yield


@app.get("/hello")
async def hello() -> Response:
    """The text, immediately."""
    return Response(HELLO, mimetype="text/plain")


@app.get("/wait/<int:ms>")
async def wait(ms: int) -> dict[str, int]:
    """Wait, then answer."""
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/row/<int:number>")
async def page(number: int) -> dict[str, Any]:
    """A row of the database."""
    return await async_row(app.pool, number)  # type: ignore[attr-defined]


@app.get("/compute/<int:numbers>")
async def squares(numbers: int) -> dict[str, int]:
    """Compute, then answer."""
    return {"sum": compute(numbers)}
