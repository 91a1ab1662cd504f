"""Falcon, awaited (ASGI)."""

import asyncio
from contextlib import AsyncExitStack

import falcon
import falcon.asgi
from falcon.asgi import Request, Response

from servers.web_apps import HELLO, async_pool, async_row, compute


class Pool:
    """Opens the pool, and closes it at the end."""

    async def process_startup(self, scope: object, event: object) -> None:
        """Open them."""
        self.closing = AsyncExitStack()
        self.opened = await self.closing.enter_async_context(async_pool())

    async def process_shutdown(self, scope: object, event: object) -> None:
        """Close them."""
        await self.closing.aclose()


class Hello:
    """The text, immediately."""

    async def on_get(self, request: Request, response: Response) -> None:
        """Answer."""
        response.content_type, response.text = falcon.MEDIA_TEXT, HELLO


class Wait:
    """Wait, then answer."""

    async def on_get(self, request: Request, response: Response, ms: int) -> None:
        """Answer."""
        await asyncio.sleep(ms / 1000)
        response.media = {"waited_ms": ms}


class Page:
    """A row of the database."""

    async def on_get(self, request: Request, response: Response, number: int) -> None:
        """Answer."""
        response.media = await async_row(pool.opened, number)


class Squares:
    """Compute, then answer."""

    async def on_get(self, request: Request, response: Response, numbers: int) -> None:
        """Answer."""
        response.media = {"sum": compute(numbers)}


pool = Pool()
app = falcon.asgi.App(middleware=[pool])
app.add_route("/hello", Hello())
app.add_route("/wait/{ms:int}", Wait())
app.add_route("/row/{number:int}", Page())
app.add_route("/compute/{numbers:int}", Squares())
