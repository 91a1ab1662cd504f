"""Does the open loop show what the closed one hides? In virtual time; and once on a server that really stands still."""

import asyncio
import os
import selectors
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest

from benchmarks.load.open_loop import (
    Fetch,
    Latencies,
    Request,
    ask_in_turn,
    ask_on_schedule,
    closed_loop,
    open_loop,
    schedule,
)
from benchmarks.load.quantiles import quantile
from servers.subprocesses import Service, serve

ANSWER_S = 0.005


class Virtual(selectors.SelectSelector):
    """A selector that never waits: it moves the clock to where the waiting would have ended."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nothing left to wait for: a deadlock"
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds take no time."""

    def __init__(self) -> None:
        self.virtual = Virtual()
        super().__init__(self.virtual)

    def time(self) -> float:
        return self.virtual.now


def now() -> float:
    return asyncio.get_running_loop().time()


async def answer(task: int) -> None:
    """A server that always takes as long."""
    await asyncio.sleep(ANSWER_S)


def frozen(start: float, stop: float) -> Fetch:
    """A server that stands still from `start` to `stop`, and answers all that waited as soon as it is back."""

    async def fetch(task: int) -> None:
        await asyncio.sleep(ANSWER_S)
        if start <= now() < stop:
            await asyncio.sleep(stop - now())

    return fetch


def in_no_time(ask: Callable[[], Awaitable[Latencies]]) -> Latencies:
    """What comes of asking in virtual time."""

    async def run() -> Latencies:
        return await ask()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


def p99(latencies: Latencies) -> float:
    value = quantile(latencies.seconds, 0.99)
    assert value is not None
    return value


def test_a_freeze_that_every_user_would_feel_is_hidden_by_a_closed_loop() -> None:
    fetch = frozen(1, 2)
    opened = in_no_time(lambda: ask_on_schedule(fetch, schedule(400, 3, None)))
    closed = in_no_time(lambda: ask_in_turn(fetch, 2, 3))
    assert p99(opened) == pytest.approx(0.97, abs=0.02)  # a third waits, evenly up to 1 s: p99 is 3 % from the longest
    assert p99(closed) == pytest.approx(ANSWER_S)
    assert max(closed.seconds) > 0.9  # it was there, in two requests of eight hundred


def test_both_loops_agree_about_a_server_that_is_steady() -> None:
    opened = in_no_time(lambda: ask_on_schedule(answer, schedule(400, 1, 1)))
    closed = in_no_time(lambda: ask_in_turn(answer, 2, 1))
    assert opened.seconds == pytest.approx([ANSWER_S] * len(opened.requests))
    assert closed.seconds == pytest.approx([ANSWER_S] * len(closed.requests))
    assert closed.achieved_per_s == pytest.approx(400, rel=0.01)


def test_requests_are_sent_whatever_became_of_the_others() -> None:
    latencies = in_no_time(lambda: ask_on_schedule(frozen(0, 5), schedule(100, 1, None)))
    assert [request.sent for request in latencies.requests] == pytest.approx([n / 100 for n in range(100)])


def test_a_generator_that_falls_behind_is_flagged_and_charged() -> None:
    async def hold_up(task: int) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.virtual.now += 0.02  # a client that computes for 20 ms for each request, and has 10
        await asyncio.sleep(ANSWER_S)

    latencies = in_no_time(lambda: ask_on_schedule(hold_up, schedule(100, 4, None)))
    assert latencies.lagging
    assert max(latencies.lags_s) > 3
    assert max(latencies.seconds) > 3
    assert latencies.achieved_per_s == pytest.approx(50, rel=0.02)


def test_a_generator_that_keeps_its_schedule_is_not_flagged() -> None:
    latencies = in_no_time(lambda: ask_on_schedule(answer, schedule(100, 4, None)))
    assert not latencies.lagging
    assert not in_no_time(lambda: ask_in_turn(answer, 1, 2)).lagging


def test_latency_counts_from_the_planned_instant() -> None:
    late = Latencies([Request(planned=1.0, sent=1.5, answered=1.6)])
    assert late.seconds == pytest.approx([0.6])
    assert late.lags_s == pytest.approx([0.5])


@pytest.mark.parametrize(("q", "needed"), [(0.5, 5), (0.9, 29), (0.99, 299), (0.999, 2995)])
def test_a_quantile_is_not_given_from_too_few_requests(q: float, needed: int) -> None:
    assert quantile(range(needed - 1), q) is None
    assert quantile(range(needed), q) is not None


def test_quantiles_are_exact() -> None:
    thousand = list(range(1, 1001))
    assert [quantile(thousand, q) for q in (0.5, 0.9, 0.99)] == [500, 900, 990]


def test_metrics_are_what_json_can_hold() -> None:
    metrics = Latencies([Request(n, n, n + 0.5) for n in range(100)]).metrics()
    assert metrics["p50_seconds"] == 0.5
    assert metrics["p99_seconds"] is None
    assert metrics["answered"] == 100
    assert metrics["generator_late"] == 0.0


def test_users_come_independently_but_the_same_for_the_same_seed() -> None:
    due = schedule(1000, 20, seed=1)
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert due == schedule(1000, 20, seed=1) != schedule(1000, 20, seed=2)
    assert fmean(gaps) == pytest.approx(1e-3, rel=0.03)  # 20,000 gaps: four standard errors
    assert sum(gap > 1e-3 for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.014)  # 1/e of an exponential


@pytest.mark.parametrize(("rate_per_s", "seconds"), [(0, 1), (-1, 1), (1, 0), (0.001, 1)])
def test_a_schedule_without_requests_is_refused(rate_per_s: float, seconds: float) -> None:
    with pytest.raises(ValueError, match=r"positive|No request"):
        schedule(rate_per_s, seconds, seed=1)


@contextmanager
def freeze(service: Service, after_s: float, for_s: float) -> Iterator[None]:
    """Stop the server's process for a while; it goes on in any case."""
    stop = threading.Timer(after_s, os.kill, (service.pid, signal.SIGSTOP))
    go_on = threading.Timer(after_s + for_s, os.kill, (service.pid, signal.SIGCONT))
    stop.start()
    go_on.start()
    try:
        yield
    finally:
        stop.cancel()
        go_on.cancel()
        stop.join()
        go_on.join()
        os.kill(service.pid, signal.SIGCONT)


@pytest.mark.real
def test_a_server_that_stands_still_for_a_second_shows_only_in_the_open_loop() -> None:
    with serve("servers.latency") as service:
        with freeze(service, 1, 1):
            opened = open_loop(service.url, 400, 3, delay_s=ANSWER_S)
        with freeze(service, 1, 1):
            closed = closed_loop(service.url, 2, 4, delay_s=ANSWER_S)
    assert p99(opened) > 5 * p99(closed)  # 90 times on a quiet machine
    assert p99(opened) > 0.5  # seconds, of a freeze of one
    assert max(closed.seconds) > 0.5


@pytest.mark.real
def test_a_wrong_answer_is_no_latency() -> None:
    with serve("servers.latency", "--errors", "1") as service, pytest.raises(ConnectionError, match="status 503"):
        open_loop(service.url, 100, 1)
