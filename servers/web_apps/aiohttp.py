"""aiohttp, under its own server: `python -m servers.web_apps.aiohttp FD`."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from servers.latency import new_event_loop
from servers.sockets import BACKLOG
from servers.web_apps import HELLO, async_pool, async_row, compute

POOL = web.AppKey("pool", Any)
routes = web.RouteTableDef()


async def keep_pool(app: web.Application) -> AsyncIterator[None]:
    """Open the pool, and close it at the end."""
    async with async_pool() as app[POOL]:
        yield


@routes.get("/hello")
async def hello(request: web.Request) -> web.Response:
    """The text, immediately."""
    return web.Response(text=HELLO)


@routes.get(r"/wait/{ms:\d+}")
async def wait(request: web.Request) -> web.Response:
    """Wait, then answer."""
    ms = int(request.match_info["ms"])
    await asyncio.sleep(ms / 1000)
    return web.json_response({"waited_ms": ms})


@routes.get(r"/row/{number:\d+}")
async def page(request: web.Request) -> web.Response:
    """A row of the database."""
    return web.json_response(await async_row(request.app[POOL], int(request.match_info["number"])))


@routes.get(r"/compute/{numbers:\d+}")
async def squares(request: web.Request) -> web.Response:
    """Compute, then answer."""
    return web.json_response({"sum": compute(int(request.match_info["numbers"]))})


app = web.Application()
app.add_routes(routes)
app.cleanup_ctx.append(keep_pool)

if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[1]))
    web.run_app(app, sock=listening, backlog=BACKLOG, print=None, access_log=None, loop=new_event_loop())
