"""Databases: what does each way of driving one gain, where it waits, where it fetches 100 rows, and where it writes?

Real servers on this machine, started once a block; for MongoDB a stand-in. As many connections for every model as may
be in flight: 32 for a query that waits in the server, 8 where it answers at once, and drivers and server have two
cores between them. Opening them is part of a round, as it is part of a script. On request only.
"""

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.cell import Cell, cells
from benchmarks.workloads.aiomysql import Aiomysql
from benchmarks.workloads.asyncpg import Asyncpg, AsyncpgPool
from benchmarks.workloads.database import Database
from benchmarks.workloads.motor import Motor
from benchmarks.workloads.psycopg import Psycopg, PsycopgPool
from benchmarks.workloads.pymongo import Pymongo
from benchmarks.workloads.pymysql import Pymysql
from benchmarks.workloads.redis import Redis, RedisPipeline
from benchmarks.workloads.sqlite import Aiosqlite, Sqlite3

MODELS = ("sequential", "threads", "asyncio")
AT_ONCE, FEW = 32, 8
SERVERS = (Asyncpg, Psycopg, Aiomysql, Pymysql, Pymongo, Motor, Redis)
POOLED = (AsyncpgPool, PsycopgPool)
BRIEF = (*SERVERS, *POOLED, RedisPipeline, Sqlite3, Aiosqlite)

databases = partial(cells, "databases", rounds=1, on_request=True)


def asking(query: str, drivers: tuple[type[Database], ...], connections: int) -> Iterator[Database]:
    """The workloads of these drivers."""
    return (driver(query, connections=connections) for driver in drivers)


@databases(workloads=asking("wait", SERVERS, AT_ONCE), models=MODELS, concurrency=[AT_ONCE], tasks=lambda c: 5 * c)
def test_waits(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Wait in the server."""
    measure(cell)


@databases(workloads=asking("rows", BRIEF, FEW), models=MODELS, concurrency=[FEW], tasks=lambda c: 40 * c)
def test_rows(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Fetch rows."""
    measure(cell)


@databases(workloads=asking("write", BRIEF, FEW), models=MODELS, concurrency=[FEW], tasks=lambda c: 20 * c)
def test_writes(measure: Callable[[Cell], None], cell: Cell) -> None:
    """Write and commit."""
    measure(cell)
