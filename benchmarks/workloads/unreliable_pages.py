"""Scraping a web that misbehaves: a long tail of delays, errors, connections that are reset, answers that never come.

The latency server draws delay and fate from (seed, page, attempt) alone, and so is all of it known here: which pages a
client that tries three times will have in the end, how many requests that takes, how long it waits. Whatever the order
in which requests arrive, every model must end with the same pages, or it is no result.

`wire`, because clients differ in what they do about failures without being asked: aiohttp, for one, repeats a request
by itself when a connection that was kept alive breaks. After any failure the connection is closed and another opened,
and after a pause that doubles each time the page is tried again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace

import h11

from benchmarks.workloads.http_base import Pages
from benchmarks.workloads.wire import AwaitablePool, BlockingConnection, Wire
from servers.delays import HANG, SERVED, Settings, delay_s, fate

FAILURES = (OSError, h11.RemoteProtocolError)  # refused, reset, out of time; an answer that breaks off


def gave_up(task: int) -> bytes:
    """What stands in place of a page that could not be had."""
    return b"gave up %d" % task


class Reconnecting:
    """A worker's connection, opened when it is needed, and again after every failure."""

    def __init__(self, address: tuple[str, int], timeout_s: float) -> None:
        self.address, self.timeout_s = address, timeout_s
        self.connection: BlockingConnection | None = None

    def fetch(self, target: str) -> bytes:
        """The body found at `target`."""
        try:
            if not self.connection:
                self.connection = BlockingConnection(*self.address)
                self.connection.socket.settimeout(self.timeout_s)
            return self.connection.fetch(target)
        except FAILURES:
            self.close()
            raise

    def close(self) -> None:
        """Leave the server, if we are connected."""
        if self.connection:
            self.connection.socket.close()
        self.connection = None


class ReconnectingPool(AwaitablePool):
    """The connections of a loop; one that fails is closed and given to nobody any more."""

    def __init__(self, address: tuple[str, int], timeout_s: float, closing: AsyncExitStack) -> None:
        super().__init__(*address, closing)
        self.timeout_s = timeout_s

    async def fetch(self, target: str) -> bytes:
        """The body found at `target`."""
        connection = self.idle.pop() if self.idle else await self.connect()
        try:
            async with asyncio.timeout(self.timeout_s):
                body = await connection.fetch(target)
        except FAILURES:
            connection.writer.transport.abort()
            raise
        self.idle.append(connection)
        return body


@dataclass(frozen=True)
class UnreliablePages(Pages):
    """Fetch pages of which these shares of the attempts fail; try each page `attempts` times, `timeout_s` each."""

    name = "unreliable-pages"
    errors: float = 0.1
    resets: float = 0.05
    hangs: float = 0.03
    timeout_s: float = 0.6
    attempts: int = 3
    pause_s: float = 0.02  # before the second attempt

    @property
    def settings(self) -> Settings:
        """What the server is asked for."""
        shape = "lognormal" if self.sigma else "fixed"
        delays = Settings(self.delay_s * 1000, shape, self.sigma, seed=self.seed)
        return replace(delays, errors=self.errors, resets=self.resets, hangs=self.hangs)

    def ends(self, task: int) -> list[int]:
        """How each attempt at a page ends, up to the one that has it or the last."""
        found = list[int]()
        while len(found) < self.attempts and SERVED not in found:
            found.append(fate(self.settings, task, len(found)))
        return found

    def attempt_at(self, task: int, attempt: int) -> str:
        """The path of a page, and which attempt at it this is."""
        failing = f"errors={self.errors:g}&resets={self.resets:g}&hangs={self.hangs:g}"
        seed = "" if self.sigma else f"&seed={self.seed}"  # a long tail has said it already
        path, _, number = self.target(task).rpartition("&")
        return f"{path}{seed}&{failing}&attempt={attempt}&{number}"

    def pause_before(self, attempt: int) -> float:
        """Seconds between the failure before and this attempt."""
        return self.pause_s * 2 ** (attempt - 1) if attempt else 0.0

    @contextmanager
    def client(self) -> Iterator[Reconnecting]:
        """One connection at a time."""
        client = Reconnecting(Wire(self.url).address(), self.timeout_s)
        try:
            yield client
        finally:
            client.close()

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[ReconnectingPool]:
        """As many connections as are in use at once."""
        async with AsyncExitStack() as closing:
            yield ReconnectingPool(Wire(self.url).address(), self.timeout_s, closing)

    def perform(self, client: Reconnecting, task: int) -> bytes:
        """Fetch, patiently."""
        for attempt in range(self.attempts):
            time.sleep(self.pause_before(attempt))
            with suppress(*FAILURES):
                return client.fetch(self.attempt_at(task, attempt))
        return gave_up(task)

    async def aperform(self, client: ReconnectingPool, task: int) -> bytes:
        """The same, awaiting."""
        for attempt in range(self.attempts):
            await asyncio.sleep(self.pause_before(attempt))
            with suppress(*FAILURES):
                return await client.fetch(self.attempt_at(task, attempt))
        return gave_up(task)

    def expected(self, task: int) -> bytes:
        """The page, or that it cannot be had."""
        return super().expected(task) if SERVED in self.ends(task) else gave_up(task)

    def wait_s(self, task: int) -> float:
        """All its attempts, and the pauses between them; what never comes is waited for until the time is out."""
        delay = delay_s(self.settings, task)
        waited = [self.timeout_s if end == HANG else delay for end in self.ends(task)]
        return sum(waited) + sum(map(self.pause_before, range(len(waited))))
