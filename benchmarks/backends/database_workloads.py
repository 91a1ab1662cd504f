"""The database drivers that are measured, as workloads."""

from benchmarks.workloads.aiomysql import Aiomysql
from benchmarks.workloads.asyncpg import Asyncpg, AsyncpgPool
from benchmarks.workloads.database import Database
from benchmarks.workloads.motor import Motor
from benchmarks.workloads.psycopg import Psycopg, PsycopgPool
from benchmarks.workloads.pymongo import Pymongo
from benchmarks.workloads.pymysql import Pymysql
from benchmarks.workloads.redis import Redis, RedisPipeline
from benchmarks.workloads.sqlite import Aiosqlite, Sqlite3

SERVERS: tuple[type[Database], ...] = (Asyncpg, Psycopg, Aiomysql, Pymysql, Pymongo, Motor)
KEYS: tuple[type[Database], ...] = (Redis, RedisPipeline)
BRIEF: tuple[type[Database], ...] = (*SERVERS, AsyncpgPool, PsycopgPool, Sqlite3, Aiosqlite)


def workloads_of(query: str, connections: int, *drivers: type[Database]) -> list[Database]:
    """One workload per driver; PostgreSQL waits 20 ms, as a claim says, and the others 10 ms."""
    return [driver(query, 0.02 if driver.service == "postgres" else 0.01, connections) for driver in drivers]
