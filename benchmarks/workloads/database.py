"""The queries that every database gets, and their right answers: a query that waits, one for 100 rows, a write.

    wait    the server waits, then answers
    rows    100 rows of a table of 1,000: three columns each
    write   a transaction: write a row of the task's own, read it back, commit

The table's content is defined here, so the right rows are known. What a task wrote is read back over another connection
after each round. Each driver is one file with one class. A driver that can block and await has both forms in it; a pair
of packages (PyMySQL and aiomysql) is two files.

Every model has as many connections as tasks in flight. A blocking worker holds one. Coroutines share a list of them
(`Connections`), each opened when first needed; workloads named after a pool use the driver's own pool.
"""

from asyncio import gather
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar

from benchmarks.workloads import Workload

ROWS, BATCH = 1_000, 100  # in the table; in an answer
STEP = 37  # between the first rows of two tasks: no two of 900 tasks get the same rows

Row = tuple[int, str, int]
T = TypeVar("T")


@cache
def table() -> tuple[Row, ...]:
    """The rows of the table, by their number."""
    return tuple((number, sha256(b"row %d" % number).hexdigest(), number * 7919 % 100_003) for number in range(ROWS))


def first_row(task: int) -> int:
    """The number of the task's first row."""
    return task * STEP % (ROWS - BATCH + 1)


@cache
def note(task: int) -> str:
    """The text that the task writes."""
    return sha256(b"note %d" % task).hexdigest()


@dataclass(frozen=True)
class Database(Workload):
    """Query the database at the URL `database`. The URL may hold a password and is never shown."""

    driver: ClassVar[str]
    query: str = "wait"
    delay_s: float = 0.02
    connections: int = 32
    database: str = field(default="", repr=False)

    @property
    def name(self) -> str:  # type: ignore[override]
        """The driver and the query."""
        return f"{self.driver}-{self.query}"

    def perform(self, client: Any, task: int) -> Any:
        """Query, blocking."""
        return getattr(self, self.query)(client, task)

    async def aperform(self, client: Any, task: int) -> Any:
        """Query, awaiting."""
        return await getattr(self, f"await_{self.query}")(client, task)

    def expected(self, task: int) -> Any:
        """The task's number, its rows, or the text that it wrote."""
        match self.query:
            case "rows":
                return table()[first_row(task) : first_row(task) + BATCH]
            case "write":
                return note(task)
        return task

    def wait_s(self, task: int) -> float:
        """How long the server waits."""
        return self.delay_s if self.query == "wait" else 0.0


class Connections(Generic[T]):
    """Connections of one event loop: a task borrows one and returns it; one is opened when none is idle."""

    def __init__(self, connect: Callable[[], Awaitable[T]], close: Callable[[T], Awaitable[Any]]) -> None:
        self.connect, self.close = connect, close
        self.opened: list[T] = []
        self.idle: list[T] = []

    async def __aenter__(self) -> "Connections[T]":
        return self

    async def __aexit__(self, *problem: object) -> None:
        await gather(*map(self.close, self.opened))  # some drivers wait until the server has closed

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[T]:
        """Borrow a connection."""
        connection = self.idle.pop() if self.idle else await self.new()
        yield connection
        self.idle.append(connection)

    async def new(self) -> T:
        """Open one more connection."""
        self.opened.append(connection := await self.connect())
        return connection


class Shared:
    """A resource that all workers of a process share: the first opens it, the last closes it."""

    def __init__(self) -> None:
        self.lock, self.users, self.closing, self.thing = Lock(), 0, ExitStack(), None

    @contextmanager
    def used(self, opened: Callable[[], Any]) -> Iterator[Any]:
        """The shared resource, which the context manager `opened()` opens."""
        with self.lock:
            if not self.users:
                self.thing = self.closing.enter_context(opened())
            self.users += 1
        try:
            yield self.thing
        finally:
            with self.lock:
                self.users -= 1
                if not self.users:
                    self.closing.close()
