"""Where visitors watch: one race at a time, which all of them see from its beginning, whenever they come.

The visitor who comes late is sent what has been told so far. When nobody is left the work stops; not at once, because
a page that is loaded again is gone for a moment. Whoever cannot keep up is sent away, and the page
comes back by itself.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from scripts.site.race import House, Race
from scripts.site.race_request import Ask

MOST_BYTES = 4096  # of a message from a visitor; ours have some 200
MOST_WAITING = 4000  # messages that a visitor has not taken yet: more than a minute of them
GRACE_S = 2.0  # without anybody, before the work is stopped
ALIVE_S = 10.0  # between two questions whether a silent visitor is still there
UNDER_WAY = "A race is under way: watch this one, and start yours when it has ended."


@dataclass(eq=False)
class Visitor:
    """Somebody's page: its socket, what it has not been sent yet, and a name that lasts while its tab does."""

    socket: web.WebSocketResponse
    name: str
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def put(self, text: str) -> None:
        """Send it when its turn has come; give up on a visitor who takes nothing."""
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.sending.cancel()

    async def __aenter__(self) -> "Visitor":
        self.sending = asyncio.create_task(self.send_all())
        return self

    async def __aexit__(self, *reason: object) -> None:
        self.sending.cancel()
        await asyncio.gather(self.sending, return_exceptions=True)

    async def send_all(self) -> None:
        """Send for as long as there is a visitor; then the socket is of no more use."""
        try:
            while True:
                await self.socket.send_str(await self.waiting.get())
        finally:
            await self.socket.close()


class Hall:
    """The visitors, the race that they watch or have watched, and all that was told of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.visitors: set[Visitor] = set()
        self.history: list[str] = []
        self.race: Race | None = None
        self.running: asyncio.Task[None] | None = None
        self.under_way = False

    async def visit(self, visitor: Visitor) -> None:
        """Show everything to a visitor, and hear him, until he leaves."""
        async with visitor:
            visitor.put(f'{{"kind":"history","messages":[{",".join(self.history)}]}}')
            self.visitors.add(visitor)
            self.tell_visitors()
            try:
                async for message in visitor.socket:
                    if message.type is WSMsgType.TEXT:
                        self.hear(visitor, message.data)
            finally:
                self.visitors.discard(visitor)
                self.tell_visitors()
                asyncio.get_running_loop().call_later(GRACE_S, self.stop_if_deserted)

    def tell(self, message: dict[str, Any]) -> None:
        """Tell all of them, and those who are still to come."""
        if message["kind"] == "race":
            self.history.clear()
        self.under_way = message["kind"] != "end"
        self.history.append(text := json.dumps(message, separators=(",", ":")))
        for visitor in list(self.visitors):
            visitor.put(text)

    def tell_visitors(self) -> None:
        """Tell how many are here, and whether the race is one's own to stop."""
        for visitor in list(self.visitors):
            mine = self.race is not None and self.race.starter == visitor.name
            visitor.put(json.dumps({"kind": "visitors", "count": len(self.visitors), "mine": mine}))

    def hear(self, visitor: Visitor, text: str) -> None:
        """Do what a visitor says, or tell him why not."""
        try:
            message = read(text)
            if message["do"] == "start":
                self.start(Ask.read(message), visitor.name)
            elif message["do"] == "stop":
                self.stop(visitor.name)
            else:
                raise ValueError("There is nothing to do but start and stop.")
        except ValueError as refusal:
            visitor.put(json.dumps({"kind": "refused", "sentence": str(refusal)}))

    def start(self, ask: Ask, starter: str) -> None:
        """Begin a race; ValueError while another one is under way."""
        if self.under_way:
            raise ValueError(UNDER_WAY)
        self.under_way = True
        loop = asyncio.get_running_loop()
        self.race = Race(ask, self.house, lambda message: tell_later(loop, self, message), starter)
        self.running = asyncio.create_task(asyncio.to_thread(self.race.run))
        self.tell_visitors()

    def stop(self, name: str) -> None:
        """End the race of whoever started it; ValueError for anybody else."""
        if self.race and self.race.starter != name:
            raise ValueError("Only who started this race can stop it.")
        if self.race:
            self.race.stopping.set()

    def stop_if_deserted(self) -> None:
        """Nobody watches: stop the work."""
        if self.race and not self.visitors:
            self.race.stopping.set()

    async def close(self) -> None:
        """Stop the race, send everybody home, wait until nothing runs."""
        if self.race:
            self.race.stopping.set()
        for visitor in list(self.visitors):
            await visitor.socket.close(code=1001)
        if self.running:
            await self.running


def tell_later(loop: asyncio.AbstractEventLoop, hall: Hall, message: dict[str, Any]) -> None:
    """Tell from another thread, in the order in which it happens."""
    loop.call_soon_threadsafe(hall.tell, message)


def read(text: str) -> dict[str, Any]:
    """A message of a visitor; ValueError where it is none."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("do"), str):
        raise ValueError('A message is a JSON object such as {"do": "start", "tasks": 100}.')
    return message
