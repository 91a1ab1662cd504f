"""asyncpg: PostgreSQL's protocol, written for asyncio; with connections kept in a list, and with its own pool.

Its pool resets a returned connection, which costs one more round trip to the server.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Connections, Database, Row, first_row, note

WAIT = "SELECT pg_sleep($1), $2::int"
ROWS = "SELECT id, name, amount FROM overlap_rows WHERE id >= $1 ORDER BY id LIMIT $2"
WRITE = "INSERT INTO overlap_notes VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
READ = "SELECT body FROM overlap_notes WHERE id = $1"


@dataclass(frozen=True)
class Asyncpg(Database):
    """Query with asyncpg."""

    driver = "asyncpg"
    service = "postgres"
    package = "asyncpg"
    forms = ("asyncio",)

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """Connections, each opened when first needed."""
        import asyncpg

        return Connections(lambda: asyncpg.connect(self.database), lambda connection: connection.close())

    def borrow(self, client: Any) -> AbstractAsyncContextManager[Any]:
        """Borrow a connection."""
        return client.borrowed()  # type: ignore[no-any-return]

    async def await_wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        async with self.borrow(client) as connection:
            return (await connection.fetchrow(WAIT, self.delay_s, task))[1]  # type: ignore[no-any-return]

    async def await_rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows; a record compares like a tuple."""
        async with self.borrow(client) as connection:
            return tuple(await connection.fetch(ROWS, first_row(task), BATCH))

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        async with self.borrow(client) as connection, connection.transaction():
            await connection.execute(WRITE, task, note(task))
            return await connection.fetchval(READ, task)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class AsyncpgPool(Asyncpg):
    """Query with asyncpg, over its pool."""

    driver = "asyncpg-pool"

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """The pool; all its connections are opened at the start."""
        import asyncpg

        most = self.connections
        return asyncpg.create_pool(self.database, min_size=most, max_size=most)  # type: ignore[no-any-return]

    def borrow(self, client: Any) -> AbstractAsyncContextManager[Any]:
        """Borrow a connection of the pool."""
        return client.acquire()  # type: ignore[no-any-return]
