"""A crowd: many clients of one server, in a process that is not the one measured, and the server they come to.

Clients are sockets without a library: they send one request each and then listen, note when each message was whole,
and keep every byte, so that at the end it can be told whether each heard everything, in order, and nothing else. All
messages of a crowd are of one size. With aiohttp's own client in its place, half of what was measured was the client.
Moments are those of the system's monotonic clock, which all processes share.
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
GRACE_S = 20.0  # a crowd that has not heard everything by then never will
END_OF_HEAD = b"\r\n\r\n"


class Listener(asyncio.Protocol):
    """One client: asks, then notes in `arrivals` when each message of `size` bytes was whole."""

    def __init__(self, request: bytes, size: int, heard: Callable[[], None]) -> None:
        self.request, self.size, self.heard = request, size, heard
        self.welcomed = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        self.transport: Any = None  # an asyncio.Transport, but uvloop's is no subclass of it
        self.received = bytearray()
        self.arrivals: list[float] = []

    def connection_made(self, transport: Any) -> None:
        """Ask."""
        self.transport = transport
        transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nobody wait for a welcome that will not come."""
        self.gone.set()
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError("the server closed the connection instead of answering"))

    def data_received(self, data: bytes) -> None:
        """Keep it, and note the messages that it completes."""
        self.received += data
        if not self.welcomed.done():
            self.read_head()
        now, whole = time.perf_counter(), len(self.received) // self.size if self.welcomed.done() else 0
        while len(self.arrivals) < whole:
            self.arrivals.append(now)
            self.heard()

    def read_head(self) -> None:
        """Take the head of the answer off, as soon as all of it is there."""
        head, end, body = self.received.partition(END_OF_HEAD)
        if not end:
            return
        self.received = body
        if bytes(head.split(b" ")[1]) in (b"200", b"101"):
            self.welcomed.set_result(None)
        else:
            self.welcomed.set_exception(ConnectionError(f"the server answered {bytes(head[:60])!r}"))


def nothing() -> None:
    """What is done when a message has come, if nothing else is said."""


@asynccontextmanager
async def crowd(
    url: str, request: bytes, size: int, count: int, heard: Callable[[], None] = nothing
) -> AsyncIterator[list[Listener]]:
    """Connect `count` clients, each of which has been welcomed; they leave at the end."""
    parts, loop, gate = urlsplit(url), asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
    listeners = [Listener(request, size, heard) for _ in range(count)]

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
    """ValueError for a client that did not hear exactly what it should have."""
    for number, listener in enumerate(listeners):
        if listener.received != expected(listener):
            raise ValueError(
                f"client {number} heard {len(listener.arrivals)} messages, but not the right ones in order"
            )


def open_for_all() -> socket.socket:
    """Listen on a free port for as long as our standard input is open, and say where in a line of JSON."""
    raise_file_limit(0)
    listening = listen("127.0.0.1", 0, expose=False)
    exit_with_parent()
    print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    return listening


def serve_app(app: web.Application) -> None:
    """Serve there in an event loop."""
    web.run_app(app, sock=open_for_all(), backlog=BACKLOG, print=None, access_log=None, handle_signals=False)
