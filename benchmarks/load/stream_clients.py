"""Many clients of one streaming server, in a process of their own, and helpers for that server.

Clients are plain sockets: each sends one request, then listens, notes when each message is complete, and keeps every
byte. So at the end a check shows whether each received all messages, in order, and nothing else. All messages have one
size. With aiohttp's client instead, half of the measured time was the client's. Times are those of the system's
monotonic clock, which all processes share.
"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from servers.sockets import BACKLOG, listen, raise_file_limit
from servers.subprocesses import exit_with_parent

AT_ONCE = 100  # connections being opened: some systems queue no more than 128
GRACE_S = 20.0  # for the last messages; later ones will not come
END_OF_HEAD = b"\r\n\r\n"


class Listener(asyncio.Protocol):
    """One client; `arrivals` holds when each message of `size` bytes was complete."""

    def __init__(self, request: bytes, size: int, on_message: Callable[[], None]) -> None:
        self.request, self.size, self.heard = request, size, on_message
        self.welcomed = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        self.transport: Any = None  # an asyncio.Transport, but uvloop's is no subclass of it
        self.received = bytearray()
        self.arrivals: list[float] = []

    def connection_made(self, transport: Any) -> None:
        """Send the request."""
        self.transport = transport
        transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the wait for the welcome message."""
        self.gone.set()
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError("the server closed the connection instead of answering"))

    def data_received(self, data: bytes) -> None:
        """Keep the data, and note the messages that it completes."""
        self.received += data
        if not self.welcomed.done():
            self.read_head()
        now, complete = time.perf_counter(), len(self.received) // self.size if self.welcomed.done() else 0
        while len(self.arrivals) < complete:
            self.arrivals.append(now)
            self.heard()

    def read_head(self) -> None:
        """Remove the response head once it is complete."""
        head, end, body = self.received.partition(END_OF_HEAD)
        if not end:
            return
        self.received = body
        if bytes(head.split(b" ")[1]) in (b"200", b"101"):
            self.welcomed.set_result(None)
        else:
            self.welcomed.set_exception(ConnectionError(f"the server answered {bytes(head[:60])!r}"))


def nothing() -> None:
    """The default callback for a complete message."""


@asynccontextmanager
async def crowd(
    url: str, request: bytes, size: int, count: int, on_message: Callable[[], None] = nothing
) -> AsyncIterator[list[Listener]]:
    """Connect `count` clients and wait for the welcome of each; they disconnect at the end."""
    parts, loop, gate = urlsplit(url), asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
    listeners = [Listener(request, size, on_message) for _ in range(count)]

    async def come(listener: Listener) -> None:
        async with gate:
            await loop.create_connection(lambda: listener, str(parts.hostname), parts.port or 80)
            await listener.welcomed

    try:
        async with asyncio.timeout(GRACE_S), asyncio.TaskGroup() as coming:
            for listener in listeners:
                coming.create_task(come(listener))
        yield listeners
    finally:
        connected = [listener for listener in listeners if listener.transport]
        for listener in connected:
            listener.transport.close()
        for listener in connected:
            await listener.gone.wait()


def check(listeners: list[Listener], expected: Callable[[Listener], bytes]) -> None:
    """ValueError for a client that did not receive exactly the expected bytes."""
    for number, listener in enumerate(listeners):
        if listener.received != expected(listener):
            raise ValueError(
                f"client {number} heard {len(listener.arrivals)} messages, but not the right ones in order"
            )


def open_for_all() -> socket.socket:
    """A socket on a free port, whose URL is printed as JSON; the process ends when its standard input closes."""
    raise_file_limit(0)
    listening = listen("127.0.0.1", 0, expose=False)
    exit_with_parent()
    print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    return listening


def serve_app(app: web.Application) -> None:
    """Serve an aiohttp application on such a socket."""
    web.run_app(app, sock=open_for_all(), backlog=BACKLOG, print=None, access_log=None, handle_signals=False)
