"""SQLite, without a server: `sqlite3` of the standard library, and aiosqlite, which gives each connection a thread.

Queries wait only for the disk and for each other: one connection writes at a time, the others sleep and retry. There is
no query that waits in a server.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Connections, Database, Row, first_row, note

ROWS = "SELECT id, name, amount FROM overlap_rows WHERE id >= ? ORDER BY id LIMIT ?"
WRITE = "INSERT INTO overlap_notes VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
READ = "SELECT body FROM overlap_notes WHERE id = ?"
UNSYNCED = "PRAGMA synchronous = OFF"  # as with our private servers: the disk is not measured
PATIENCE_S = 30  # to wait for another writer
SETTINGS: dict[str, Any] = {"isolation_level": None, "timeout": PATIENCE_S, "check_same_thread": False}


@dataclass(frozen=True)
class Sqlite3(Database):
    """Query with sqlite3."""

    driver = "sqlite3"
    service = "sqlite"
    forms = ("blocking",)

    @contextmanager
    def client(self) -> Iterator[sqlite3.Connection]:
        """One connection, usable by any thread, since the thread that closes the pool closes it."""
        with closing(sqlite3.connect(self.database, **SETTINGS)) as connection:
            connection.execute(UNSYNCED)
            yield connection

    def rows(self, client: sqlite3.Connection, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        return tuple(client.execute(ROWS, (first_row(task), BATCH)).fetchall())

    def write(self, client: sqlite3.Connection, task: int) -> str:
        """Write, read back, commit."""
        client.execute("BEGIN IMMEDIATE")
        client.execute(WRITE, (task, note(task)))
        row = client.execute(READ, (task,)).fetchone()
        client.execute("COMMIT")
        return row[0]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Aiosqlite(Database):
    """Query with aiosqlite."""

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
        """Fetch rows."""
        async with client.borrowed() as connection:
            return tuple(await connection.execute_fetchall(ROWS, (first_row(task), BATCH)))

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        async with client.borrowed() as connection:
            await connection.execute("BEGIN IMMEDIATE")
            await connection.execute(WRITE, (task, note(task)))
            rows = await connection.execute_fetchall(READ, (task,))
            await connection.execute("COMMIT")
            return list(rows)[0][0]  # type: ignore[no-any-return] # noqa: RUF015
