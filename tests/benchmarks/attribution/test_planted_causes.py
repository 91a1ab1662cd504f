"""Each cause that is planted moves its own term by its size, and no other: beside a control, in turns, in one run.

Other programs take time too, and not evenly: of both kinds the faster half of the rounds counts, and a run that they
have spoilt is repeated. A wrong account is wrong each time.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from benchmarks.attribution.path import Record
from benchmarks.attribution.rounds import CellRounds, Sampling, sampling
from benchmarks.attribution.terms import attribute
from benchmarks.core.cell import Cell
from benchmarks.core.time_terms import ASKED, BLOCKING, CORE, GIL, LATE, LOCK, NETWORK, POOL, TERMS
from benchmarks.models import model
from benchmarks.workloads import Workload
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve

pytestmark = [
    pytest.mark.quiet,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of threads"),
]
ROUNDS, TRIES = 10, 4
WITHIN, OTHERS = 0.2, 0.05  # of the planted size, of the planted total
DELAY_S, PLANTED_S = 0.05, 0.03
TASKS, CONCURRENCY = 12, 4  # three waves: 150 ms as asked
ADDED = 200_000  # some 10 ms
SWITCH_S = 0.02  # the usual 5 ms make a hand-over, and with it a wait for a core, of every few moments of work


@dataclass(frozen=True)
class LateServer(Wire):
    """A server that takes longer than it is said to have been asked to."""

    def target(self, task: int) -> str:
        return f"/delay?ms={(DELAY_S + PLANTED_S / 3) * 1000:g}&n={task}"


@dataclass(frozen=True)
class SlowOpening(Wire):
    """A client that takes long to open, without the network."""

    @contextmanager
    def client(self) -> Iterator[Any]:
        time.sleep(PLANTED_S)
        with super().client() as client:
            yield client


@dataclass(frozen=True)
class BlockedLoop(Wire):
    """Every task holds the loop before it fetches."""

    async def aperform(self, client: Any, task: int) -> bytes:
        time.sleep(PLANTED_S / 3)  # noqa: ASYNC251 - that is what is planted
        return await super().aperform(client, task)


@dataclass(frozen=True)
class Computing(Workload):
    """Computes in Python, asks nobody: whatever a hog does to a server stays out of it."""

    name = "computing"

    def perform(self, client: Any, task: int) -> int:
        return sum(n & 1 for n in range(ADDED))

    def expected(self, task: int) -> int:
        return ADDED // 2


HELD, BEGUN = threading.Lock(), threading.Event()


def hold() -> None:
    """Hold the lock from now until long after a task has come for it."""
    with HELD:
        taken.set()
        BEGUN.wait(10)
        time.sleep(PLANTED_S)


taken = threading.Event()


@dataclass(frozen=True)
class Locked(Wire):
    """Tasks that need a lock, which somebody holds when the first of them comes."""

    def prepare(self, tasks: list[int]) -> None:
        BEGUN.clear()
        taken.clear()
        threading.Thread(target=hold, daemon=True).start()
        taken.wait(10)

    def perform(self, client: Any, task: int) -> bytes:
        BEGUN.set()
        with HELD:
            pass
        return super().perform(client, task)


@dataclass(frozen=True)
class StoppedServer(Wire):
    """A server that accepts nobody for a moment, while connections arrive."""

    server_pid: int = 0

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        os.kill(self.server_pid, signal.SIGSTOP)
        asyncio.get_running_loop().call_later(PLANTED_S, os.kill, self.server_pid, signal.SIGCONT)
        async with super().aclient() as client:
            yield client


@contextmanager
def gil_hog() -> Iterator[None]:
    """A thread that computes in Python."""
    leave = threading.Event()

    def spin() -> None:
        while not leave.is_set():
            sum(range(1000))

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        yield
    finally:
        leave.set()
        thread.join()


@contextmanager
def core_hogs(core: int) -> Iterator[None]:
    """Processes that compute on one core."""
    spin = f"import os\nos.sched_setaffinity(0, {{{core}}})\nprint(flush=True)\nwhile True: pass"
    hogs = [subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for hog in hogs:
            assert hog.stdout
            hog.stdout.readline()
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
            assert hog.stdout
            hog.stdout.close()


@contextmanager
def pinned() -> Iterator[int]:
    """This process on one core; its number."""
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(usual)})
    try:
        yield min(usual)
    finally:
        os.sched_setaffinity(0, usual)


@contextmanager
def preferred() -> Iterator[None]:
    """The calling thread before all others, where that is allowed.

    On a busy machine each hand-over of the GIL costs a wait for a core, which is the other programs' and not the hog's.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@contextmanager
def switching(interval_s: float) -> Iterator[None]:
    """Threads that ask for the GIL wait so long before they are given it."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(interval_s)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def computing() -> CellRounds:
    """The rounds of a cell that computes."""
    cell = Cell("planted", Computing(), "sequential", 1, TASKS)
    return CellRounds(cell, model("sequential"), cell.workload.tasks(TASKS))


def rounds(workload: Workload, name: str, concurrency: int, tasks: int, url: str) -> CellRounds:
    """The rounds of a cell that fetches from `url`."""
    cell = Cell("planted", replace(workload, url=url), name, concurrency, tasks)  # type: ignore[call-arg]
    return CellRounds(cell, model(name), cell.workload.tasks(tasks), url)


Setting = Callable[[], AbstractContextManager[Any]]


def contrast(control: CellRounds, planted: CellRounds, cause: Setting) -> tuple[dict[str, float], dict[str, float]]:
    """The terms of both, from rounds in turns under one sampler."""
    both: tuple[list[Record], list[Record]] = [], []
    with sampling(frozenset()) as sampler:
        for _ in range(ROUNDS):
            both[0].append(looked_at(control, sampler))
            with cause():
                both[1].append(looked_at(planted, sampler))
    faster = (sorted(records, key=lambda record: record.seconds)[: ROUNDS // 2] for records in both)
    usual, moved = (attribute(records, sampler.seen) for records in faster)
    return usual, moved


def looked_at(one: CellRounds, sampler: Sampling) -> Record:
    """An accounted round while the sampler looks."""
    sampler.resume()
    try:
        return one.accounted()
    finally:
        sampler.pause()


def complaint(usual: dict[str, float], moved: dict[str, float], own: str, size_s: float | None) -> str:
    """What is wrong with how the terms moved; the size is what the whole moved by where it is not known beforehand."""
    grown = {term: moved[term] - usual[term] for term in TERMS}
    total_s = sum(moved.values())
    expected_s = sum(grown.values()) if size_s is None else size_s
    changes = {term: f"{1000 * value:.1f} ms" for term, value in grown.items() if abs(value) > 1e-4}
    if abs(grown[own] - expected_s) > WITHIN * expected_s:
        return f"{own} moved by {1000 * grown[own]:.1f} ms instead of {1000 * expected_s:.1f}: {changes}"
    strays = [term for term in TERMS if term != own and abs(grown[term]) > OTHERS * total_s]
    return f"{strays} moved by more than a twentieth of {1000 * total_s:.0f} ms: {changes}" if strays else ""


def moves_only(
    own: str, size_s: float | None, measured: Callable[[], tuple[dict[str, float], dict[str, float]]]
) -> None:
    """Some try shows the cause in its own term, by its size, and in no other."""
    complaints = list[str]()
    for _ in range(TRIES):
        if not (wrong := complaint(*measured(), own, size_s)):
            return
        complaints.append(wrong)
    pytest.fail("\n".join(complaints))


@pytest.fixture
def server() -> Iterator[Any]:
    with serve("servers.latency") as running:
        yield running


@pytest.mark.parametrize(
    ("own", "planted", "name", "concurrency", "size_s"),
    [
        (LATE, LateServer(delay_s=DELAY_S), "threads", CONCURRENCY, PLANTED_S),
        (POOL, SlowOpening(delay_s=DELAY_S), "threads", CONCURRENCY, PLANTED_S),
        (BLOCKING, BlockedLoop(delay_s=DELAY_S), "asyncio", TASKS, PLANTED_S / 3 * TASKS),
        (LOCK, Locked(delay_s=DELAY_S), "threads", CONCURRENCY, PLANTED_S),
    ],
    ids=["late server", "slow-opening client", "blocked loop", "lock"],
)
def test_a_planted_cause_moves_its_own_term_by_its_size(
    server: Any, own: str, planted: Workload, name: str, concurrency: int, size_s: float
) -> None:
    control = rounds(Wire(delay_s=DELAY_S), name, concurrency, TASKS, server.url)
    cause = rounds(planted, name, concurrency, TASKS, server.url)
    moves_only(own, size_s, lambda: contrast(control, cause, nullcontext))


def test_a_gil_hog_moves_the_wait_for_the_gil() -> None:
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("this Python has no GIL")
    with switching(SWITCH_S), preferred():
        moves_only(GIL, None, lambda: contrast(computing(), computing(), gil_hog))


def test_a_core_hog_moves_the_wait_for_a_core() -> None:
    with pinned() as core:
        moves_only(CORE, None, lambda: contrast(computing(), computing(), lambda: core_hogs(core)))


def test_a_small_listen_backlog_moves_the_network() -> None:
    """Where a listener's queue is full, the kernel knocks again after one second, then after two more (RFC 6298)."""
    with ExitStack() as servers:
        large, small = (servers.enter_context(serve("servers.latency", *more)) for more in ((), ("--backlog", "1")))
        control, cause = (
            rounds(StoppedServer(delay_s=DELAY_S, server_pid=one.pid), "asyncio", 20, 20, one.url)
            for one in (large, small)
        )
        moves_only(NETWORK, None, lambda: contrast(control, cause, nullcontext))


def test_the_sum_closes(server: Any) -> None:
    cells = [
        rounds(Wire(delay_s=DELAY_S), name, size, size, server.url)
        for name in ("threads", "asyncio")
        for size in (4, 20)
    ]
    for cell in cells:
        with sampling(frozenset({server.pid})) as sampler:
            records = [looked_at(cell, sampler) for _ in range(ROUNDS)]
        terms = attribute(records, sampler.seen)
        measured_s = sum(record.seconds for record in records) / ROUNDS
        assert sum(terms.values()) == pytest.approx(measured_s)
        assert terms["unattributed"] < 0.05 * measured_s
        assert terms[ASKED] == pytest.approx(DELAY_S) or terms[ASKED] > DELAY_S
