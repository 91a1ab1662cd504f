"""redis-py, blocking and awaited, sequentially and in pipelines, against Redis or Valkey.

A hundred rows are a hundred `GET`s: a hundred round trips, or one with a pipeline. A wait is a `BLPOP` on a key that
never exists. A write is `MULTI`, `SET`, `GET`, `EXEC`, which the library sends as one.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Database, Row, first_row, note, table


def keys(task: int) -> list[str]:
    """The keys of the task's rows."""
    return [f"overlap:row:{number}" for number in range(first_row(task), first_row(task) + BATCH)]


def value(row: Row) -> bytes:
    """A row as it is stored."""
    return " ".join(map(str, row)).encode()


@dataclass(frozen=True)
class Redis(Database):
    """Query with redis-py."""

    driver = "redis"
    service = "valkey"
    package = "redis"

    @contextmanager
    def client(self) -> Iterator[Any]:
        """One client with one connection."""
        import redis

        with redis.Redis.from_url(self.database, max_connections=1) as client:
            yield client

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """One client, whose pool opens a connection when none is idle."""
        from redis.asyncio import Redis

        async with Redis.from_url(self.database, max_connections=self.connections) as client:
            yield client

    def expected(self, task: int) -> Any:
        """The rows as they are stored."""
        rows = table()[first_row(task) : first_row(task) + BATCH]
        return tuple(map(value, rows)) if self.query == "rows" else super().expected(task)

    def wait(self, client: Any, task: int) -> int | None:
        """Wait in the server."""
        return task if client.blpop([f"overlap:never:{task}"], self.delay_s) is None else None

    def rows(self, client: Any, task: int) -> tuple[bytes, ...]:
        """Get the rows sequentially."""
        return tuple([client.get(key) for key in keys(task)])

    def write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        name = f"overlap:note:{task}"
        return client.pipeline(transaction=True).set(name, note(task)).get(name).execute()[1].decode()  # type: ignore[no-any-return]

    async def await_wait(self, client: Any, task: int) -> int | None:
        """Wait in the server."""
        return task if await client.blpop([f"overlap:never:{task}"], self.delay_s) is None else None

    async def await_rows(self, client: Any, task: int) -> tuple[bytes, ...]:
        """Get the rows sequentially."""
        return tuple([await client.get(key) for key in keys(task)])

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        name = f"overlap:note:{task}"
        async with client.pipeline(transaction=True) as pipeline:
            return (await pipeline.set(name, note(task)).get(name).execute())[1].decode()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class RedisPipeline(Redis):
    """Query with redis-py for all rows of a task at once."""

    driver = "redis-pipeline"

    def rows(self, client: Any, task: int) -> tuple[bytes, ...]:
        """Get all rows in one round trip."""
        with client.pipeline(transaction=False) as pipeline:
            for key in keys(task):
                pipeline.get(key)
            return tuple(pipeline.execute())

    async def await_rows(self, client: Any, task: int) -> tuple[bytes, ...]:
        """Get all rows in one round trip."""
        async with client.pipeline(transaction=False) as pipeline:
            for key in keys(task):
                pipeline.get(key)
            return tuple(await pipeline.execute())
