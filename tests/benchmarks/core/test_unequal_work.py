"""Planted faults that give right answers, in order, in time: they do other work than the rest, and must be no result.

A newcomer might write each of these. What no check sees, and why it is left: a task that is computed twice (an honest,
slow result), a process that leaves its parent and its session, a model that makes up answers and spans alike.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import h11
import pytest

from benchmarks.core import runner
from benchmarks.core.cell import CLASSICAL, Cell
from benchmarks.core.context import BlockContext, InvalidCell
from benchmarks.models import Run
from benchmarks.workloads import Workload
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import BlockingConnection, Wire
from servers.subprocesses import Service, serve
from tests.benchmarks.core.test_mutants import FakeBenchmark, FakeGauge, planted

pytestmark = pytest.mark.real
DELAY_S = 0.005
CONCURRENCY, TASKS = 3, 6


class ForgottenSleep(Sleep):
    """Nothing is waited for. (Closed, because the warning alone would fail the test.)"""

    def perform(self, client: Any, task: int) -> int:
        asyncio.sleep(self.delay_s).close()
        return task

    async def aperform(self, client: Any, task: int) -> int:
        asyncio.sleep(self.delay_s).close()
        return task


class Guessing(Wire):
    """Every other task waits, but asks nobody."""

    def perform(self, client: Any, task: int) -> bytes:
        if task % 2:
            return super().perform(client, task)
        time.sleep(self.delay_s)
        return self.expected(task)

    async def aperform(self, client: Any, task: int) -> bytes:
        if task % 2:
            return await super().aperform(client, task)
        await asyncio.sleep(self.delay_s)
        return self.expected(task)


class AskingTwice(Wire):
    """Every task is two requests."""

    def perform(self, client: Any, task: int) -> bytes:
        super().perform(client, task)
        return super().perform(client, task)

    async def aperform(self, client: Any, task: int) -> bytes:
        await super().aperform(client, task)
        return await super().aperform(client, task)


class Impatient(Wire):
    """A first request of each task is given up: the server answers as often as there are tasks."""

    def perform(self, client: Any, task: int) -> bytes:
        with self.client() as hasty:
            hasty.socket.settimeout(self.delay_s / 2)
            with suppress(TimeoutError):
                super().perform(hasty, task)
        return super().perform(client, task)

    async def aperform(self, client: Any, task: int) -> bytes:
        async with self.aclient() as hasty:
            with suppress(TimeoutError):
                await asyncio.wait_for(super().aperform(hasty, task), self.delay_s / 2)
        return await super().aperform(client, task)


class Reconnecting(Wire):
    """Every task opens a connection of its own."""

    def perform(self, client: Any, task: int) -> bytes:
        with self.client() as connection:
            return super().perform(connection, task)

    async def aperform(self, client: Any, task: int) -> bytes:
        async with self.aclient() as pool:
            return await super().aperform(pool, task)


class SwallowingErrors(Wire):
    """Every request fails, and nobody hears of it."""

    def target(self, task: int) -> str:
        return f"{super().target(task)}&errors=1"

    def perform(self, client: Any, task: int) -> bytes:
        with suppress(ConnectionError):
            super().perform(client, task)
        client.protocol = h11.Connection(our_role=h11.CLIENT)
        return self.expected(task)

    async def aperform(self, client: Any, task: int) -> bytes:
        with suppress(ConnectionError):
            await super().aperform(client, task)
        return self.expected(task)


class Remembering(Primes):
    """The answer is looked up."""

    def perform(self, client: Any, task: int) -> int:
        return self.expected(task)

    async def aperform(self, client: Any, task: int) -> int:
        return self.expected(task)


WORKLOADS: dict[str, tuple[Workload, str]] = {
    "a sleep not awaited": (ForgottenSleep(DELAY_S), "but waiting alone takes 0.005 s"),
    "fewer requests than tasks": (Guessing(delay_s=DELAY_S), "6 tasks, but the server saw 3 requests"),
    "more requests than tasks": (AskingTwice(delay_s=DELAY_S), "6 tasks, but the server saw 12 requests"),
    "requests given up": (Impatient(delay_s=4 * DELAY_S), r"6 tasks, but the server saw (?!6 )\d+ requests"),
    "connections not kept alive": (Reconnecting(delay_s=DELAY_S), "the server saw 6 connections"),
    "errors swallowed": (SwallowingErrors(delay_s=DELAY_S), "6 tasks, but the server saw 6 requests and met 0"),
    # a model's own work (starting processes: 0.1 s of CPU) must not pass for the tasks'
    "computing from memory": (Remembering(task_s=1, numbers_per_s=1000), "it was not done"),
}


@dataclass
class Stage:
    """Where a mutant is measured."""

    url: str
    apart: frozenset[int]

    def __post_init__(self) -> None:
        self.benchmark = FakeBenchmark()
        self.place = BlockContext({"url": self.url, "numbers_per_s": 1000}, FakeGauge(), self.apart, lambda entry: None)  # type: ignore[arg-type]

    def refuses(self, cell: Cell, why: str) -> None:
        with pytest.raises(InvalidCell, match=why):
            runner.measure(self.benchmark, self.place, cell)
        assert self.benchmark.has_error


@pytest.fixture(scope="module")
def server() -> Iterator[Service]:
    with serve("servers.latency") as service:
        yield service


@pytest.fixture
def stage(server: Service, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(runner, "budget", nullcontext)
    return Stage(server.url, frozenset({server.pid}))


def cell(workload: Workload, name: str = "threads") -> Cell:
    return Cell("unequal", workload, name, CONCURRENCY, TASKS, rounds=1)


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("fault", WORKLOADS)
def test_other_work_than_the_cell_says_is_never_a_result(name: str, fault: str, stage: Stage) -> None:
    workload, why = WORKLOADS[fault]
    stage.refuses(cell(workload, name), why)


inherited: dict[str, Any] = {}


def perform_over_the_parents_socket(task: int) -> Any:
    return inherited["workload"].perform((inherited["connection"], inherited["lock"]), task)


class Locked(Wire):
    """A connection that others use too: under a lock, so that each gets its own answer, and late."""

    def perform(self, client: tuple[BlockingConnection, Any], task: int) -> bytes:  # type: ignore[override]
        connection, lock = client
        with lock:
            return super().perform(connection, task)


@contextmanager
def forked_with_an_open_connection(workload: Workload, concurrency: int) -> Iterator[Run]:
    context = get_context("fork")
    with workload.client() as connection, ProcessPoolExecutor(concurrency, context) as pool:
        inherited.update(workload=workload, connection=connection, lock=context.Lock())
        yield lambda tasks: list(pool.map(perform_over_the_parents_socket, tasks))


@contextmanager
def threads_with_one_connection(workload: Workload, concurrency: int) -> Iterator[Run]:
    lock = threading.Lock()
    with workload.client() as connection, ThreadPoolExecutor(concurrency) as pool:
        yield lambda tasks: list(pool.map(lambda task: workload.perform((connection, lock), task), tasks))


@contextmanager
def all_at_once(workload: Workload, concurrency: int) -> Iterator[Run]:
    with ThreadPoolExecutor(50) as pool:
        yield lambda tasks: list(pool.map(lambda task: workload.perform(None, task), tasks))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads: it is what is shown
@pytest.mark.parametrize("sharing", [forked_with_an_open_connection, threads_with_one_connection])
def test_workers_that_share_one_socket_are_never_a_result(
    sharing: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, sharing)
    stage.refuses(cell(Locked(delay_s=DELAY_S)), "the server saw 1 connections")


def test_more_at_once_than_is_allowed_is_never_a_result(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, all_at_once)
    stage.refuses(cell(Sleep(delay_s=0.05)), "6 tasks were in flight at once, but 3 are allowed")


@contextmanager
def a_child() -> Iterator[None]:
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        yield
    finally:
        child.communicate()


def test_a_cell_beside_anothers_stray_is_no_result_until_it_has_gone(stage: Stage) -> None:
    before = runner.measure(stage.benchmark, stage.place, cell(Sleep(DELAY_S)))
    with a_child():
        stage.refuses(cell(Sleep(DELAY_S), "asyncio"), r"process \d+")
    after = runner.measure(stage.benchmark, stage.place, cell(Sleep(DELAY_S), "asyncio"))
    assert len(before) == len(after) == 2
