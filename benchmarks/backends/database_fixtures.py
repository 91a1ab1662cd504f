"""What a measurement needs of a database beside the driver that is measured: to fill it, and to look what is in it.

A store has a connection of its own, for as long as a block lasts. It makes two tables, `overlap_rows` and
`overlap_notes` (collections, keys), and takes them away again: in a database of the user's own nothing else is touched.
"""

import sqlite3
from contextlib import suppress
from typing import Any, ClassVar

from benchmarks.workloads.database import table
from benchmarks.workloads.pymysql import address, schema
from benchmarks.workloads.redis import value

CONNECT_S = 5  # what doesn't answer by then is not there
PLACES = {"rows": "overlap_rows", "notes": "overlap_notes"}


class Store:
    """A database that is asked in SQL."""

    oldest: ClassVar[tuple[int, ...]] = ()  # the version that is needed
    mark: ClassVar[str] = "%s"

    def __init__(self, url: str) -> None:
        self.connection: Any = self.connect(url)

    def connect(self, url: str) -> Any:
        """A connection, by whichever driver does for this."""
        raise NotImplementedError

    def ask(self, query: str, *values: Any) -> list[Any]:
        """What a statement brings."""
        raise NotImplementedError

    def fill(self) -> None:
        """Make the tables, and put the rows into theirs."""
        self.drop()
        self.ask("CREATE TABLE overlap_rows (id INTEGER PRIMARY KEY, name VARCHAR(64), amount INTEGER)")
        self.ask("CREATE TABLE overlap_notes (id INTEGER PRIMARY KEY, body VARCHAR(64))")
        places = ", ".join([f"({', '.join([self.mark] * 3)})"] * len(table()))
        self.ask(f"INSERT INTO overlap_rows VALUES {places}", *(item for row in table() for item in row))

    def clear(self) -> None:
        """Take out what was written."""
        self.ask("DELETE FROM overlap_notes")

    def written(self) -> dict[int, str]:
        """What was written and committed."""
        return dict(self.ask("SELECT id, body FROM overlap_notes"))

    def drop(self) -> None:
        """Take away what was made."""
        for name in PLACES.values():
            self.ask(f"DROP TABLE IF EXISTS {name}")

    def version(self) -> str:
        """Of the server."""
        return str(self.ask("SELECT version()")[0][0])

    def room(self) -> int:
        """How many connections more it allows."""
        raise NotImplementedError

    def close(self) -> None:
        """Hang up."""
        self.connection.close()


class Postgres(Store):
    """PostgreSQL."""

    oldest = (12,)

    def connect(self, url: str) -> Any:
        """Connect with psycopg."""
        import psycopg

        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)

    def ask(self, query: str, *values: Any) -> list[Any]:
        """What a statement brings."""
        found = self.connection.execute(query, values or None)
        return found.fetchall() if found.description else []

    def fill(self) -> None:
        """As everywhere; and let the planner know."""
        super().fill()
        self.ask("ANALYZE overlap_rows")

    def version(self) -> str:
        """Of the server."""
        return str(self.ask("SHOW server_version")[0][0])

    def room(self) -> int:
        """What is allowed, less what is kept for administrators and what is taken."""
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
        """What a statement brings."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def room(self) -> int:
        """What is allowed, less what is taken."""
        most = int(self.ask("SELECT @@max_connections")[0][0])
        own = int(self.ask("SELECT @@max_user_connections")[0][0])
        free = most - int(self.ask("SHOW GLOBAL STATUS LIKE 'Threads_connected'")[0][1])
        return min(free, own) if own else free


class Sqlite(Store):
    """A file."""

    mark = "?"

    def connect(self, url: str) -> Any:
        """Connect, and have nobody who reads wait for who writes."""
        connection = sqlite3.connect(url, isolation_level=None)
        connection.executescript("PRAGMA journal_mode = WAL")
        return connection

    def ask(self, query: str, *values: Any) -> list[Any]:
        """What a statement brings."""
        return list(self.connection.execute(query, values))

    def version(self) -> str:
        """Of the library."""
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
        """A key for each row."""
        self.drop()
        self.connection.mset({f"overlap:row:{row[0]}": value(row) for row in table()})

    def clear(self) -> None:
        """Delete the keys of what was written."""
        if keys := list(self.connection.scan_iter("overlap:note:*", count=1_000)):
            self.connection.delete(*keys)

    def written(self) -> dict[int, str]:
        """The keys, and what they hold."""
        keys = list(self.connection.scan_iter("overlap:note:*", count=1_000))
        return {
            int(key.rpartition(b":")[2]): body.decode()
            for key, body in zip(keys, self.connection.mget(keys), strict=True)
        }

    def drop(self) -> None:
        """Delete all keys of ours."""
        if keys := list(self.connection.scan_iter("overlap:*", count=1_000)):
            self.connection.delete(*keys)

    def version(self) -> str:
        """Valkey tells its own beside the version of Redis that it is compatible with."""
        told = self.connection.info("server")
        return str(told.get("valkey_version") or told["redis_version"])

    def room(self) -> int:
        """What is allowed, less what is taken."""
        told = self.connection.info("clients")
        return int(told["maxclients"]) - int(told["connected_clients"])


class Mongo(Store):
    """MongoDB, or what stands in for it."""

    oldest = (4, 2)

    def connect(self, url: str) -> Any:
        """Connect with PyMongo, which waits for the first command to do so."""
        from pymongo import MongoClient

        client: Any = MongoClient(url, serverSelectionTimeoutMS=CONNECT_S * 1000)
        self.told = client.server_info()
        self.collections = {what: client.get_default_database("overlap")[name] for what, name in PLACES.items()}
        return client

    def fill(self) -> None:
        """A document for each row."""
        self.drop()
        names = ("_id", "name", "amount")
        self.collections["rows"].insert_many([dict(zip(names, row, strict=True)) for row in table()])

    def clear(self) -> None:
        """Drop what was written."""
        self.collections["notes"].drop()

    def written(self) -> dict[int, str]:
        """The documents."""
        return {found["_id"]: found["body"] for found in self.collections["notes"].find()}

    def drop(self) -> None:
        """Drop both collections."""
        for collection in self.collections.values():
            collection.drop()

    def version(self) -> str:
        """Of the server, if it is one."""
        return "none" if self.stands_in else str(self.told["version"])

    @property
    def stands_in(self) -> bool:
        """Whether it says that it isn't MongoDB."""
        return bool(self.told["version"] == "0.0.0")

    def room(self) -> int:
        """What it says is available."""
        with suppress(Exception):  # a user may not be allowed to ask, and the stand-in knows no limit
            return int(self.connection.admin.command("serverStatus")["connections"]["available"])
        return 1_000_000


STORES: dict[str, type[Store]] = {
    "postgres": Postgres,
    "mariadb": MariaDB,
    "mongo": Mongo,
    "valkey": Valkey,
    "sqlite": Sqlite,
}
