"""A pitfall as a workload: a blocking client called from coroutines. Nothing is awaited, so nothing overlaps.

It differs from `http` in one thing only: the awaitable form fetches with `requests`, as the blocking form does. It is
defined with `async def` and runs in an event loop, but no coroutine runs while another one waits.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.http import Http


@dataclass(frozen=True)
class HttpBlocking(Http):
    """`http`, whose coroutines call `requests`."""

    name = "http-blocking"

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """One `requests.Session`."""
        with self.client() as session:
            yield session

    async def aperform(self, client: Any, task: int) -> bytes:
        """Fetch with requests, blocking the loop until the answer is there."""
        return self.perform(client, task)
