"""Raw HTTP/1.1 (h11) without a client library: the same protocol code over a blocking socket and asyncio streams.

`exchange` is sans-I/O: it yields bytes to send and is sent the bytes that arrived. Swapping `requests` for a lean
client reverses some published "async wins" figures; here nothing but the waiting differs between the models.

Rejected: `http.client` against a hand-written async parser (two parsers again), and a thread-safe pool shared by
threads (a lock that only one model pays for).
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

import h11

from benchmarks.workloads import EVERY_FORM
from benchmarks.workloads._h11_exchange import exchange
from benchmarks.workloads.http_base import Pages

RECEIVE_BYTES = 65_536  # more than any answer of ours: one receive takes what has arrived


class BlockingConnection:
    """A kept-alive connection that waits in the operating system."""

    def __init__(self, host: str, port: int) -> None:
        self.host = f"{host}:{port}"
        self.protocol = h11.Connection(our_role=h11.CLIENT)
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as asyncio does on its own

    def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`."""
        talk = exchange(self.protocol, self.host, target)
        outgoing = next(talk)
        while True:
            if outgoing:
                self.socket.sendall(outgoing)
            try:
                outgoing = talk.send(self.socket.recv(RECEIVE_BYTES))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]


class AwaitableConnection:
    """A kept-alive connection that awaits in the event loop."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.host = host
        self.protocol = h11.Connection(our_role=h11.CLIENT)
        self.reader, self.writer = reader, writer

    async def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`."""
        talk = exchange(self.protocol, self.host, target)
        outgoing = next(talk)
        while True:
            if outgoing:
                self.writer.write(outgoing)
                await self.writer.drain()
            try:
                outgoing = talk.send(await self.reader.read(RECEIVE_BYTES))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    async def aclose(self) -> None:
        """Close, and wait until our side has closed."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class AwaitablePool:
    """Connections of one event loop: a task borrows one and returns it; the pool grows with the requests in flight."""

    def __init__(self, host: str, port: int, closing: AsyncExitStack) -> None:
        self.host, self.port, self.closing = host, port, closing
        self.idle: list[AwaitableConnection] = []

    async def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`, over an idle connection or a new one."""
        connection = self.idle.pop() if self.idle else await self.connect()
        body = await connection.fetch(target)
        self.idle.append(connection)
        return body

    async def connect(self) -> AwaitableConnection:
        """Open a connection that is closed with the pool."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        connection = AwaitableConnection(f"{self.host}:{self.port}", reader, writer)
        self.closing.push_async_callback(connection.aclose)
        return connection


@dataclass(frozen=True)
class Wire(Pages):
    """Fetch pages over raw connections."""

    name = "wire"
    forms = EVERY_FORM
    variants = MappingProxyType({"trio": "benchmarks.workloads.trio_variants:WireInTrio"})

    def address(self) -> tuple[str, int]:
        """Host and port of the server."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    @contextmanager
    def client(self) -> Iterator[BlockingConnection]:
        """One connection: a blocking worker has one request in flight."""
        connection = BlockingConnection(*self.address())
        with connection.socket:
            yield connection

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[AwaitablePool]:
        """A pool of connections, each opened when first needed."""
        async with AsyncExitStack() as closing:
            yield AwaitablePool(*self.address(), closing)

    def perform(self, client: BlockingConnection, task: int) -> bytes:
        """Fetch over the worker's connection."""
        return client.fetch(self.target(task))

    async def aperform(self, client: AwaitablePool, task: int) -> bytes:
        """Fetch over one of the loop's connections."""
        return await client.fetch(self.target(task))
