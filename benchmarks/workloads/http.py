"""The usual client libraries: blocking `requests`, awaited `aiohttp`.

Two libraries, so no statement about a *model* may rest on this workload alone: `wire` runs the same protocol code
under every model. Both clients are pooled and keep their connections alive, with one session per worker, as their
documentation recommends. `trust_env` is off: a proxy variable or a .netrc would redirect loopback requests.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp
import requests

from benchmarks.workloads.http_base import Pages


@dataclass(frozen=True)
class Http(Pages):
    """Fetch pages with the usual libraries."""

    name = "http"

    @contextmanager
    def client(self) -> Iterator[requests.Session]:
        """One `requests.Session`: a session must not be shared between threads."""
        with requests.Session() as session:
            session.trust_env = False
            yield session

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[aiohttp.ClientSession]:
        """One `aiohttp.ClientSession` without a limit of its own: the model limits the concurrency."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            yield session

    def perform(self, client: requests.Session, task: int) -> bytes:
        """Fetch with requests."""
        response = client.get(self.url + self.target(task))
        response.raise_for_status()
        return response.content

    async def aperform(self, client: aiohttp.ClientSession, task: int) -> bytes:
        """Fetch with aiohttp."""
        async with client.get(self.url + self.target(task), raise_for_status=True) as response:
            return await response.read()
