"""Threads on their way in or out are waited for before a round, and do not count as workers of it."""

import _thread
import threading
import time
from collections.abc import Callable

import pytest

from benchmarks.core import leaks
from benchmarks.core.leaks import borrowed_threads, settle_threads
from benchmarks.machine.scheduler import thread_times

HEAD_START_S = 0.1


def compute(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


def accused(work: Callable[[], None]) -> list[str]:
    """The threads that seem to have worked in a round, where `work` begins just before it in a thread."""
    first = thread_times()
    _thread.start_new_thread(work, ())
    settle_threads(first)
    before = thread_times()
    time.sleep(HEAD_START_S)
    return borrowed_threads(before, first)


def test_a_thread_that_has_yet_to_wait_is_given_the_time() -> None:
    done, lock = threading.Event(), _thread.allocate_lock()
    lock.acquire()

    def begin_and_wait() -> None:
        compute(HEAD_START_S / 4)
        lock.acquire()
        done.set()

    assert accused(begin_and_wait) == []
    lock.release()
    assert done.wait(10)


def test_a_thread_that_ends_is_given_the_time() -> None:
    assert accused(lambda: compute(HEAD_START_S / 4)) == []


def test_a_thread_that_computes_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "SETTLING_S", HEAD_START_S / 4)
    stop = threading.Event()

    def compute_on() -> None:
        while not stop.is_set():
            compute(HEAD_START_S / 100)

    assert len(accused(compute_on)) == 1
    stop.set()
