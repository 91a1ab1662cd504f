"""Starlette."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from servers.web_apps import HELLO, async_pool, async_row, compute


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the pool, and close it at the end."""
    async with async_pool() as app.state.pool:
        yield


async def hello(request: Request) -> PlainTextResponse:
    """The text, immediately."""
    return PlainTextResponse(HELLO)


async def wait(request: Request) -> JSONResponse:
    """Wait, then answer."""
    ms = request.path_params["ms"]
    await asyncio.sleep(ms / 1000)
    return JSONResponse({"waited_ms": ms})


async def page(request: Request) -> JSONResponse:
    """A row of the database."""
    return JSONResponse(await async_row(request.app.state.pool, request.path_params["number"]))


async def squares(request: Request) -> JSONResponse:
    """Compute, then answer."""
    return JSONResponse({"sum": compute(request.path_params["numbers"])})


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/hello", hello),
        Route("/wait/{ms:int}", wait),
        Route("/row/{number:int}", page),
        Route("/compute/{numbers:int}", squares),
    ],
)
