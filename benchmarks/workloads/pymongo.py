"""PyMongo: one driver, blocking (`MongoClient`) and awaited (`AsyncMongoClient`, called PyMongo Async).

A client is a pool that all threads share, as its documentation recommends. A real MongoDB understands all queries;
without one, `servers.mongo` stands in, which is not MongoDB. The write has no transaction: MongoDB has those on replica
sets only, and writes a single document atomically.

The threads of a closed client live for up to half a second, until they next check whether to stop.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Database, Row, Shared, first_row, note

CLIENT = Shared()


@dataclass(frozen=True)
class Pymongo(Database):
    """Query with PyMongo."""

    driver = "pymongo"
    service = "mongo"
    package = "pymongo"
    lingering_thread_prefix = "pymongo_"

    def client(self) -> AbstractContextManager[Any]:
        """One client for all workers of a process."""
        from pymongo import MongoClient

        return CLIENT.used(lambda: MongoClient(self.database, **self.settings()))

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """One client."""
        from pymongo import AsyncMongoClient

        return AsyncMongoClient(self.database, **self.settings())

    def settings(self) -> dict[str, Any]:
        """As many connections as may be in flight."""
        return {"maxPoolSize": self.connections}

    def wait_in_server(self, task: int) -> dict[str, Any]:
        """The filter of a query that waits in the server."""
        return {"_id": first_row(task), "$where": f"sleep({self.delay_s * 1000:.0f}) || true"}

    def wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        return number_of(task, collection(client, "rows").find_one(self.wait_in_server(task)))

    def rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        return tuple(map(row, collection(client, "rows").find(*filter_of(task)).sort("_id").limit(BATCH)))

    def write(self, client: Any, task: int) -> str:
        """Write, read back."""
        notes = collection(client, "notes")
        notes.replace_one({"_id": task}, {"_id": task, "body": note(task)}, upsert=True)
        return notes.find_one({"_id": task})["body"]  # type: ignore[no-any-return]

    async def await_wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        return number_of(task, await collection(client, "rows").find_one(self.wait_in_server(task)))

    async def await_rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        cursor = collection(client, "rows").find(*filter_of(task)).sort("_id").limit(BATCH)
        return tuple(map(row, await cursor.to_list(BATCH)))

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back."""
        notes = collection(client, "notes")
        await notes.replace_one({"_id": task}, {"_id": task, "body": note(task)}, upsert=True)
        return (await notes.find_one({"_id": task}))["body"]  # type: ignore[no-any-return]


def collection(client: Any, name: str) -> Any:
    """A collection of the database that the URL names, or of `overlap`."""
    return client.get_default_database("overlap")[f"overlap_{name}"]


def filter_of(task: int) -> tuple[dict[str, Any]]:
    """The filter of the task's rows."""
    return ({"_id": {"$gte": first_row(task)}},)


def row(document: dict[str, Any]) -> Row:
    """A document as a row."""
    return document["_id"], document["name"], document["amount"]


def number_of(task: int, document: dict[str, Any]) -> int:
    """The task's number if the document is the task's; otherwise the document's own number."""
    return task if document["_id"] == first_row(task) else document["_id"]
