"""PyMongo: one driver, blocking (`MongoClient`) and awaited (`AsyncMongoClient`, which its makers call PyMongo Async).

A client is a pool that all threads share, as its documentation asks for. What it asks of the server is what a real
MongoDB understands; where none is, `servers.mongo` stands in, and that is not MongoDB. There is no transaction in the
write: MongoDB has those on replica sets only, and writes a single document as one.

A client that was closed leaves threads behind for up to half a second, until they next look whether they should stop.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Database, Row, Shared, first, note

CLIENT = Shared()


@dataclass(frozen=True)
class Pymongo(Database):
    """Ask with PyMongo."""

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
        """What the server must look for, and wait before it answers."""
        return {"_id": first(task), "$where": f"sleep({self.delay_s * 1000:.0f}) || true"}

    def wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        found = collection(client, "rows").find_one(self.wait_in_server(task))
        return told(task, found)

    def rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch."""
        return tuple(map(row, collection(client, "rows").find(*asked(task)).sort("_id").limit(BATCH)))

    def write(self, client: Any, task: int) -> str:
        """Write, read back."""
        notes = collection(client, "notes")
        notes.replace_one({"_id": task}, {"_id": task, "body": note(task)}, upsert=True)
        return notes.find_one({"_id": task})["body"]  # type: ignore[no-any-return]

    async def await_wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        found = await collection(client, "rows").find_one(self.wait_in_server(task))
        return told(task, found)

    async def await_rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch."""
        found = await collection(client, "rows").find(*asked(task)).sort("_id").limit(BATCH).to_list(BATCH)
        return tuple(map(row, found))

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back."""
        notes = collection(client, "notes")
        await notes.replace_one({"_id": task}, {"_id": task, "body": note(task)}, upsert=True)
        return (await notes.find_one({"_id": task}))["body"]  # type: ignore[no-any-return]


def collection(client: Any, name: str) -> Any:
    """A collection of the database that the URL names, or of `overlap`."""
    return client.get_default_database("overlap")[f"overlap_{name}"]


def asked(task: int) -> tuple[dict[str, Any]]:
    """The filter of the task's rows."""
    return ({"_id": {"$gte": first(task)}},)


def row(document: dict[str, Any]) -> Row:
    """A row as every other database gives it."""
    return document["_id"], document["name"], document["amount"]


def told(task: int, found: dict[str, Any]) -> int:
    """The task's number, where its document was found; otherwise the document's."""
    return task if found["_id"] == first(task) else found["_id"]
