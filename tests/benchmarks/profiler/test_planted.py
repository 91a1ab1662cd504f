"""Programs of which it is known what stops them, looked at for real: the right cause or "can't tell", never another."""

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.machine.calibration import NUMBERS, Calibration
from benchmarks.machine.capacity import CapacityMonitor, usable_cores
from benchmarks.machine.cpu_usage import snapshot, usage_between
from benchmarks.profiler.description import workload
from benchmarks.profiler.diagnosis import CAN_NOT_TELL, Diagnosis, Machine, diagnose
from benchmarks.profiler.isolated import isolated
from benchmarks.profiler.one_by_one import one_by_one
from benchmarks.profiler.trials import Plan, trial
from benchmarks.workloads._user_module import load
from benchmarks.workloads.user_work import references
from tests.benchmarks.own import written
from tests.benchmarks.profiler.planted import BLOCKED, CAPS, GIL, LOCKS, LOOP, SERVED, WAITING, Planted

SURE = ("blocked loop", "lock", "pool cap")  # whose sign needs no quiet machine


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    load.cache_clear()
    references.cache_clear()


@pytest.fixture(scope="module")
def pace() -> Calibration:
    return Calibration.measure((NUMBERS,))


def steps(_: str) -> None:
    """Nobody listens."""


def looked_at(folder: Path, planted: Planted, pace: Calibration, port: int = 0) -> Diagnosis:
    """What stops the program, as `make mine` would say it."""
    source = written(folder, f"PORT = {port}\n{planted.text}")
    work, before = workload(source, load(source)), snapshot()
    with CapacityMonitor(pace) as gauge:
        timed = one_by_one(work, "asyncio" if planted.model == "asyncio" else "blocking", work.tasks(12), steps)
        plan = Plan(work, 64, timed.each_s, timed.answers, timed.shortest_s, ladder_s=planted.sweep_s)
        result = isolated(trial, planted.model, plan, patience_s=40, step=steps)
        parallel = max([gauge.sample().parallel, *(step.cores_used for step in result.sweep)])
    assert not result.failure
    disturbed = usage_between(before, snapshot()).disturbed(usable_cores())
    waits = timed.waits_s > 0.01 * (timed.waits_s + timed.computes_s)
    return diagnose(planted.model, result.sweep, Machine(parallel, 4e9, 0.0, disturbed, waits, 64))


def held(diagnosis: Diagnosis, planted: Planted) -> None:
    """The right cause; "can't tell" where others use the machine and the sign needs it.

    Where they left one core, one that is busy is all of them.
    """
    allowed = {planted.cause} if planted.cause in SURE else {planted.cause, CAN_NOT_TELL}
    if re.search(r"of the (0\.\d+|1|1\.[0-3]\d?) that this machine gave", diagnosis.sentence):
        allowed |= {"all cores"}
    assert diagnosis.cause in allowed, diagnosis.sentence


SOME = [*BLOCKED[::5], *LOCKS[::5], *CAPS[::4], GIL[0], GIL[4], LOOP[1], *WAITING]


@pytest.mark.real
@pytest.mark.parametrize("planted", SOME, ids=lambda one: f"{one.cause}: {one.name}")
def test_what_stops_a_program_is_found_or_not_told(tmp_path: Path, planted: Planted, pace: Calibration) -> None:
    held(looked_at(tmp_path, planted, pace), planted)


@contextmanager
def served(answer: Callable[[socket.socket], None], backlog: int, accept_s: float = 0.0) -> Iterator[int]:
    """A server in a thread: its port. Each connection is answered in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            time.sleep(accept_s)
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


class Pace:
    """What the server makes its clients wait for: so many answers a second, or one at a time."""

    def __init__(self, every_s: float, service_s: float) -> None:
        self.every_s, self.service_s = every_s, service_s
        self.lock, self.next = threading.Lock(), 0.0

    def answer(self, connection: socket.socket) -> None:
        """Answer each byte, when it is its turn."""
        with connection:
            while word := connection.recv(1):
                with self.lock:
                    self.next = max(self.next + self.every_s, time.perf_counter())
                    due = self.next
                time.sleep(max(0.0, due - time.perf_counter()) + self.service_s)
                connection.sendall(word)


@pytest.mark.real
@pytest.mark.parametrize("planted", SERVED, ids=lambda one: f"{one.cause}: {one.name}")
def test_what_a_server_does_to_a_program_is_found_or_not_told(
    tmp_path: Path, planted: Planted, pace: Calibration
) -> None:
    rate = Pace(planted.every_s, planted.service_s)
    with served(rate.answer, planted.backlog, planted.accept_s) as port:
        held(looked_at(tmp_path, planted, pace, port), planted)
