"""Servers for `chat_broadcast` and `sse_broadcast` with one thread per client, on blocking sockets.

Without a library, because today's serve with an event loop. They implement only what our clients need of the protocols:
less work than aiohttp does for the same message, so threads are shown at their best.
"""

import socket
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha1
from threading import Lock, Thread
from typing import BinaryIO

from servers.sockets import BACKLOG

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)
STREAMING = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
TEXT = 0x81  # the only frame, whole
Talk = Callable[[socket.socket, BinaryIO], None]


def serve_threads(listening: socket.socket, talk: Talk) -> None:
    """Accept clients, with a thread for each, until the process ends."""
    listening.listen(BACKLOG)
    while True:
        connection, _ = listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as asyncio does on its own
        Thread(target=attend, args=(connection, talk), daemon=True).start()


def attend(connection: socket.socket, talk: Talk) -> None:
    """Serve one client until either side disconnects."""
    with connection, connection.makefile("rb") as reader, suppress(OSError):  # the client has disconnected
        talk(connection, reader)


def head(reader: BinaryIO) -> dict[bytes, bytes]:
    """The headers of a request, with lower-case names."""
    lines = iter(reader.readline, b"\r\n")
    parts = (line.partition(b":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in parts}


class Room:
    """The connected clients of a chat."""

    def __init__(self) -> None:
        self.everyone: set[tuple[socket.socket, Lock]] = set()
        self.door = Lock()

    def chat(self, connection: socket.socket, reader: BinaryIO) -> None:
        """Pass each message of one client to all clients."""
        key = head(reader)[b"sec-websocket-key"]
        me = connection, Lock()  # a lock, so that two messages never interleave
        with me[1]:  # nor with the welcome
            with self.door:
                self.everyone.add(me)
            connection.sendall(SWITCHING % b64encode(sha1(key + GUID).digest()))
        try:
            while payload := read_text(reader):
                message = bytes([TEXT, len(payload)]) + payload
                with self.door:
                    listeners = tuple(self.everyone)
                for other, turn in listeners:
                    with turn, suppress(OSError):  # a client that has disconnected gets nothing
                        other.sendall(message)
        finally:
            with self.door:
                self.everyone.discard(me)


def read_text(reader: BinaryIO) -> bytes:
    """The payload of a client's next short text frame; empty if it has disconnected or sent another frame."""
    start = reader.read(2)
    if len(start) < 2 or start[0] != TEXT:
        return b""
    size = start[1] & 0x7F
    mask, payload = reader.read(4), reader.read(size)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")


def feed(per_s: float, chunk: Callable[[int], bytes]) -> Talk:
    """A server that sends each client a chunk `per_s` times a second."""

    def events(connection: socket.socket, reader: BinaryIO) -> None:
        head(reader)
        connection.sendall(STREAMING)
        tick = int(time.perf_counter() * per_s)
        while True:
            tick += 1
            time.sleep(max(0.0, tick / per_s - time.perf_counter()))
            connection.sendall(chunk(tick))

    return events
