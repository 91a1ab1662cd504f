"""SQLite, which is no server: `sqlite3` of the standard library, and aiosqlite, which gives each connection a thread.

Nothing waits here but for a disk, and for each other: one connection writes at a time, and those that may not sleep
for a while and ask again. There is no query that waits: a database in the same process has nobody to wait for.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Connections, Database, Row, first, note

ROWS = "SELECT id, name, amount FROM overlap_rows WHERE id >= ? ORDER BY id LIMIT ?"
WRITE = "INSERT INTO overlap_notes VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
READ = "SELECT body FROM overlap_notes WHERE id = ?"
UNSYNCED = "PRAGMA synchronous = OFF"  # as the servers of our own: it isn't the disk that is measured
PATIENCE_S = 30  # to wait for whoever writes
SETTINGS: dict[str, Any] = {"isolation_level": None, "timeout": PATIENCE_S, "check_same_thread": False}


@dataclass(frozen=True)
class Sqlite3(Database):
    """Ask with sqlite3."""

    driver = "sqlite3"
    service = "sqlite"
    forms = ("blocking",)

    @contextmanager
    def client(self) -> Iterator[sqlite3.Connection]:
        """One connection; it is closed by the thread that closes the pool, so it must not insist on its own."""
        with closing(sqlite3.connect(self.database, **SETTINGS)) as connection:
            connection.execute(UNSYNCED)
            yield connection

    def rows(self, client: sqlite3.Connection, task: int) -> tuple[Row, ...]:
        """Fetch."""
        return tuple(client.execute(ROWS, (first(task), BATCH)).fetchall())

    def write(self, client: sqlite3.Connection, task: int) -> str:
        """Write, read back, commit."""
        client.execute("BEGIN IMMEDIATE")
        client.execute(WRITE, (task, note(task)))
        found = client.execute(READ, (task,)).fetchone()
        client.execute("COMMIT")
        return found[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Aiosqlite(Database):
    """Ask with aiosqlite."""

    driver = "aiosqlite"
    service = "sqlite"
    package = "aiosqlite"
    forms = ("asyncio",)

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """Connections, each opened when first needed, each with its thread."""
        import aiosqlite

        async def connect() -> aiosqlite.Connection:
            connection = await aiosqlite.connect(self.database, **SETTINGS)
            await connection.execute(UNSYNCED)
            return connection

        return Connections(connect, lambda connection: connection.close())

    async def await_rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch."""
        async with client.borrowed() as connection:
            return tuple(await connection.execute_fetchall(ROWS, (first(task), BATCH)))

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        async with client.borrowed() as connection:
            await connection.execute("BEGIN IMMEDIATE")
            await connection.execute(WRITE, (task, note(task)))
            found = await connection.execute_fetchall(READ, (task,))
            await connection.execute("COMMIT")
            return list(found)[0][0]  # type: ignore[no-any-return] # noqa: RUF015
