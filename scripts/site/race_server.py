"""The server of the live race: one race at a time, which every visitor sees from its beginning.

A late visitor is sent all messages so far. Without visitors the race stops; not at once, because a page that is loaded
again is gone for a moment. A visitor whose connection is too slow is disconnected, and the page reconnects by itself.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from scripts.site.race import Race, RaceResources
from scripts.site.race_request import RaceRequest

MAX_MESSAGE_BYTES = 4096  # of a message from a visitor; ours have some 200
MAX_QUEUED = 4000  # messages not sent to a visitor yet: more than a minute of them
GRACE_S = 2.0  # without anybody, before the work is stopped
HEARTBEAT_S = 10.0  # between two pings of a silent connection
RACE_IN_PROGRESS = "A race is in progress: watch this one, and start yours when it has ended."


@dataclass(eq=False)
class Visitor:
    """A page that is open: its socket, the messages not sent yet, and a name that lasts as long as its tab."""

    socket: web.WebSocketResponse
    name: str
    queued: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MAX_QUEUED))

    def enqueue(self, text: str) -> None:
        """Queue a message; disconnect a visitor whose queue is full."""
        try:
            self.queued.put_nowait(text)
        except asyncio.QueueFull:
            self.sending.cancel()

    async def __aenter__(self) -> "Visitor":
        self.sending = asyncio.create_task(self.send_all())
        return self

    async def __aexit__(self, *reason: object) -> None:
        self.sending.cancel()
        await asyncio.gather(self.sending, return_exceptions=True)

    async def send_all(self) -> None:
        """Send queued messages until the connection ends, then close the socket."""
        try:
            while True:
                await self.socket.send_str(await self.queued.get())
        finally:
            await self.socket.close()


class RaceServer:
    """The visitors, the current or latest race, and all messages of it."""

    def __init__(self, resources: RaceResources) -> None:
        self.resources = resources
        self.visitors: set[Visitor] = set()
        self.history: list[str] = []
        self.race: Race | None = None
        self.running: asyncio.Task[None] | None = None
        self.in_progress = False

    async def visit(self, visitor: Visitor) -> None:
        """Send all messages to a visitor, and handle the visitor's own, until the connection ends."""
        async with visitor:
            visitor.enqueue(f'{{"kind":"history","messages":[{",".join(self.history)}]}}')
            self.visitors.add(visitor)
            self.send_visitor_count()
            try:
                async for message in visitor.socket:
                    if message.type is WSMsgType.TEXT:
                        self.handle_message(visitor, message.data)
            finally:
                self.visitors.discard(visitor)
                self.send_visitor_count()
                asyncio.get_running_loop().call_later(GRACE_S, self.stop_if_unwatched)

    def broadcast(self, message: dict[str, Any]) -> None:
        """Send a message to all visitors, and keep it for later ones."""
        if message["kind"] == "race":
            self.history.clear()
        self.in_progress = message["kind"] != "end"
        self.history.append(text := json.dumps(message, separators=(",", ":")))
        for visitor in list(self.visitors):
            visitor.enqueue(text)

    def send_visitor_count(self) -> None:
        """Send each visitor the number of visitors, and whether the race is theirs to stop."""
        for visitor in list(self.visitors):
            mine = self.race is not None and self.race.visitor == visitor.name
            visitor.enqueue(json.dumps({"kind": "visitors", "count": len(self.visitors), "mine": mine}))

    def handle_message(self, visitor: Visitor, text: str) -> None:
        """Start or stop a race as a visitor's message says, or answer why not."""
        try:
            message = parse_message(text)
            if message["do"] == "start":
                self.start(RaceRequest.read(message), visitor.name)
            elif message["do"] == "stop":
                self.stop(visitor.name)
            else:
                raise ValueError("There is nothing to do but start and stop.")
        except ValueError as problem:
            visitor.enqueue(json.dumps({"kind": "refused", "sentence": str(problem)}))

    def start(self, request: RaceRequest, visitor: str) -> None:
        """Begin a race; ValueError while another one is in progress."""
        if self.in_progress:
            raise ValueError(RACE_IN_PROGRESS)
        self.in_progress = True
        loop = asyncio.get_running_loop()
        self.race = Race(request, self.resources, lambda message: broadcast_from_thread(loop, self, message), visitor)
        self.running = asyncio.create_task(asyncio.to_thread(self.race.run))
        self.send_visitor_count()

    def stop(self, name: str) -> None:
        """End the race of whoever started it; ValueError for anybody else."""
        if self.race and self.race.visitor != name:
            raise ValueError("Only who started this race can stop it.")
        if self.race:
            self.race.stopping.set()

    def stop_if_unwatched(self) -> None:
        """Stop the race when it has no visitor."""
        if self.race and not self.visitors:
            self.race.stopping.set()

    async def close(self) -> None:
        """Stop the race, disconnect all visitors, wait until nothing runs."""
        if self.race:
            self.race.stopping.set()
        for visitor in list(self.visitors):
            await visitor.socket.close(code=1001)
        if self.running:
            await self.running


def broadcast_from_thread(loop: asyncio.AbstractEventLoop, server: RaceServer, message: dict[str, Any]) -> None:
    """Broadcast from another thread, in the order of the calls."""
    loop.call_soon_threadsafe(server.broadcast, message)


def parse_message(text: str) -> dict[str, Any]:
    """A visitor's message, parsed; ValueError when it is malformed."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("do"), str):
        raise ValueError('A message is a JSON object such as {"do": "start", "tasks": 100}.')
    return message
