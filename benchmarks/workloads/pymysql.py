"""PyMySQL: MySQL's and MariaDB's protocol in plain Python, blocking; `aiomysql` is built on it.

Neither encrypts. aiomysql's default is no encryption; PyMySQL by default loads all certificates of the system, 20 ms of
computing for each connection, whatever the server offers.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.workloads.database import BATCH, Database, Row, first_row, note

WAIT = "SELECT SLEEP(%s), %s"
ROWS = "SELECT id, name, amount FROM overlap_rows WHERE id >= %s ORDER BY id LIMIT %s"
WRITE = "INSERT INTO overlap_notes VALUES (%s, %s) ON DUPLICATE KEY UPDATE body = VALUES(body)"
READ = "SELECT body FROM overlap_notes WHERE id = %s"


def address(url: str) -> dict[str, Any]:
    """Connection arguments for a URL such as mysql://user:password@host:3306/database."""
    parts = urlsplit(url)
    return {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or 3306,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }


def schema(url: str) -> str:
    """The database that the URL names."""
    return urlsplit(url).path.strip("/") or "overlap"


@dataclass(frozen=True)
class Pymysql(Database):
    """Query with PyMySQL; outside a transaction each statement commits by itself (`autocommit`)."""

    driver = "pymysql"
    service = "mariadb"
    package = "pymysql"
    forms = ("blocking",)

    def client(self) -> AbstractContextManager[Any]:
        """One connection: a blocking worker has one query in flight."""
        import pymysql

        return pymysql.connect(  # type: ignore[no-any-return]
            **address(self.database), database=schema(self.database), autocommit=True, ssl_disabled=True
        )

    def wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        return self.ask(client, WAIT, self.delay_s, task)[0][1]  # type: ignore[no-any-return]

    def rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        return self.ask(client, ROWS, first_row(task), BATCH)

    def write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        client.begin()
        self.ask(client, WRITE, task, note(task))
        rows = self.ask(client, READ, task)
        client.commit()
        return rows[0][0]  # type: ignore[no-any-return]

    def ask(self, client: Any, query: str, *values: Any) -> tuple[Any, ...]:
        """The rows of one query."""
        with client.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()  # type: ignore[no-any-return]
