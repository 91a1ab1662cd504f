"""The drivers of databases that are measured, each as often as a question is asked of it."""

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


def asking(query: str, connections: int, *drivers: type[Database]) -> list[Database]:
    """The workloads of these drivers; PostgreSQL waits for 20 ms, as a claim has it, and the others for 10."""
    return [driver(query, 0.02 if driver.service == "postgres" else 0.01, connections) for driver in drivers]
