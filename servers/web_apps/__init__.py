"""The same four pages under every web framework, each in a file as the framework's own documentation would write it.

    GET /hello             the text `Hello, world!`, at once
    GET /wait/20           {"waited_ms": 20}, after 20 ms in which nothing is computed
    GET /row/7             {"id": 7, "name": "…", "amount": 55433}, a row of PostgreSQL
    GET /compute/50000     {"sum": …}, the squares below 50,000, added up in Python

Here is what they share: the computing, and the pool of connections. Both pools are those of psycopg 3, so that drivers
do not pass for frameworks. Whoever starts a framework says in the environment where the database is (DATABASE_URL, none
without it) and how many connections a worker keeps (DATABASE_CONNECTIONS); the table is there already.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

HELLO = "Hello, world!"
URL, CONNECTIONS = "DATABASE_URL", "DATABASE_CONNECTIONS"
QUERY = "SELECT id, name, amount FROM overlap_rows WHERE id = %s"
COLUMNS = ("id", "name", "amount")


def compute(numbers: int) -> int:
    """The sum of the squares below `numbers`."""
    return sum(number * number for number in range(numbers))


def settings() -> dict[str, Any]:
    """How a pool is opened: all connections at once, and no transaction around a query that needs none."""
    size = int(os.environ.get(CONNECTIONS, "1"))
    return {"conninfo": os.environ[URL], "min_size": size, "max_size": size, "kwargs": {"autocommit": True}}


def pool() -> Any:
    """Connections for threads, to be opened in each worker, which may be forked after this; None without a database."""
    if URL not in os.environ:
        return None
    from psycopg_pool import ConnectionPool

    return ConnectionPool(open=False, **settings())


@asynccontextmanager
async def async_pool() -> AsyncIterator[Any]:
    """Connections for coroutines; None without a database."""
    if URL not in os.environ:
        yield None
        return
    from psycopg_pool import AsyncConnectionPool

    async with AsyncConnectionPool(open=False, **settings()) as opened:
        await opened.wait()
        yield opened


def row(opened: Any, number: int) -> dict[str, Any]:
    """The row of that number."""
    if opened.closed:
        opened.open()
    with opened.connection() as connection:
        found = connection.execute(QUERY, (number,)).fetchone()
    return dict(zip(COLUMNS, found, strict=True))


async def async_row(opened: Any, number: int) -> dict[str, Any]:
    """The row of that number."""
    async with opened.connection() as connection:
        found = await (await connection.execute(QUERY, (number,))).fetchone()
    return dict(zip(COLUMNS, found, strict=True))
