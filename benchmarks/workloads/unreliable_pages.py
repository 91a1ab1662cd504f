"""Scraping unreliable pages: delays with a long tail, errors, reset connections, answers that never come.

The latency server draws delay and outcome from (seed, page, attempt) alone, so all is known here: which pages a client
with three attempts gets, how many requests that takes, how long it waits. In whatever order requests arrive, every
model must end with the same pages, or its result is invalid.

It uses `wire`, because client libraries differ in how they handle failures: aiohttp repeats a request by itself when a
kept-alive connection breaks. After any failure the connection is closed and another opened, and the page is retried
after a pause that doubles each time.
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

FAILURES = (OSError, h11.RemoteProtocolError)  # refused, reset, timed out; a truncated answer


def gave_up(task: int) -> bytes:
    """The answer for a page that could not be fetched."""
    return b"gave up %d" % task


class Reconnecting:
    """A worker's connection, opened when needed, and again after every failure."""

    def __init__(self, address: tuple[str, int], timeout_s: float) -> None:
        self.address, self.timeout_s = address, timeout_s
        self.connection: BlockingConnection | None = None

    def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`."""
        try:
            if not self.connection:
                self.connection = BlockingConnection(*self.address)
                self.connection.socket.settimeout(self.timeout_s)
            return self.connection.fetch(target)
        except FAILURES:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self.connection:
            self.connection.socket.close()
        self.connection = None


class ReconnectingPool(AwaitablePool):
    """The connections of a loop; one that fails is closed and not reused."""

    def __init__(self, address: tuple[str, int], timeout_s: float, closing: AsyncExitStack) -> None:
        super().__init__(*address, closing)
        self.timeout_s = timeout_s

    async def fetch(self, target: str) -> bytes:
        """Fetch the body at `target`."""
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
        """The parameters of the server's `/delay`."""
        shape = "lognormal" if self.sigma else "fixed"
        delays = Settings(self.delay_s * 1000, shape, self.sigma, seed=self.seed)
        return replace(delays, errors=self.errors, resets=self.resets, hangs=self.hangs)

    def ends(self, task: int) -> list[int]:
        """The outcome of each attempt at a page, up to the first success or the last attempt."""
        outcomes = list[int]()
        while len(outcomes) < self.attempts and SERVED not in outcomes:
            outcomes.append(fate(self.settings, task, len(outcomes)))
        return outcomes

    def attempt_at(self, task: int, attempt: int) -> str:
        """The path of a page, with the number of the attempt."""
        failing = f"errors={self.errors:g}&resets={self.resets:g}&hangs={self.hangs:g}"
        seed = "" if self.sigma else f"&seed={self.seed}"  # a long tail has the seed in its path already
        path, _, number = self.target(task).rpartition("&")
        return f"{path}{seed}&{failing}&attempt={attempt}&{number}"

    def pause_before(self, attempt: int) -> float:
        """Seconds between the previous failure and this attempt."""
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
        """A pool that grows with the requests in flight."""
        async with AsyncExitStack() as closing:
            yield ReconnectingPool(Wire(self.url).address(), self.timeout_s, closing)

    def perform(self, client: Reconnecting, task: int) -> bytes:
        """Fetch, with retries."""
        for attempt in range(self.attempts):
            time.sleep(self.pause_before(attempt))
            with suppress(*FAILURES):
                return client.fetch(self.attempt_at(task, attempt))
        return gave_up(task)

    async def aperform(self, client: ReconnectingPool, task: int) -> bytes:
        """Fetch with retries, awaiting."""
        for attempt in range(self.attempts):
            await asyncio.sleep(self.pause_before(attempt))
            with suppress(*FAILURES):
                return await client.fetch(self.attempt_at(task, attempt))
        return gave_up(task)

    def expected(self, task: int) -> bytes:
        """The page, or the answer for one that fails."""
        return super().expected(task) if SERVED in self.ends(task) else gave_up(task)

    def wait_s(self, task: int) -> float:
        """All attempts and the pauses between them; an answer that never comes counts as the time-out."""
        delay = delay_s(self.settings, task)
        waited = [self.timeout_s if end == HANG else delay for end in self.ends(task)]
        return sum(waited) + sum(map(self.pause_before, range(len(waited))))
