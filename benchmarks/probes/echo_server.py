"""Round trips of an echo server over sockets, streams or protocols: asyncio's loop against uvloop.

Server and clients are coroutines of one loop in one process, so that only the loop's own work is measured. Each client
waits for its message to return before it sends the next.

What you should see: uvloop gains most with protocols, where no Python code is between the loop and the bytes; less with
streams, which are the same Python code on both; least with bare sockets, where Python's `socket` sends and receives
under both. Large messages are copied by the system, whatever the loop.

A server over bare sockets accepts a known number of connections and ends with them. Rejected: closing the listener
while a coroutine waits in `sock_accept` (no loop wakes it).
"""

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter

from benchmarks.probes import Probe

CLIENTS = 10
SIZES = {"1k": 1024, "100k": 102_400}
ROUND_TRIPS = {"1k": 500, "100k": 100}  # of each client
HOST = "127.0.0.1"


async def over_sockets(size: int, trips: int) -> float:
    """Seconds for all clients' messages over bare sockets."""
    loop = asyncio.get_running_loop()

    async def serve(connection: socket.socket) -> None:
        with connection:
            while received := await loop.sock_recv(connection, size):
                await loop.sock_sendall(connection, received)

    async def accept() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(serve((await loop.sock_accept(listener))[0]))

    async def client(message: bytes) -> None:
        with socket.socket() as connection:
            connection.setblocking(False)
            await loop.sock_connect(connection, listener.getsockname())
            for _ in range(trips):
                await loop.sock_sendall(connection, message)
                require_equal(await whole(connection), message)

    async def whole(connection: socket.socket) -> bytes:
        received = b""
        while len(received) < size and (more := await loop.sock_recv(connection, size - len(received))):
            received += more
        return received

    with socket.create_server((HOST, 0)) as listener:
        listener.setblocking(False)
        accepting = loop.create_task(accept())
        took = await timed(client, size)
        await accepting
        return took


async def over_streams(size: int, trips: int) -> float:
    """Seconds for all clients' messages over streams."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                writer.write(await reader.readexactly(size))
                await writer.drain()
        writer.close()

    async def client(message: bytes) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        for _ in range(trips):
            writer.write(message)
            require_equal(await reader.readexactly(size), message)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        return await timed(client, size)


class Echo(asyncio.Protocol):
    """A server that sends back what it receives."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self.transport.write(data)  # type: ignore[attr-defined]


class Asking(asyncio.Protocol):
    """A client that sends a message again whenever it has returned."""

    def __init__(self, message: bytes, trips: int, done: asyncio.Future[None]) -> None:
        self.message, self.left, self.done, self.received = message, trips, done, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first message."""
        self.transport = transport
        transport.write(self.message)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Send the next message once the last has returned completely."""
        self.received += data
        if len(self.received) < len(self.message):
            return
        require_equal(self.received, self.message)
        self.received, self.left = b"", self.left - 1
        if self.left:
            self.transport.write(self.message)  # type: ignore[attr-defined]
        else:
            self.transport.close()
            self.done.set_result(None)


async def over_protocols(size: int, trips: int) -> float:
    """Seconds for all clients' messages over protocols."""
    loop = asyncio.get_running_loop()

    async def client(message: bytes) -> None:
        done = loop.create_future()
        await loop.create_connection(lambda: Asking(message, trips, done), HOST, port)
        await done

    async with await loop.create_server(Echo, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        return await timed(client, size)


def require_equal(received: bytes, sent: bytes) -> None:
    """ValueError if the returned message differs."""
    if received != sent:
        raise ValueError(f"{len(sent)} bytes were sent, and {len(received)} others came back")


async def timed(client: Callable[[bytes], Awaitable[None]], size: int) -> float:
    """Seconds for all clients, each with a message of its own."""
    began = perf_counter()
    await asyncio.gather(*(client(bytes([number]) * size) for number in range(CLIENTS)))
    return perf_counter() - began


WAYS = {"sockets": over_sockets, "streams": over_streams, "protocols": over_protocols}


def measured(way: str, size: str, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None) -> float:
    """Seconds per round trip."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(WAYS[way](SIZES[size], 5))
        return runner.run(WAYS[way](SIZES[size], ROUND_TRIPS[size])) / (CLIENTS * ROUND_TRIPS[size])


def factory(model: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop factory of a model; None for asyncio's default."""
    if model != "uvloop":
        return None
    import uvloop

    return uvloop.new_event_loop


PROBES = tuple(
    Probe(
        ["asyncio", "uvloop"],
        ("unit_seconds",),
        f"echo_{size}",
        WAYS,
        concurrency=(CLIENTS,),
        tasks=CLIENTS * trips,
        arguments=("workload", "experiment", "model"),
    )
    for size, trips in ROUND_TRIPS.items()
)


def main() -> None:
    """Print the round-trip time of the transport, the experiment and the model that the command line names."""
    way, experiment, model = sys.argv[1:]
    print(json.dumps({"unit_seconds": measured(way, experiment.removeprefix("echo_"), factory(model))}))
