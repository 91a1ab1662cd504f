"""One process passes every chat message to 1,000 WebSocket clients: how long until the last client has it?

The server is the few lines of `chat` below, as in aiohttp's documentation, or one with a thread per client. A message
is sent when all clients have the one before, so none waits in a queue. It is timed from sending to arrival at the last
client, and at each. 300 messages, because p99 needs 299. If a client misses a message or gets a wrong one, there is no
result. The clients run in a process of their own, on another core if there is one; its CPU share is a metric, because
busy clients note arrivals late.

What you should see: some ten microseconds per client with either server. One loop, or one thread, does 1,000 small
writes in sequence, and the last client gets every message last.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from itertools import chain

from aiohttp import web

from benchmarks.load.quantiles import quantile
from benchmarks.load.stream_clients import GRACE_S, check, crowd, open_for_all, serve_app
from benchmarks.probes import Probe
from benchmarks.probes._threaded_servers import Room, serve_threads
from servers.latency import new_event_loop
from servers.sockets import raise_file_limit
from servers.subprocesses import serve

CLIENTS, MESSAGES = 1000, 300
BYTES = 100  # of text in a message
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: overlap\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b3ZlcmxhcCBvdmVybGFwIQ==\r\n\r\n"
)
everyone: set[web.WebSocketResponse] = set()


async def chat(request: web.Request) -> web.WebSocketResponse:
    """Pass each message of one client to all clients."""
    client = web.WebSocketResponse()
    await client.prepare(request)
    everyone.add(client)
    try:
        async for message in client:
            for other in tuple(everyone):
                await other.send_str(message.data)
    finally:
        everyone.discard(client)
    return client


def frame(number: int, masked: bool) -> bytes:
    """A WebSocket text frame (RFC 6455) of fewer than 126 bytes; a client's mask may be all zeros."""
    head = bytes([0x81, BYTES | 0x80, 0, 0, 0, 0] if masked else [0x81, BYTES])
    return head + b"message %d" % number + b" " * (BYTES - len(b"message %d" % number))


class Hearing:
    """Counts the clients that have yet to receive a message."""

    def __init__(self) -> None:
        self.left = 0
        self.all_heard = asyncio.Event()

    def __call__(self) -> None:
        """Count one more client."""
        self.left -= 1
        if self.left == 0:
            self.all_heard.set()


async def deliveries(url: str, clients: int, messages: int) -> list[list[float]]:
    """For each message, the seconds from sending to arrival at each client."""
    hearing, took = Hearing(), []
    async with crowd(url, UPGRADE, len(frame(0, masked=False)), clients, hearing) as listeners:
        for number in range(messages):
            hearing.left = clients
            hearing.all_heard.clear()
            sent = time.perf_counter()
            listeners[number % clients].transport.write(frame(number, masked=True))
            async with asyncio.timeout(GRACE_S):
                await hearing.all_heard.wait()
            took.append([listener.arrivals[-1] - sent for listener in listeners])
    expected = b"".join(frame(number, masked=False) for number in range(messages))
    check(listeners, lambda listener: expected)
    return took


def measure(way: str, clients: int, messages: int) -> dict[str, float | None]:
    """The metrics, once the server is up."""
    raise_file_limit(clients)
    with serve(__name__, way) as server, asyncio.Runner(loop_factory=new_event_loop) as runner:
        began, busy_s = time.perf_counter(), time.process_time()
        took = runner.run(deliveries(server.url, clients, messages))
        share = (time.process_time() - busy_s) / (time.perf_counter() - began)
    last, every = sorted(map(max, took)), sorted(chain.from_iterable(took))
    return {
        "last_delivery_p99_seconds": quantile(last, 0.99),
        "last_delivery_p50_seconds": quantile(last, 0.5),
        "p50_seconds": quantile(every, 0.5),
        "p99_seconds": quantile(every, 0.99),
        "p999_seconds": quantile(every, 0.999),
        "deliveries": clients * messages,
        "client_cpu_share": share,
    }


def main() -> None:
    """Print the metrics of the model that the command line names."""
    print(json.dumps(measure(sys.argv[1], CLIENTS, MESSAGES)))


def in_event_loop() -> None:
    """Serve with aiohttp."""
    app = web.Application()
    app.add_routes([web.get("/chat", chat)])
    serve_app(app)


WAYS: dict[str, Callable[[], None]] = {
    "threads": lambda: serve_threads(open_for_all(), Room().chat),
    "asyncio": in_event_loop,
}
PROBES = (
    Probe(
        WAYS,
        (
            *("last_delivery_p99_seconds", "last_delivery_p50_seconds"),
            *("p50_seconds", "p99_seconds", "p999_seconds", "deliveries", "client_cpu_share"),
        ),
        concurrency=(CLIENTS,),
        tasks=MESSAGES,
    ),
)

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
