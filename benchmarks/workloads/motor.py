"""Motor: PyMongo, blocking, behind a pool of threads that looks like asyncio. Deprecated in favour of PyMongo Async.

It keeps its threads in a pool of the module's, five for each core unless it is told otherwise, so that on two cores
ten questions are asked at once however many coroutines wait. Here it gets as many as it has connections, and they end
with its client, as everybody's do.
"""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.pymongo import Pymongo


@dataclass(frozen=True)
class Motor(Pymongo):
    """Ask with Motor."""

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
