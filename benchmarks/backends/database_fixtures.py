"""Fill and inspect a database over a connection of our own, beside the driver that is measured.

A store keeps its connection for a whole block. It creates two tables, `overlap_rows` and `overlap_notes` (collections,
keys), and drops them at the end. Nothing else in a user's own database is touched.
"""

import sqlite3
from contextlib import suppress
from typing import Any, ClassVar

from benchmarks.workloads.database import table
from benchmarks.workloads.pymysql import address, schema
from benchmarks.workloads.redis import value

CONNECT_S = 5  # a database that doesn't answer by then is not there
PLACES = {"rows": "overlap_rows", "notes": "overlap_notes"}


class Store:
    """A database with SQL."""

    oldest: ClassVar[tuple[int, ...]] = ()  # the oldest version that works
    mark: ClassVar[str] = "%s"

    def __init__(self, url: str) -> None:
        self.connection: Any = self.connect(url)

    def connect(self, url: str) -> Any:
        """A connection of our own."""
        raise NotImplementedError

    def ask(self, query: str, *values: Any) -> list[Any]:
        """Execute a statement; the rows of its result."""
        raise NotImplementedError

    def fill(self) -> None:
        """Create the tables, and insert the rows."""
        self.drop()
        self.ask("CREATE TABLE overlap_rows (id INTEGER PRIMARY KEY, name VARCHAR(64), amount INTEGER)")
        self.ask("CREATE TABLE overlap_notes (id INTEGER PRIMARY KEY, body VARCHAR(64))")
        places = ", ".join([f"({', '.join([self.mark] * 3)})"] * len(table()))
        self.ask(f"INSERT INTO overlap_rows VALUES {places}", *(item for row in table() for item in row))

    def clear(self) -> None:
        """Delete what the workload wrote."""
        self.ask("DELETE FROM overlap_notes")

    def stored_texts(self) -> dict[int, str]:
        """What the workload wrote and committed: task → text."""
        return dict(self.ask("SELECT id, body FROM overlap_notes"))

    def drop(self) -> None:
        """Drop the tables."""
        for name in PLACES.values():
            self.ask(f"DROP TABLE IF EXISTS {name}")

    def version(self) -> str:
        """The server's version."""
        return str(self.ask("SELECT version()")[0][0])

    def room(self) -> int:
        """How many more connections it allows."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class Postgres(Store):
    """PostgreSQL."""

    oldest = (12,)

    def connect(self, url: str) -> Any:
        """Connect with psycopg."""
        import psycopg

        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)

    def ask(self, query: str, *values: Any) -> list[Any]:
        """Execute a statement; the rows of its result."""
        cursor = self.connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []

    def fill(self) -> None:
        """Create and fill the tables, then update the planner's statistics."""
        super().fill()
        self.ask("ANALYZE overlap_rows")

    def version(self) -> str:
        """The server's version."""
        return str(self.ask("SHOW server_version")[0][0])

    def room(self) -> int:
        """The limit of connections, less those reserved for administrators and those in use."""
        most = "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        taken = "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        own = "(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)"
        free, limit = self.ask(f"SELECT {most} - {taken}, {own}")[0]
        return int(free if limit < 0 else min(free, limit))


class MariaDB(Store):
    """MariaDB, or MySQL."""

    oldest = (8,)  # of MySQL; MariaDB counts from 10

    def connect(self, url: str) -> Any:
        """Connect with PyMySQL."""
        import pymysql

        where = address(url) | {"database": schema(url), "connect_timeout": CONNECT_S}
        return pymysql.connect(**where, autocommit=True)

    def ask(self, query: str, *values: Any) -> list[Any]:
        """Execute a statement; the rows of its result."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def room(self) -> int:
        """The limit of connections, less those in use."""
        most = int(self.ask("SELECT @@max_connections")[0][0])
        own = int(self.ask("SELECT @@max_user_connections")[0][0])
        free = most - int(self.ask("SHOW GLOBAL STATUS LIKE 'Threads_connected'")[0][1])
        return min(free, own) if own else free


class Sqlite(Store):
    """SQLite: a file."""

    mark = "?"

    def connect(self, url: str) -> Any:
        """Connect; write-ahead logging, so that readers do not wait for writers."""
        connection = sqlite3.connect(url, isolation_level=None)
        connection.executescript("PRAGMA journal_mode = WAL")
        return connection

    def ask(self, query: str, *values: Any) -> list[Any]:
        """Execute a statement; the rows of its result."""
        return list(self.connection.execute(query, values))

    def version(self) -> str:
        """The library's version."""
        return sqlite3.sqlite_version


class Valkey(Store):
    """Valkey, or Redis."""

    oldest = (6,)

    def connect(self, url: str) -> Any:
        """Connect with redis-py, which waits for the first command to do so."""
        import redis

        client = redis.Redis.from_url(url, socket_connect_timeout=CONNECT_S)
        client.ping()
        return client

    def fill(self) -> None:
        """Set a key for each row."""
        self.drop()
        self.connection.mset({f"overlap:row:{row[0]}": value(row) for row in table()})

    def clear(self) -> None:
        """Delete the keys that the workload wrote."""
        if keys := list(self.connection.scan_iter("overlap:note:*", count=1_000)):
            self.connection.delete(*keys)

    def stored_texts(self) -> dict[int, str]:
        """The keys that the workload wrote: task → text."""
        keys = list(self.connection.scan_iter("overlap:note:*", count=1_000))
        return {
            int(key.rpartition(b":")[2]): body.decode()
            for key, body in zip(keys, self.connection.mget(keys), strict=True)
        }

    def drop(self) -> None:
        """Delete all our keys."""
        if keys := list(self.connection.scan_iter("overlap:*", count=1_000)):
            self.connection.delete(*keys)

    def version(self) -> str:
        """Valkey's version, or Redis's. Valkey also reports the version of Redis that it is compatible with."""
        info = self.connection.info("server")
        return str(info.get("valkey_version") or info["redis_version"])

    def room(self) -> int:
        """The limit of connections, less those in use."""
        info = self.connection.info("clients")
        return int(info["maxclients"]) - int(info["connected_clients"])


class Mongo(Store):
    """MongoDB, or its stand-in."""

    oldest = (4, 2)

    def connect(self, url: str) -> Any:
        """Connect with PyMongo, which waits for the first command to do so."""
        from pymongo import MongoClient

        client: Any = MongoClient(url, serverSelectionTimeoutMS=CONNECT_S * 1000)
        self.server_info = client.server_info()
        self.collections = {what: client.get_default_database("overlap")[name] for what, name in PLACES.items()}
        return client

    def fill(self) -> None:
        """Insert a document for each row."""
        self.drop()
        names = ("_id", "name", "amount")
        self.collections["rows"].insert_many([dict(zip(names, row, strict=True)) for row in table()])

    def clear(self) -> None:
        """Drop the collection that the workload wrote."""
        self.collections["notes"].drop()

    def stored_texts(self) -> dict[int, str]:
        """The documents that the workload wrote: task → text."""
        return {document["_id"]: document["body"] for document in self.collections["notes"].find()}

    def drop(self) -> None:
        """Drop both collections."""
        for collection in self.collections.values():
            collection.drop()

    def version(self) -> str:
        """The server's version; "none" for the stand-in."""
        return "none" if self.stands_in else str(self.server_info["version"])

    @property
    def stands_in(self) -> bool:
        """Whether this is the stand-in and not MongoDB."""
        return bool(self.server_info["version"] == "0.0.0")

    def room(self) -> int:
        """The number of available connections that it reports."""
        with suppress(Exception):  # the command may be forbidden, and the stand-in has no limit
            return int(self.connection.admin.command("serverStatus")["connections"]["available"])
        return 1_000_000


STORES: dict[str, type[Store]] = {
    "postgres": Postgres,
    "mariadb": MariaDB,
    "mongo": Mongo,
    "valkey": Valkey,
    "sqlite": Sqlite,
}
