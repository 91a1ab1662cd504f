"""Models that are careless, or that cheat: none of them is a result.

Each is a file that somebody might hand in. They go through the real `measure`; what is said in return is the test. What
one process cannot keep another part of itself from is listed in docs/how-it-measures.md, "What it can't tell you".
"""

import _thread
import asyncio
import builtins
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing import get_context
from typing import Any

import psutil
import pytest

from benchmarks.core import cell_runner, runner
from benchmarks.core.cell import Cell
from benchmarks.core.context import BlockContext, InvalidCell
from benchmarks.models import Model, Run
from benchmarks.workloads import Capacity, Workload
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve
from tests.benchmarks.core.test_mutants import FakeBenchmark, FakeGauge

pytestmark = pytest.mark.slow

CONCURRENCY, TASKS = 3, 6
SLEEP = Sleep(delay_s=0.005)
opened: list[Any] = []  # what a model opened too early


def place(url: str = "", excluded: frozenset[int] = frozenset()) -> BlockContext:
    return BlockContext({"url": url, "numbers_per_s": 4e5}, FakeGauge(), excluded, lambda entry: None)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(runner, "budget", nullcontext)
    opened.clear()
    yield
    for one in opened:
        with suppress(Exception):
            one.shutdown()


def refuse(
    hand_in: Callable[[], Model], why: str, monkeypatch: pytest.MonkeyPatch, workload: Workload = SLEEP, **where: Any
) -> None:
    """The model that `hand_in` gives when it is imported is refused, for this reason."""
    benchmark = FakeBenchmark()
    monkeypatch.setattr(runner, "model", lambda name: hand_in())
    with pytest.raises(InvalidCell, match=why):
        runner.measure(benchmark, place(**where), Cell("hostile", workload, "threads", CONCURRENCY, TASKS))
    assert benchmark.has_error


def running(run: Callable[[Workload, list[int]], list[Any]]) -> Callable[[], Model]:
    """A model file that does its tasks like this."""

    @contextmanager
    def handed_in(workload: Workload, concurrency: int) -> Iterator[Run]:
        yield lambda tasks: run(workload, tasks)

    return lambda: handed_in


def one_by_one(workload: Workload, tasks: list[int]) -> list[Any]:
    return [workload.perform(None, task) for task in tasks]


# what it does with the tasks


def half_the_tasks(workload: Workload, tasks: list[int]) -> list[Any]:
    del tasks[3:]
    return one_by_one(workload, tasks)


def easier_tasks(workload: Workload, tasks: list[int]) -> list[Any]:
    tasks[:] = [0] * len(tasks)
    return one_by_one(workload, tasks)


def sorted_answers(workload: Workload, tasks: list[int]) -> list[Any]:
    return one_by_one(workload, tasks)[::-1]


# what it does with the workload


def no_delay(workload: Workload, tasks: list[int]) -> list[Any]:
    object.__setattr__(workload.workload, "delay_s", 0.0)  # type: ignore[attr-defined]
    return one_by_one(workload, tasks)


def another_workload(workload: Workload, tasks: list[int]) -> list[Any]:
    object.__setattr__(workload, "workload", Sleep(delay_s=0.0))
    return one_by_one(workload, tasks)


def another_clock(workload: Workload, tasks: list[int]) -> list[Any]:
    ticks = iter(range(100))
    object.__setattr__(workload, "clock", lambda: float(next(ticks)))
    return one_by_one(workload, tasks)


def replaced_method(workload: Workload, tasks: list[int]) -> list[Any]:
    Sleep.perform = lambda self, client, task: time.sleep(0.005) or task  # type: ignore[method-assign, func-returns-value]
    return one_by_one(workload, tasks)


# what it says it has done


def forged(workload: Workload, tasks: list[int]) -> list[Any]:
    now = time.perf_counter()
    return [(task, now - 0.01, now) for task in tasks]


def forged_with_a_guess(workload: Workload, tasks: list[int]) -> list[Any]:
    end = (start := time.perf_counter()) + 0.005
    while time.perf_counter() < end:
        pass
    return [(task, start, end, hash((0, task, start, end))) for task in tasks]


def one_span_for_all(workload: Workload, tasks: list[int]) -> list[Any]:
    _, *times = workload.perform(None, tasks[0])
    return [(task, *times) for task in tasks]


def widened_spans(workload: Workload, tasks: list[int]) -> list[Any]:
    object.__setattr__(workload.workload, "delay_s", 0.001)  # type: ignore[attr-defined]
    time.sleep(0.01)
    done = [workload.perform(None, task) for task in tasks]
    return [(answer, start - 0.004, end, seal) for answer, start, end, seal in done]


class Agreeable(int):
    """Equal to whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def agreeable_answers(workload: Workload, tasks: list[int]) -> list[Any]:
    return [(Agreeable(-1), *times) for _, *times in one_by_one(workload, tasks)]


class Padded(list[Any]):
    """As long as was asked for."""

    def __len__(self) -> int:
        return TASKS


def padded_list(workload: Workload, tasks: list[int]) -> list[Any]:
    return Padded(one_by_one(workload, tasks[:1]))


class Elastic(float):
    """A moment that lies wherever it should."""

    __le__ = __ge__ = lambda self, other: True
    __rsub__ = __sub__ = lambda self, other: 1.0


def elastic_times(workload: Workload, tasks: list[int]) -> list[Any]:
    return [(answer, Elastic(0), Elastic(0), seal) for answer, *_, seal in one_by_one(workload, tasks)]


RUNS: dict[str, tuple[Callable[[Workload, list[int]], list[Any]], str]] = {
    "half of the tasks deleted": (half_the_tasks, "6 tasks went in, 3 answers came out"),
    "every task made the first": (easier_tasks, "task 1 got the answer 0 instead of 1"),
    "answers turned round": (sorted_answers, "task 0 got the answer 5"),
    "the delay set to nothing": (no_delay, "but waiting alone takes 0.005 s"),
    "another workload slipped in": (another_workload, "but waiting alone takes 0.005 s"),
    "another clock slipped in": (another_clock, "was not done between"),
    "the workload's method replaced": (replaced_method, "benchmarks.workloads.sleep.Sleep.perform was replaced"),
    "spans made up": (forged, "task 0 was not performed: its answer is"),
    "spans made up with a guessed seal": (forged_with_a_guess, "its times were made up"),
    "one span for all tasks": (one_span_for_all, "task 1 was not performed in this round: its times were made up"),
    "spans stretched": (widened_spans, "its times were made up"),
    "answers equal to anything": (agreeable_answers, "task 0 got the answer -1 instead of 0"),
    "a list that lies about its length": (padded_list, "returned a Padded, not a list"),
    "times that compare as they should": (elastic_times, "task 0 has no times"),
}


@pytest.mark.parametrize("fault", RUNS)
def test_a_model_that_does_less_than_it_says_is_never_a_result(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sleep, "perform", Sleep.perform)  # put back afterwards
    run, why = RUNS[fault]
    refuse(running(run), why, monkeypatch)


def test_answers_kept_with_their_seals_are_never_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []

    def remembered(workload: Workload, tasks: list[int]) -> list[Any]:
        if not kept:
            kept.extend(one_by_one(workload, tasks))
            return kept[:]
        time.sleep(0.02)
        now = time.perf_counter()
        return [(answer, now - 0.006, now, seal) for answer, *_, seal in kept]

    refuse(running(remembered), "round 1: task 0 was not performed in this round: its times were made up", monkeypatch)


# what it replaces


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (time, "perf_counter"),
        (time, "monotonic"),
        (time, "process_time"),
        (time, "sleep"),
        (asyncio.tasks, "sleep"),
        (gc, "collect"),
        (threading, "enumerate"),
        (psutil, "cpu_times"),
        (builtins, "len"),
        (Sleep, "perform"),
        (Sleep, "min_duration_s"),
        (cell_runner.CellRunner, "fail_if"),
        (cell_runner, "validation_error"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_model_that_replaces_what_measures_it_is_never_a_result(
    owner: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(owner, name)

    def imported() -> Model:
        # it does the same, so that only the replacement can be seen
        monkeypatch.setattr(owner, name, lambda *given, **more: original(*given, **more))
        return running(one_by_one)()

    refuse(imported, rf"{name} was replaced", monkeypatch)


def test_a_code_object_that_was_swapped_is_never_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def perform(self: Sleep, client: None, task: int) -> int:
        time.sleep(self.delay_s)
        return task

    def imported() -> Model:
        monkeypatch.setattr(Sleep.perform, "__code__", perform.__code__)
        return running(one_by_one)()

    refuse(imported, r"Sleep\.perform was replaced", monkeypatch)


def test_clocks_that_run_wild_during_a_round_change_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep, perf_counter = time.sleep, time.perf_counter

    def patched(workload: Workload, tasks: list[int]) -> list[Any]:
        time.sleep, time.perf_counter = (lambda seconds: None), (lambda: 0.0)
        try:
            return one_by_one(workload, tasks)
        finally:
            time.sleep, time.perf_counter = sleep, perf_counter

    refuse(running(patched), "but waiting alone takes 0.005 s", monkeypatch)


# what it leaves switched


def left(change: Callable[[], Any]) -> Callable[[], Model]:
    def run(workload: Workload, tasks: list[int]) -> list[Any]:
        change()
        return one_by_one(workload, tasks)

    return running(run)


THRESHOLD, INTERVAL, DEEPEST = gc.get_threshold(), sys.getswitchinterval(), sys.getrecursionlimit()
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}


class OtherPolicy(asyncio.DefaultEventLoopPolicy):
    """What `uvloop.install()` leaves behind is such a one."""


STATES: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "the collector off": (gc.disable, gc.enable, "garbage collection was switched off"),
    "a lazy collector": (lambda: gc.set_threshold(100_000), lambda: gc.set_threshold(*THRESHOLD), "garbage collection"),
    "threads that never take turns": (
        lambda: sys.setswitchinterval(10),
        lambda: sys.setswitchinterval(INTERVAL),
        "the switch interval was changed and left so",
    ),
    "another loop for everybody": (
        lambda: asyncio.set_event_loop_policy(OtherPolicy()),
        lambda: asyncio.set_event_loop_policy(None),
        "the event loop policy was changed",
    ),
    "a switch for later processes": (
        lambda: os.environ.update(PYTHONASYNCIODEBUG="1"),
        lambda: os.environ.pop("PYTHONASYNCIODEBUG"),
        "the environment was changed",
    ),
    "a profiler left on": (
        lambda: sys.setprofile(lambda *event: None),
        lambda: sys.setprofile(None),
        "tracing was changed",
    ),
    "small stacks": (lambda: threading.stack_size(65_536), lambda: threading.stack_size(0), "the stack size"),
    "a deeper recursion": (
        lambda: sys.setrecursionlimit(5000),
        lambda: sys.setrecursionlimit(DEEPEST),
        "the recursion limit",
    ),
    "an alarm": (
        lambda: signal.setitimer(signal.ITIMER_REAL, 60),
        lambda: signal.setitimer(signal.ITIMER_REAL, 0),
        "the alarm",
    ),
    "a core of its own": (
        lambda: os.sched_setaffinity(0, {min(CORES)}),
        lambda: os.sched_setaffinity(0, CORES),
        "the cores allowed was changed",
    ),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("fault", STATES)
def test_a_switch_that_a_model_leaves_never_reaches_the_next_cell(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, back, why = STATES[fault]
    if fault == "a core of its own" and len(CORES) < 2:
        pytest.skip("one core")
    try:
        refuse(left(change), why, monkeypatch)
    finally:
        back()


# what it starts too early


def pool_of_threads() -> Model:
    pool = ThreadPoolExecutor(CONCURRENCY)
    list(pool.map(time.sleep, [0.01] * CONCURRENCY))
    opened.append(pool)
    return running(lambda workload, tasks: list(pool.map(lambda task: workload.perform(None, task), tasks)))()


def perform_in_worker(given: tuple[Workload, int]) -> Any:
    return given[0].perform(None, given[1])


def pool_of_processes() -> Model:
    pool = ProcessPoolExecutor(1, get_context("spawn"))
    pool.submit(os.getpid).result()
    opened.append(pool)
    return running(lambda w, tasks: list(pool.map(perform_in_worker, [(w, task) for task in tasks])))()


class RawThread:
    """A thread that only the kernel and the interpreter know, and that ends when it is told."""

    def __init__(self) -> None:
        self.todo: list[Callable[[], None]] = []
        self.wake, self.done = _thread.allocate_lock(), _thread.allocate_lock()
        self.wake.acquire()
        self.done.acquire()
        _thread.start_new_thread(self.work, ())

    def work(self) -> None:
        while True:
            self.wake.acquire()
            if not self.todo:
                return
            self.todo.pop()()
            self.done.release()

    def shutdown(self) -> None:
        self.wake.release()


def raw_thread() -> Model:
    opened.append(worker := RawThread())

    def run(workload: Workload, tasks: list[int]) -> list[Any]:
        answers: list[Any] = []
        worker.todo.append(lambda: answers.extend(one_by_one(workload, tasks)))
        worker.wake.release()
        worker.done.acquire()
        return answers

    return running(run)()


EARLY = {
    "a pool of threads": (pool_of_threads, r"thread ThreadPoolExecutor.* was there before the round: its start-up"),
    "a thread that threading does not list": (raw_thread, r"thread of _thread .* was there before the round"),
}


@pytest.mark.parametrize("fault", EARLY)
def test_what_was_opened_at_import_never_has_its_start_up_for_free(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in, why = EARLY[fault]
    refuse(hand_in, why, monkeypatch)


@pytest.mark.real
def test_a_pool_of_processes_opened_at_import_never_has_its_start_up_for_free(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(pool_of_processes, r"process \d+ \(python.* was there before the round: its start-up", monkeypatch)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's account of threads")
def test_a_thread_hidden_from_python_that_works_in_a_round_is_seen_by_the_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.core.leaks.python_threads", lambda: iter(()))
    refuse(raw_thread, r"thread .* is older than the round and worked in it", monkeypatch)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with serve("servers.latency") as service:
        yield service


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="open files are listed in /proc")
def test_a_connection_kept_from_the_last_round_is_never_for_free(monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    kept: list[Any] = []

    def keeping(workload: Workload, tasks: list[int]) -> list[Any]:
        if not kept:
            kept.append(client := workload.client())
            kept.append(client.__enter__())
        return [workload.perform(kept[1], task) for task in tasks]

    where = {"url": server.url, "excluded": frozenset({server.pid})}
    try:
        refuse(
            running(keeping), "a connection to the server was there before", monkeypatch, Wire(delay_s=0.001), **where
        )
    finally:
        kept[1].socket.close()


# what it leaves behind


def test_a_raw_thread_that_computes_on_is_never_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    stop: list[int] = []

    def run(workload: Workload, tasks: list[int]) -> list[Any]:
        _thread.start_new_thread(lambda: list(iter(lambda: time.sleep(0.001) or len(stop), 1)), ())  # type: ignore[func-returns-value]
        return one_by_one(workload, tasks)

    try:
        refuse(running(run), r"thread of _thread .* was left behind", monkeypatch)
    finally:
        stop.append(1)


DAEMON = """
import os, subprocess, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(0, 3)
while True: time.sleep(0.01)
"""


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
@pytest.mark.parametrize("program", ["import time; time.sleep(60)", DAEMON], ids=["session", "daemon"])
def test_a_child_that_outlives_the_round_in_a_session_of_its_own_is_never_a_result(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(workload: Workload, tasks: list[int]) -> list[Any]:
        child = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
        opened.append(child)
        if program is DAEMON:
            child.wait()
        return one_by_one(workload, tasks)

    before = {one.pid for one in psutil.Process().children()}
    refuse(running(run), r"process \d+ \(python.* was left behind", monkeypatch)
    left = [one for one in psutil.Process().children() if one.pid not in before and one.status() != "zombie"]
    assert left == [], "it computes beside the next cell"
    for child in opened:
        child.wait()


def test_an_honest_model_that_is_slow_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(workload: Workload, tasks: list[int]) -> list[Any]:
        time.sleep(0.02)
        return one_by_one(workload, tasks)

    monkeypatch.setattr(runner, "model", lambda name: running(slow)())
    done = runner.measure(FakeBenchmark(), place(), Cell("honest", SLEEP, "threads", CONCURRENCY, TASKS))
    assert [entry["warmup"] for entry in done] == [True, False, False]


# what it computes


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.parametrize(("burnt_s", "why"), [(0.0, "s of CPU, but"), (0.2, "task 2 took .* but its work takes")])
def test_what_a_model_looks_up_is_never_a_result(burnt_s: float, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third is computed; the rest is known from the workload's own check. Burning the CPU instead hides nothing."""
    compute = Primes.perform

    def a_third(workload: Workload, tasks: list[int]) -> list[Any]:
        expected = {task: workload.workload.expected(task) for task in tasks[2:]}  # type: ignore[attr-defined]

        def perform(self: Primes, client: None, task: int) -> int:
            return expected[task] if task in expected else compute(self, client, task)

        Primes.perform = perform  # type: ignore[method-assign]
        try:
            return one_by_one(workload, tasks)
        finally:
            Primes.perform = compute  # type: ignore[method-assign]
            burn(burnt_s)

    refuse(running(a_third), f"{why}.*it was not done", monkeypatch, Primes(task_s=0.05, numbers_per_s=4e5))


def test_work_that_is_slower_to_the_calibration_is_looked_at_again_before_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A core that has become twice as fast since the last look needs half of the CPU, and has done the work."""
    work, where = Primes(task_s=0.02, numbers_per_s=4e5), place()

    class Quickened(FakeGauge):
        def around(self, workload: Workload, since: float) -> Capacity:
            return Capacity(100.0 if self.looks else 1e-3, 2.0)

    quickened = Quickened()
    where = BlockContext({"url": "", "numbers_per_s": 1.0}, quickened, frozenset(), lambda entry: None)  # type: ignore[arg-type]
    monkeypatch.setattr(runner, "model", lambda name: running(one_by_one)())
    done = runner.measure(FakeBenchmark(), where, Cell("honest", work, "threads", CONCURRENCY, TASKS, rounds=1))
    assert quickened.looks
    assert len(done) == 2
