"""Load for a web server: as many requests as it answers (a burst), and requests on schedule (an open loop).

A burst is `wrk`'s, which spends a few microseconds on a request; where there is none, it is that of our own client, and
`client_busy` says when that was the limit. The open loop is always ours, because the tools that can be had time from
the moment of sending: they see 3 ms where users waited a second (`benchmarks.load.open_loop` says why).

Our client knows what is answered to the byte, so an answer is compared and not parsed, and costs some 60 µs. Its
selector counts in microseconds: epoll's own time-out counts whole milliseconds, too coarse for answers that take one.
Client and server share the machine: both say how busy they were.
"""

import asyncio
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from select import select
from selectors import DefaultSelector
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psutil

from benchmarks.load.open_loop import Latencies, ask_in_turn, ask_on_schedule, schedule

T = TypeVar("T")
AT_ONCE = 100  # connections being opened: some systems queue no more than 128
WARM_UP_S, WARM_UP_CLIENTS = 0.1, 4
END_OF_HEAD = b"\r\n\r\n"
ANSWERS = re.compile(r"(\d+) requests in ([\d.]+)(us|ms|s|m)\b")
UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class LoadFailed(Exception):
    """An answer was wrong or missing, so that nothing was measured."""


class Closed(LoadFailed):
    """The server closed the connection instead of answering."""


class PreciseSelector(DefaultSelector):
    """Waits with the precision of `select`, on the one file descriptor that stands for all."""

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
    """What is asked for, and the body that is right."""

    url: str
    path: str
    body: bytes

    @property
    def request(self) -> bytes:
        """The request on the wire."""
        return f"GET {self.path} HTTP/1.1\r\nHost: {urlsplit(self.url).netloc}\r\n\r\n".encode()


class Connection(asyncio.Protocol):
    """One connection: one request at a time, whose answer is right to the byte or an error."""

    def __init__(self, page: Page) -> None:
        self.body, self.request = page.body, page.request
        self.received = bytearray()
        self.answered: asyncio.Future[bool] | None = None
        self.asked = 0
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self.transport = transport

    def ask(self) -> asyncio.Future[bool]:
        """Send the request; the future says whether the connection may be used again."""
        self.received.clear()
        self.asked += 1
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(self.request)
        return self.answered

    def data_received(self, data: bytes) -> None:
        """Compare, as soon as all of it is there."""
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
        """Let nobody wait for an answer that will not come."""
        if self.answered and not self.answered.done():
            self.answered.set_exception(
                Closed(f"closed after {bytes(self.received[:200])!r}, which is no whole answer")
            )


class Client:
    """As many connections as are in use at once, kept alive where the server keeps them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.idle: list[Connection] = []
        self.opened: list[Connection] = []

    async def fetch(self, task: int) -> None:
        """Ask once. LoadFailed.

        A server may close what has been idle for too long in the very moment in which it is used again: then nothing
        was answered, and the request is sent anew (RFC 9112, 9.3.1).
        """
        connection = self.kept() or await self.connect()
        try:
            reusable = await connection.ask()
        except Closed:
            if connection.received or connection.asked == 1:
                raise
            await self.fetch(task)
            return
        if reusable:
            self.idle.append(connection)
        else:
            connection.transport.close()

    def kept(self) -> Connection | None:
        """A connection that was used before, and is still open; None when there is none."""
        while self.idle:
            if not (connection := self.idle.pop()).transport.is_closing():
                return connection
        return None

    async def connect(self) -> Connection:
        """A new connection."""
        parts, loop = urlsplit(self.page.url), asyncio.get_running_loop()
        where = str(parts.hostname), parts.port or 80
        try:
            _, connection = await loop.create_connection(lambda: Connection(self.page), *where)
        except OSError as problem:
            raise LoadFailed(f"the server does not answer: {problem}") from None
        self.opened.append(connection)
        return connection

    async def close(self) -> None:
        """Close every connection, those included that wait for an answer."""
        for connection in self.opened:
            connection.transport.abort()
        await asyncio.sleep(0)


def ask(page: Page, asking: Callable[[Client], Awaitable[T]]) -> T:
    """What our own client finds. LoadFailed."""

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
            raise LoadFailed(str(first(failed))) from None
        raise


def first(problem: BaseException) -> BaseException:
    """Of a TaskGroup's failures the first."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


def on_schedule(page: Page, rate_per_s: float, seconds: float, seed: int = 0) -> Latencies:
    """An open loop: independent users, timed from when each wanted to ask."""
    due = schedule(rate_per_s, seconds, seed)
    return ask(page, lambda client: ask_on_schedule(client.fetch, due))


def in_turn(page: Page, clients: int, seconds: float) -> Latencies:
    """A closed loop: each client waits for its answer before it asks again."""
    return ask(page, lambda client: ask_in_turn(client.fetch, clients, seconds))


def held(page: Page, connections: int, look: Callable[[], int]) -> int:
    """By how much what `look` tells grows while so many clients have asked once and stay."""

    async def hold(client: Client) -> int:
        before = look()
        for _ in range(0, connections, AT_ONCE):
            opened = await asyncio.gather(*(client.connect() for _ in range(AT_ONCE)))
            await asyncio.gather(*(connection.ask() for connection in opened))
            client.idle += opened
        return look() - before

    return ask(page, hold)


@dataclass(frozen=True)
class Burst:
    """What a server answered in a while in which it was never left without a request, and who was busy with it."""

    per_second: float
    client_busy: float  # cores
    server_busy: float


def burst(page: Page, clients: int, seconds: float, server: int) -> Burst:
    """As many requests as the process `server` and its children answer to so many clients, once it is warm.

    The clients that warm it up are few: what they leave in the queue of a server that does one thing at a time would
    be answered, to nobody, before the first request that counts.
    """
    in_turn(page, min(WARM_UP_CLIENTS, clients), WARM_UP_S)
    server_s, client_s, began = busy_s(server), own_s(), time.perf_counter()
    if wrk := shutil.which("wrk"):
        found = wrk_per_s(wrk, page, clients, seconds)
    else:
        found = in_turn(page, clients, seconds).achieved_per_s
    took_s = time.perf_counter() - began
    return Burst(found, (own_s() - client_s) / took_s, (busy_s(server) - server_s) / took_s)


def wrk_per_s(wrk: str, page: Page, clients: int, seconds: float) -> float:
    """Requests a second that wrk counts. It only knows whole seconds, so it is interrupted. LoadFailed."""
    command = [wrk, "-t1", f"-c{clients}", "-d60s", "--timeout", "10s", page.url + page.path]
    asking = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(seconds)
        asking.send_signal(signal.SIGINT)
        said = asking.communicate(timeout=10)[0]
    finally:
        asking.kill()
        asking.wait()
    return counted(said)


def counted(said: str) -> float:
    """Requests a second in what wrk said. LoadFailed where an answer was wrong or missing."""
    found = ANSWERS.search(said)
    if found is None or "Non-2xx" in said or "Socket errors" in said or not int(found[1]):
        raise LoadFailed(f"wrk says: {' '.join(said.split())[:300]}")
    return int(found[1]) / (float(found[2]) * UNITS_S[found[3]])


def own_s() -> float:
    """Seconds of CPU of this process and of its children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def busy_s(pid: int) -> float:
    """Seconds of CPU of a process and of its children, those included that have ended. LoadFailed where it is gone."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
        return sum(sum(one.cpu_times()[:4]) for one in family)
    except psutil.NoSuchProcess:
        raise LoadFailed("the server is gone") from None
