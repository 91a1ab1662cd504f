"""The same four pages in every web framework, each file written as the framework's documentation would.

    GET /hello             the text `Hello, world!`, at once
    GET /wait/20           {"waited_ms": 20}, after 20 ms in which nothing is computed
    GET /row/7             {"id": 7, "name": "…", "amount": 55433}, a row of PostgreSQL
    GET /compute/50000     {"sum": …}, the squares below 50,000, added up in Python

This module holds what they share: the computing, and the connection pools. Both pools are those of psycopg 3, so that
drivers are not taken for frameworks. The environment says where the database is (DATABASE_URL; none without it) and how
many connections a worker keeps (DATABASE_CONNECTIONS). The table exists already.
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
    """Arguments of a pool: all connections opened at the start, no transaction around a single query."""
    size = int(os.environ.get(CONNECTIONS, "1"))
    return {"conninfo": os.environ[URL], "min_size": size, "max_size": size, "kwargs": {"autocommit": True}}


def pool() -> Any:
    """A pool for threads, to be opened in each worker, since workers may be forked later; None without a database."""
    if URL not in os.environ:
        return None
    from psycopg_pool import ConnectionPool

    return ConnectionPool(open=False, **settings())


@asynccontextmanager
async def async_pool() -> AsyncIterator[Any]:
    """A pool for coroutines; None without a database."""
    if URL not in os.environ:
        yield None
        return
    from psycopg_pool import AsyncConnectionPool

    async with AsyncConnectionPool(open=False, **settings()) as opened:
        await opened.wait()
        yield opened


def row(opened: Any, number: int) -> dict[str, Any]:
    """The row with this id."""
    if opened.closed:
        opened.open()
    with opened.connection() as connection:
        values = connection.execute(QUERY, (number,)).fetchone()
    return dict(zip(COLUMNS, values, strict=True))


async def async_row(opened: Any, number: int) -> dict[str, Any]:
    """The row with this id."""
    async with opened.connection() as connection:
        values = await (await connection.execute(QUERY, (number,))).fetchone()
    return dict(zip(COLUMNS, values, strict=True))
