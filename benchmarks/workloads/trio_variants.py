"""`sleep` and `wire` awaiting in trio: the same task and protocol code, with trio's waiting.

Imported when such a task is first performed, so that no other model loads trio. Rejected: AnyIO for every loop (it
would slow asyncio down by a layer that its users do not have).
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import h11
import trio

from benchmarks.workloads._h11_exchange import exchange
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import RECEIVE_BYTES, Wire


@dataclass(frozen=True)
class SleepInTrio(Sleep):
    """`sleep`, awaiting in trio."""

    async def aperform(self, client: None, task: int) -> int:
        """Wait in trio's loop."""
        await trio.sleep(self.delay_s)
        return task


class TrioConnection:
    """A kept-alive connection that waits in trio's loop."""

    def __init__(self, host: str, stream: trio.SocketStream) -> None:
        self.host, self.stream = host, stream
        self.protocol = h11.Connection(our_role=h11.CLIENT)

    async def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`."""
        talk = exchange(self.protocol, self.host, target)
        outgoing = next(talk)
        while True:
            if outgoing:
                await self.stream.send_all(outgoing)
            try:
                outgoing = talk.send(await self.stream.receive_some(RECEIVE_BYTES))
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]


class TrioPool:
    """The connections of one loop; grows with the requests in flight."""

    def __init__(self, host: str, port: int, closing: AsyncExitStack) -> None:
        self.host, self.port, self.closing = host, port, closing
        self.idle: list[TrioConnection] = []

    async def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`, over an idle connection or a new one."""
        connection = self.idle.pop() if self.idle else await self.connect()
        body = await connection.fetch(target)
        self.idle.append(connection)
        return body

    async def connect(self) -> TrioConnection:
        """Open a connection that is closed with the pool."""
        stream = await self.closing.enter_async_context(await trio.open_tcp_stream(self.host, self.port))
        return TrioConnection(f"{self.host}:{self.port}", stream)


@dataclass(frozen=True)
class WireInTrio(Wire):
    """`wire`, awaiting in trio."""

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[TrioPool]:  # type: ignore[override]
        """A pool of connections, each opened when first needed."""
        async with AsyncExitStack() as closing:
            yield TrioPool(*self.address(), closing)

    async def aperform(self, client: TrioPool, task: int) -> bytes:  # type: ignore[override]
        """Fetch over one of the loop's connections."""
        return await client.fetch(self.target(task))
