"""More models that are careless, or that cheat: in what they return, in how they end, in what they leave changed."""

import asyncio
import concurrent.futures
import contextlib
import gc
import os
import queue
import random
import resource
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from benchmarks.core import runner
from benchmarks.core.cell import Cell
from benchmarks.core.context import InvalidCell
from benchmarks.models import Model, Run
from benchmarks.workloads import Workload
from benchmarks.workloads.sleep import Sleep
from tests.benchmarks.core.test_hostile_models import (
    CONCURRENCY,
    SLEEP,
    TASKS,
    left,
    one_by_one,
    place,
    refuse,
    running,
)
from tests.benchmarks.core.test_mutants import FakeBenchmark

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "budget", nullcontext)


# what it returns


async def later() -> list[Any]:
    return []


def half_done(workload: Workload, tasks: list[int]) -> list[Any]:
    return [*one_by_one(workload, tasks[:-1]), None]


def done_twice(workload: Workload, tasks: list[int]) -> list[Any]:
    return one_by_one(workload, [*tasks, *tasks])


def first_answer_for_all(workload: Workload, tasks: list[int]) -> list[Any]:
    return [workload.perform(None, tasks[0])] * len(tasks)


def swapped_class(workload: Workload, tasks: list[int]) -> list[Any]:
    class Quick(Sleep):
        def perform(self, client: None, task: int) -> int:
            return task

    object.__setattr__(workload.workload, "__class__", Quick)  # type: ignore[attr-defined]
    return one_by_one(workload, tasks)


def own_traced_workload(workload: Workload, tasks: list[int]) -> list[Any]:
    quick = type(workload)(Sleep(delay_s=0.0), workload.clock, 1)  # type: ignore[attr-defined, call-arg]
    return one_by_one(quick, tasks)


def shifted_answers(workload: Workload, tasks: list[int]) -> list[Any]:
    done = one_by_one(workload, tasks)
    return [*done[1:], done[0]]


RETURNED: dict[str, tuple[Callable[[Workload, list[int]], Any], str]] = {
    "nothing": (lambda workload, tasks: None, r"run\(\) returned a NoneType, not a list"),
    "a coroutine": (lambda workload, tasks: later(), r"run\(\) returned a coroutine, not a list"),
    "a generator": (lambda workload, tasks: (workload.perform(None, task) for task in tasks), "returned a generator"),
    "a filter": (lambda workload, tasks: filter(None, one_by_one(workload, tasks)), "returned a filter"),
    "a tuple": (lambda workload, tasks: tuple(one_by_one(workload, tasks)), "returned a tuple, not a list"),
    "a dictionary": (lambda workload, tasks: dict(enumerate(one_by_one(workload, tasks))), "returned a dict"),
    "all but the last": (half_done, "task 5 was not performed: its answer is None"),
    "everything twice": (done_twice, "6 tasks went in, 12 answers came out"),
    "the first answer for all": (first_answer_for_all, "task 1 got the answer 0"),
    "the answers moved by one": (shifted_answers, "task 0 got the answer 1"),
    "answers of a workload whose class it changed": (swapped_class, "but waiting alone takes 0.005 s"),
    "answers of a traced workload of its own": (own_traced_workload, "waiting alone|times were made up"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fault", RETURNED)
def test_what_is_no_list_of_answers_that_were_worked_for_is_never_a_result(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, why = RETURNED[fault]
    refuse(running(run), why, monkeypatch)


# how many it runs at once


def all_at_once(workload: Workload, tasks: list[int]) -> list[Any]:
    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(lambda task: workload.perform(None, task), tasks))


def test_more_tasks_in_flight_than_were_allowed_are_never_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    long = Sleep(delay_s=0.2)  # or the first task ends before the last thread has started
    refuse(running(all_at_once), "6 tasks were in flight at once, but 3 are allowed", monkeypatch, long)


# how it ends


def ended(problem: BaseException) -> Callable[[Workload, list[int]], list[Any]]:
    def run(workload: Workload, tasks: list[int]) -> list[Any]:
        one_by_one(workload, tasks)
        raise problem

    return run


def never_valid(hand_in: Model, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends without answers is written down as no result, whatever is raised."""
    entries: list[dict[str, Any]] = []
    where = place()
    object.__setattr__(where, "write", entries.append)
    monkeypatch.setattr(runner, "model", lambda name: hand_in)
    with pytest.raises(BaseException, match=why):
        runner.measure(FakeBenchmark(), where, Cell("hostile", SLEEP, "threads", CONCURRENCY, TASKS))
    assert not any(entry.get("valid") for entry in entries)


@pytest.mark.parametrize(
    "problem", [SystemExit("x"), GeneratorExit("x"), asyncio.CancelledError("x"), StopIteration("x"), MemoryError("x")]
)
def test_a_round_that_ends_with_an_exception_is_never_a_result(
    problem: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_valid(running(ended(problem))(), "x|StopIteration", monkeypatch)


@contextmanager
def twice(workload: Workload, concurrency: int) -> Iterator[Run]:
    yield lambda tasks: one_by_one(workload, tasks)
    yield lambda tasks: one_by_one(workload, tasks)


def no_model(workload: Workload, concurrency: int) -> Any:
    return lambda tasks: one_by_one(workload, tasks)


@contextmanager
def gives_nothing(workload: Workload, concurrency: int) -> Iterator[Any]:
    yield None


@pytest.mark.parametrize("hand_in", [twice, no_model, gives_nothing], ids=lambda one: one.__name__)
def test_what_is_no_model_at_all_is_never_a_result(hand_in: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    never_valid(hand_in, "generator didn't stop|context manager|not callable", monkeypatch)


# what it leaves changed


def patched(owner: Any, name: str) -> tuple[Callable[[], Any], Callable[[], Any], str]:
    """A function of the standard library that does the same by another name, as monkey-patching leaves it."""
    original = getattr(owner, name)
    return (
        lambda: setattr(owner, name, lambda *given, **more: original(*given, **more)),
        lambda: setattr(owner, name, original),
        f"{name} was replaced",
    )


FOLDER, MOST_FILES = os.getcwd(), resource.getrlimit(resource.RLIMIT_NOFILE)
LEFT: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "another folder": (lambda: os.chdir("/"), lambda: os.chdir(FOLDER), "the working folder"),
    "a time-out for all sockets": (
        lambda: socket.setdefaulttimeout(9),
        lambda: socket.setdefaulttimeout(None),
        "the time-out of sockets",
    ),
    "an ignored SIGCHLD": (
        lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        lambda: signal.signal(signal.SIGCHLD, signal.SIG_DFL),
        "a signal's handler",
    ),
    "objects that the collector no longer looks at": (gc.freeze, gc.unfreeze, "garbage collection"),
    "a callback of the collector": (lambda: gc.callbacks.append(noted), lambda: gc.callbacks.remove(noted), "garbage"),
    "a profiler for new threads": (
        lambda: threading.setprofile(lambda *event: None),
        lambda: threading.setprofile(None),
        "_profile_hook was replaced",
    ),
    "a hook for async generators": (
        lambda: sys.set_asyncgen_hooks(firstiter=lambda one: None),
        lambda: sys.set_asyncgen_hooks(firstiter=None),
        "hooks of async generators",
    ),
    "another umask": (lambda: os.umask(0o077), lambda: os.umask(0o022), "the umask"),
    "fewer open files": (
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES[0] - 1, MOST_FILES[1])),
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, MOST_FILES),
        "the limits of this process",
    ),
    "a socket of somebody else's": patched(socket, "socket"),
    "a queue of somebody else's": patched(queue.Queue, "get"),
    "a selector of somebody else's": patched(selectors.DefaultSelector, "select"),
    "a pool of somebody else's": patched(concurrent.futures.ThreadPoolExecutor, "submit"),
    "a loop of somebody else's": patched(asyncio.BaseEventLoop, "call_soon"),
    "a task of somebody else's": patched(asyncio, "gather"),
    "a random generator of somebody else's": patched(random, "random"),
}


def noted(phase: str, info: dict[str, int]) -> None:
    """What the collector calls."""


@pytest.mark.parametrize("fault", LEFT)
def test_what_a_model_leaves_changed_never_reaches_the_next_cell(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, back, why = LEFT[fault]
    try:
        refuse(left(change), why, monkeypatch)
    finally:
        back()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_that_forks_and_comes_back_twice_never_writes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, children = os.getpid(), list[int]()

    def run(workload: Workload, tasks: list[int]) -> list[Any]:
        children.append(os.fork())
        return one_by_one(workload, tasks)

    monkeypatch.setattr(runner, "model", lambda name: running(run)())
    try:
        with contextlib.suppress(InvalidCell):  # where the copy has not ended yet when it is looked for
            runner.measure(FakeBenchmark(), place(), Cell("hostile", SLEEP, "threads", CONCURRENCY, TASKS))
    finally:
        if os.getpid() != ours:
            os._exit(9)
    assert {status(pid) for pid in children} <= {1, -signal.SIGKILL}


def status(pid: int) -> int:
    """How a child has ended; 1 where somebody has asked already."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 1
