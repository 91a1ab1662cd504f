"""A load generator for a web server: requests on a schedule (open loop), or after each answer (closed loop).

The open loop is always ours: available tools time from the moment of sending, so they report 3 ms where users waited a
second (see `benchmarks.load.open_loop`). `benchmarks.load.burst` measures throughput.

Our client knows the exact answer, so it compares bytes instead of parsing, at some 60 µs. Its selector counts in
microseconds: epoll's time-out counts whole milliseconds, too coarse for answers that take one. Client and server share
the machine, so the CPU time of both is recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from select import select
from selectors import DefaultSelector
from typing import Any, TypeVar
from urllib.parse import urlsplit

from benchmarks.load.open_loop import Latencies, ask_in_turn, ask_on_schedule, schedule

T = TypeVar("T")
AT_ONCE = 100  # connections being opened: some systems queue no more than 128
END_OF_HEAD = b"\r\n\r\n"


class LoadFailed(Exception):
    """An answer was wrong or missing, so that nothing was measured."""


class Closed(LoadFailed):
    """The server closed the connection instead of answering."""


class PreciseSelector(DefaultSelector):
    """An epoll selector that waits with `select` on its own descriptor, for microsecond time-outs."""

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events."""
        if timeout and timeout > 0:
            select([self], [], [], timeout)
            timeout = 0
        return super().select(timeout)


def new_precise_loop() -> asyncio.AbstractEventLoop:
    """An event loop whose timers are not rounded to milliseconds."""
    return asyncio.SelectorEventLoop(PreciseSelector())


@dataclass(frozen=True)
class Page:
    """A page to request, and its correct body."""

    url: str
    path: str
    body: bytes

    @property
    def request(self) -> bytes:
        """The HTTP request, as bytes."""
        return f"GET {self.path} HTTP/1.1\r\nHost: {urlsplit(self.url).netloc}\r\n\r\n".encode()


class Connection(asyncio.Protocol):
    """One connection, with one request at a time; an answer that differs by a byte is an error."""

    def __init__(self, page: Page) -> None:
        self.body, self.request = page.body, page.request
        self.received = bytearray()
        self.answered: asyncio.Future[bool] | None = None
        self.requests = 0
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self.transport = transport

    def ask(self) -> asyncio.Future[bool]:
        """Send the request; the future's result is whether the connection stays open."""
        self.received.clear()
        self.requests += 1
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(self.request)
        return self.answered

    def data_received(self, data: bytes) -> None:
        """Compare the answer once it is complete."""
        self.received += data
        head = self.received.find(END_OF_HEAD)
        if head < 0 or self.answered is None or self.answered.done():
            return
        missing = head + len(END_OF_HEAD) + len(self.body) - len(self.received)
        right = self.received.startswith(b"HTTP/1.1 200 ") and (missing > 0 or self.received.endswith(self.body))
        if missing < 0 or not right:
            self.answered.set_exception(LoadFailed(f"a wrong answer: {bytes(self.received[:200])!r}"))
        elif not missing:
            self.answered.set_result(b"onnection: close" not in self.received[:head])

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that is still waiting."""
        if self.answered and not self.answered.done():
            self.answered.set_exception(
                Closed(f"closed after {bytes(self.received[:200])!r}, which is no whole answer")
            )


class Client:
    """A pool of connections that grows with the requests in flight; kept alive if the server allows it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.idle: list[Connection] = []
        self.opened: list[Connection] = []

    async def fetch(self, task: int) -> None:
        """Send one request. LoadFailed.

        A server may close an idle connection just when it is used again. Nothing was answered then, and the request is
        repeated (RFC 9112, 9.3.1).
        """
        connection = self.idle_connection() or await self.connect()
        try:
            reusable = await connection.ask()
        except Closed:
            if connection.received or connection.requests == 1:
                raise
            await self.fetch(task)
            return
        if reusable:
            self.idle.append(connection)
        else:
            connection.transport.close()

    def idle_connection(self) -> Connection | None:
        """An open connection that was used before; None if there is none."""
        while self.idle:
            if not (connection := self.idle.pop()).transport.is_closing():
                return connection
        return None

    async def connect(self) -> Connection:
        """Open a connection."""
        parts, loop = urlsplit(self.page.url), asyncio.get_running_loop()
        where = str(parts.hostname), parts.port or 80
        try:
            _, connection = await loop.create_connection(lambda: Connection(self.page), *where)
        except OSError as problem:
            raise LoadFailed(f"the server does not answer: {problem}") from None
        self.opened.append(connection)
        return connection

    async def close(self) -> None:
        """Close every connection, also those that wait for an answer."""
        for connection in self.opened:
            connection.transport.abort()
        await asyncio.sleep(0)


def ask(page: Page, asking: Callable[[Client], Awaitable[T]]) -> T:
    """Run `asking` with a client in an event loop of its own; returns its result. LoadFailed."""

    async def ask() -> T:
        client = Client(page)
        try:
            await client.fetch(0)
            return await asking(client)
        finally:
            await client.close()

    try:
        with asyncio.Runner(loop_factory=new_precise_loop) as runner:
            return runner.run(ask())
    except BaseExceptionGroup as problems:
        if failed := problems.subgroup(LoadFailed):
            raise LoadFailed(str(first_failure(failed))) from None
        raise


def first_failure(problem: BaseException) -> BaseException:
    """The first failure of a TaskGroup."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


def on_schedule(page: Page, rate_per_s: float, seconds: float, seed: int = 0) -> Latencies:
    """An open loop: independent users; latency counts from the planned instant."""
    due = schedule(rate_per_s, seconds, seed)
    return ask(page, lambda client: ask_on_schedule(client.fetch, due))


def in_turn(page: Page, clients: int, seconds: float) -> Latencies:
    """A closed loop: each client waits for its answer before the next request."""
    return ask(page, lambda client: ask_in_turn(client.fetch, clients, seconds))


def growth_while_connected(page: Page, connections: int, count: Callable[[], int]) -> int:
    """How much the value of `count` grows while so many connections are open and idle."""

    async def hold(client: Client) -> int:
        before = count()
        for _ in range(0, connections, AT_ONCE):
            opened = await asyncio.gather(*(client.connect() for _ in range(AT_ONCE)))
            await asyncio.gather(*(connection.ask() for connection in opened))
            client.idle += opened
        return count() - before

    return ask(page, hold)
