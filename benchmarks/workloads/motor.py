"""Motor: PyMongo, blocking, behind a pool of threads that looks like asyncio. Deprecated in favour of PyMongo Async.

Its threads are in a pool of the module, by default five per core: on two cores ten queries run concurrently, however
many coroutines wait. Here the pool has as many threads as connections, and ends with the client.
"""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.pymongo import Pymongo


@dataclass(frozen=True)
class Motor(Pymongo):
    """Query with Motor."""

    driver = "motor"
    package = "motor"
    forms = ("asyncio",)

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """One client."""
        from motor.frameworks import asyncio as framework
        from motor.motor_asyncio import AsyncIOMotorClient

        opened = AsyncIOMotorClient(self.database, **self.settings())
        with ThreadPoolExecutor(self.connections, "motor") as framework._EXECUTOR, closing(opened) as client:
            yield client
