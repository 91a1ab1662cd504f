"""httpx: the same calls, blocking and awaited, under asyncio and under trio.

There is no TLS here, so verification is off: loading certificates would cost each client 20 ms that `requests` does not
pay. It is imported when a client is first opened, because `make bench` does not install it.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.workloads import EVERY_FORM
from benchmarks.workloads.http_base import Pages

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class Httpx(Pages):
    """Fetch pages with httpx."""

    name = "httpx"
    forms = EVERY_FORM
    package = "httpx"

    @contextmanager
    def client(self) -> Iterator["httpx.Client"]:
        """One client."""
        import httpx

        with httpx.Client(verify=False, trust_env=False) as client:
            yield client

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator["httpx.AsyncClient"]:
        """One client without a limit of its own: the model limits the concurrency."""
        import httpx

        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(verify=False, trust_env=False, limits=limits) as client:
            yield client

    def perform(self, client: "httpx.Client", task: int) -> bytes:
        """Fetch, blocking."""
        return client.get(self.url + self.target(task)).raise_for_status().content

    async def aperform(self, client: "httpx.AsyncClient", task: int) -> bytes:
        """Fetch, awaiting."""
        response = await client.get(self.url + self.target(task))
        return response.raise_for_status().content
