"""One process passes every chat message on to 1,000 WebSocket clients: how long until the last of them has it?

The server is the few lines of `chat` below, as aiohttp's documentation would write them. A message is sent when all
have the one before, so none waits in a queue, and is timed from its sending to its arrival at the last. 300 messages,
because fewer than 299 have no 99th percentile. The clients are a process of their own, on another core where there is
one; the share of its time in which it is busy is told too, because a crowd that is too busy notes arrivals late.

You should see some ten microseconds for each client: the loop is held up by 1,000 small writes, one after another, and
the last of them hears every message last.
"""

import asyncio
import json
import time

from aiohttp import web

from benchmarks.crowd import GRACE_S, check, crowd, serve_app
from benchmarks.openloop import quantile
from servers.latency import new_event_loop
from servers.listening import raise_file_limit
from servers.supervise import serve

CLIENTS, MESSAGES = 1000, 300
BYTES = 100  # of text in a message: a line of chat
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: overlap\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b3ZlcmxhcCBvdmVybGFwIQ==\r\n\r\n"
)
everyone: set[web.WebSocketResponse] = set()


async def chat(request: web.Request) -> web.WebSocketResponse:
    """Pass on to everyone what one says."""
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
    """A message on the wire (RFC 6455): a text of fewer than 126 bytes; the mask of a client may be all zeros."""
    head = bytes([0x81, BYTES | 0x80, 0, 0, 0, 0] if masked else [0x81, BYTES])
    return head + b"message %d" % number + b" " * (BYTES - len(b"message %d" % number))


class Hearing:
    """Counts who has yet to hear a message."""

    def __init__(self) -> None:
        self.left = 0
        self.all_heard = asyncio.Event()

    def __call__(self) -> None:
        """One more has heard it."""
        self.left -= 1
        if self.left == 0:
            self.all_heard.set()


async def last_deliveries(url: str, clients: int, messages: int) -> list[float]:
    """Seconds from sending each message to its arrival at the last client."""
    hearing, took = Hearing(), []
    async with crowd(url, UPGRADE, len(frame(0, masked=False)), clients, hearing) as listeners:
        for number in range(messages):
            hearing.left = clients
            hearing.all_heard.clear()
            sent = time.perf_counter()
            listeners[number % clients].transport.write(frame(number, masked=True))
            async with asyncio.timeout(GRACE_S):
                await hearing.all_heard.wait()
            took.append(max(listener.arrivals[-1] for listener in listeners) - sent)
    said = b"".join(frame(number, masked=False) for number in range(messages))
    check(listeners, lambda listener: said)
    return took


def measure(clients: int, messages: int) -> dict[str, float | None]:
    """The metrics, once the server is up."""
    raise_file_limit(clients)
    with serve(__name__) as server, asyncio.Runner(loop_factory=new_event_loop) as runner:
        began, busy_s = time.perf_counter(), time.process_time()
        took = sorted(runner.run(last_deliveries(server.url, clients, messages)))
        share = (time.process_time() - busy_s) / (time.perf_counter() - began)
    return {
        "last_delivery_p99_seconds": quantile(took, 0.99),
        "last_delivery_p50_seconds": quantile(took, 0.5),
        "deliveries": clients * messages,
        "clients_busy": share,
    }


def main() -> None:
    """Print the metrics."""
    print(json.dumps(measure(CLIENTS, MESSAGES)))


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.get("/chat", chat)])
    serve_app(app)
