"""psycopg 3: one driver, blocking and awaited, with a connection per worker and over its own pool."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Connections, Database, Row, Shared, first_row, note

WAIT = "SELECT pg_sleep(%s), %s::int"
ROWS = "SELECT id, name, amount FROM overlap_rows WHERE id >= %s ORDER BY id LIMIT %s"
WRITE = "INSERT INTO overlap_notes VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
READ = "SELECT body FROM overlap_notes WHERE id = %s"
POOL = Shared()


@dataclass(frozen=True)
class Psycopg(Database):
    """Query with psycopg; outside a transaction each statement commits by itself (`autocommit`)."""

    driver = "psycopg"
    service = "postgres"
    package = "psycopg"

    def client(self) -> AbstractContextManager[Any]:
        """One connection: a blocking worker has one query in flight."""
        import psycopg

        return psycopg.connect(self.database, autocommit=True)

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """Connections, each opened when first needed."""
        from psycopg import AsyncConnection

        return Connections(
            lambda: AsyncConnection.connect(self.database, autocommit=True), lambda connection: connection.close()
        )

    def wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        return client.execute(WAIT, (self.delay_s, task)).fetchone()[1]  # type: ignore[no-any-return]

    def rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        return tuple(client.execute(ROWS, (first_row(task), BATCH)).fetchall())

    def write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        with client.transaction():
            client.execute(WRITE, (task, note(task)))
            return client.execute(READ, (task,)).fetchone()[0]  # type: ignore[no-any-return]

    def borrow(self, client: Any) -> AbstractAsyncContextManager[Any]:
        """Borrow a connection."""
        return client.borrowed()  # type: ignore[no-any-return]

    async def await_wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        async with self.borrow(client) as connection:
            cursor = await connection.execute(WAIT, (self.delay_s, task))
            return (await cursor.fetchone())[1]  # type: ignore[no-any-return]

    async def await_rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        async with self.borrow(client) as connection:
            cursor = await connection.execute(ROWS, (first_row(task), BATCH))
            return tuple(await cursor.fetchall())

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        async with self.borrow(client) as connection, connection.transaction():
            await connection.execute(WRITE, (task, note(task)))
            cursor = await connection.execute(READ, (task,))
            return (await cursor.fetchone())[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class PsycopgPool(Psycopg):
    """Query with psycopg, over its pool: all threads share one."""

    driver = "psycopg-pool"
    package = "psycopg_pool"

    def client(self) -> AbstractContextManager[Any]:
        """The pool; all its connections are opened at the start."""
        return POOL.used(self.filled_pool)

    @contextmanager
    def filled_pool(self) -> Iterator[Any]:
        """The pool, once all its connections are open: the awaited one does not start before, either."""
        from psycopg_pool import ConnectionPool

        with ConnectionPool(self.database, open=False, **self.settings()) as pool:
            pool.wait()
            yield pool

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """The pool; all its connections are opened at the start."""
        from psycopg_pool import AsyncConnectionPool

        async with AsyncConnectionPool(self.database, open=False, **self.settings()) as pool:
            await pool.wait()
            yield pool

    def settings(self) -> dict[str, Any]:
        """As many connections as may be in flight."""
        return {"min_size": self.connections, "max_size": self.connections, "kwargs": {"autocommit": True}}

    def wait(self, client: Any, task: int) -> int:
        """Wait in the server, over a connection of the pool."""
        with client.connection() as connection:
            return super().wait(connection, task)

    def rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch, over a connection of the pool."""
        with client.connection() as connection:
            return super().rows(connection, task)

    def write(self, client: Any, task: int) -> str:
        """Write, read back, commit, over a connection of the pool."""
        with client.connection() as connection:
            return super().write(connection, task)

    def borrow(self, client: Any) -> AbstractAsyncContextManager[Any]:
        """Borrow a connection of the pool."""
        return client.connection()  # type: ignore[no-any-return]
