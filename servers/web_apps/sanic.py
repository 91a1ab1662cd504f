"""Sanic, under its own server: `python -m servers.web_apps.sanic FD`."""

import asyncio
import socket
import sys
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

from sanic import HTTPResponse, Request, Sanic, json, text

from servers.web_apps import HELLO, async_pool, async_row, compute

App: TypeAlias = Sanic[Any, Any]

app = Sanic("overlap")
app.config.ACCESS_LOG = False


@app.before_server_start
async def open_pool(app: App) -> None:
    """Open the pool, and close it at the end."""
    app.ctx.closing = AsyncExitStack()
    app.ctx.pool = await app.ctx.closing.enter_async_context(async_pool())


@app.after_server_stop
async def close_pool(app: App) -> None:
    """Close the pool."""
    await app.ctx.closing.aclose()


@app.get("/hello")
async def hello(request: Request) -> HTTPResponse:
    """The text, immediately."""
    return text(HELLO)


@app.get("/wait/<ms:int>")
async def wait(request: Request, ms: int) -> HTTPResponse:
    """Wait, then answer."""
    await asyncio.sleep(ms / 1000)
    return json({"waited_ms": ms})


@app.get("/row/<number:int>")
async def page(request: Request, number: int) -> HTTPResponse:
    """A row of the database."""
    return json(await async_row(request.app.ctx.pool, number))


@app.get("/compute/<numbers:int>")
async def squares(request: Request, numbers: int) -> HTTPResponse:
    """Compute, then answer."""
    return json({"sum": compute(numbers)})


if __name__ == "__main__":
    app.run(sock=socket.socket(fileno=int(sys.argv[1])), single_process=True, access_log=False, motd=False)
