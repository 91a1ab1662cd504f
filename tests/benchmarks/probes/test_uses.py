"""The probes about what asyncio is used for: right on a small scale, and every planted fault is seen."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from threading import Timer
from typing import Any

import pytest
from aiohttp import web

from benchmarks.experiments.test_sequential_script import ROOT, run_script
from benchmarks.load import stream_clients
from benchmarks.probes import chat_broadcast, rate_limit, sequential_script, sse_broadcast, timers
from servers.subprocesses import serve
from tests.benchmarks.load.test_open_loop import VirtualLoop

CLIENTS, MESSAGES, TICKS = 10, 5, 3


@asynccontextmanager
async def serving(path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server in this loop, with a handler that a test has changed."""
    app = web.Application()
    app.add_routes([web.get(path, handler)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(autouse=True)
def soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What will never come is not waited for as long as in earnest."""
    for module in (stream_clients, chat_broadcast, sse_broadcast):
        monkeypatch.setattr(module, "GRACE_S", 5.0)
    monkeypatch.setattr(chat_broadcast, "everyone", set())


def spoiling(spoil: Callable[[int, str], str | None]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`chat_broadcast`, which passes on to client number n what `spoil` makes of a message: another, none."""
    clients: list[web.WebSocketResponse] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        client = web.WebSocketResponse()
        await client.prepare(request)
        clients.append(client)
        async for message in client:
            for number, other in enumerate(clients):
                if (text := spoil(number, message.data)) is not None:
                    await other.send_str(text)
        return client

    return handler


@pytest.mark.real
@pytest.mark.parametrize("way", chat_broadcast.WAYS)
def test_everyone_hears_every_message_of_the_chat(way: str) -> None:
    metrics = chat_broadcast.measure(way, CLIENTS, 300)
    assert metrics["deliveries"] == CLIENTS * 300
    assert metrics["last_delivery_p99_seconds"] is not None
    assert 0 < (metrics["last_delivery_p50_seconds"] or 0) <= metrics["last_delivery_p99_seconds"]
    assert 0 < (metrics["p50_seconds"] or 0) <= (metrics["last_delivery_p50_seconds"] or 0)
    assert metrics["p999_seconds"] is not None


@pytest.mark.real
async def test_a_message_that_one_client_never_gets_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_broadcast, "GRACE_S", 0.3)
    lost = spoiling(lambda number, text: None if number == 7 and text.startswith("message 3") else text)
    async with serving("/chat", lost) as url:
        with pytest.raises(TimeoutError):
            await chat_broadcast.deliveries(url, CLIENTS, MESSAGES)


@pytest.mark.real
async def test_a_message_that_one_client_hears_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = spoiling(lambda number, text: text.replace("message 3", "message 4") if number == 7 else text)
    async with serving("/chat", wrong) as url:
        with pytest.raises(ValueError, match="not the right ones in order"):
            await chat_broadcast.deliveries(url, CLIENTS, MESSAGES)


@pytest.mark.real
async def test_the_last_client_decides_how_late_a_message_is() -> None:
    def slow_for_the_last(number: int, text: str) -> str:
        if number == CLIENTS - 1:
            time.sleep(0.05)  # the whole server stands still
        return text

    async with serving("/chat", spoiling(slow_for_the_last)) as url:
        took = await chat_broadcast.deliveries(url, CLIENTS, MESSAGES)
    assert [len(each) for each in took] == [CLIENTS] * MESSAGES
    assert min(map(max, took)) >= 0.05


@pytest.mark.real
@pytest.mark.parametrize("way", sse_broadcast.WAYS)
def test_every_dashboard_gets_every_event(way: str) -> None:
    metrics = sse_broadcast.measure(way, CLIENTS, 30)
    assert metrics["deliveries"] == CLIENTS * 30
    assert metrics["lateness_p99_seconds"] is not None
    assert metrics["lateness_p99_seconds"] > 0


def ticking(change: Callable[[int], int], late_s: float = 0) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """`events`, whose ticks are changed on their way, and late."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        first = int(time.perf_counter() * sse_broadcast.TICKS_PER_S) + 1
        for tick in range(first, first + 10 * TICKS):
            await asyncio.sleep(tick / sse_broadcast.TICKS_PER_S - time.perf_counter() + late_s)
            await response.write(sse_broadcast.event(first + change(tick - first)))
        return response

    return handler


@pytest.mark.real
@pytest.mark.parametrize("change", [lambda n: n + (n > 2), lambda n: n - (n > 2)], ids=["skipped", "repeated"])
async def test_an_event_that_is_skipped_or_repeated_is_found(change: Callable[[int], int]) -> None:
    async with serving("/events", ticking(change)) as url:
        with pytest.raises(ValueError, match="not the right ones in order"):
            await sse_broadcast.latenesses(url, CLIENTS, 2 * TICKS)


@pytest.mark.real
async def test_an_event_counts_as_late_from_when_it_was_due() -> None:
    async with serving("/events", ticking(lambda n: n, late_s=0.15)) as url:
        late = await sse_broadcast.latenesses(url, CLIENTS, TICKS)
    assert len(late) == CLIENTS * TICKS
    assert min(late) >= 0.15 - 0.001  # a loop's clock may end a sleep a moment early


@pytest.mark.real
@pytest.mark.parametrize("answer", [web.Response(status=503), None], ids=["refusing", "closing"])
async def test_a_server_that_welcomes_nobody_is_no_server(answer: web.Response | None) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if answer is None and request.transport:
            request.transport.abort()
        return web.Response(status=503)

    async with serving("/events", handler) as url:
        with pytest.raises(ExceptionGroup) as refused:
            async with stream_clients.crowd(url, sse_broadcast.SUBSCRIBE, 10, 1):
                pytest.fail("nobody was welcomed")
    assert refused.group_contains(ConnectionError, match="the server")


def turns(rate_per_s: float, catch_up: int, stalls: dict[int, float]) -> list[float]:
    """When each of 50 turns was taken, in virtual time, by a loop that stands still for a while after some of them."""
    taken: list[float] = []

    async def take_all() -> None:
        loop: Any = asyncio.get_running_loop()
        pacer = rate_limit.Pacer(rate_per_s, catch_up)
        for number in range(50):
            await pacer.turn()
            taken.append(loop.time())
            loop.virtual.now += stalls.get(number, 0.0)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(take_all())
    return taken


def test_turns_come_at_the_rate() -> None:
    assert turns(100, 5, {}) == pytest.approx([(number + 1) / 100 for number in range(50)])


def test_small_delays_are_caught_up() -> None:
    assert turns(100, 5, dict.fromkeys(range(49), 0.009))[-1] == pytest.approx(0.5, abs=0.01)
    assert turns(100, 5, {10: 0.04})[-1] == pytest.approx(0.5)


def test_threads_take_turns_as_coroutines_do(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now[-1] + seconds))
    pacer, taken = rate_limit.ThreadPacer(100, 5, lambda: now[-1]), list[float]()
    for number in range(50):
        pacer.turn()
        taken.append(now[-1])
        now.append(now[-1] + (2.0 if number == 10 else 0))
    assert taken == pytest.approx(turns(100, 5, {10: 2.0}))


def test_a_long_pause_never_ends_in_a_burst_beyond_what_may_be_caught_up() -> None:
    taken = turns(100, 5, {10: 2.0})
    after = [moment for moment in taken if moment > 2]
    assert sum(moment < after[0] + 0.001 for moment in after) <= 6
    assert all(later - earlier >= 0.009 for earlier, later in pairwise(after[6:]))


@pytest.mark.real
@pytest.mark.parametrize("way", rate_limit.WAYS)
def test_a_client_that_keeps_the_limit_is_not_turned_away_and_one_that_does_not_is(way: str) -> None:
    with serve("servers.latency") as server:
        kept = rate_limit.measure(way, server.url, rate_limit.RATE_PER_S / 2, 40)
        broken = rate_limit.measure(way, server.url, rate_limit.RATE_PER_S * 20, 40)
    assert kept["answered"] == broken["answered"] == 40
    assert (kept["rate_limit_share"] or 0) <= 0.5
    assert (kept["p50_seconds"] or 0) >= rate_limit.DELAY_MS / 1000
    assert (broken["rate_limited"] or 0) > 0
    assert broken["error_share"] == (broken["rate_limited"] or 0) / ((broken["rate_limited"] or 0) + 40)


@pytest.mark.real
@pytest.mark.parametrize("way", rate_limit.WAYS)
def test_a_wrong_answer_keeps_no_limit(way: str) -> None:
    with serve("servers.latency", "--bytes", "9") as server, pytest.raises(ValueError, match="another"):
        rate_limit.measure(way, server.url, rate_limit.RATE_PER_S, 3)


@pytest.mark.parametrize("way", timers.WAYS)
def test_every_timer_fires_once_and_not_early(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "WITHIN_S", 0.05)
    late = timers.WAYS[way](20)
    assert len(late) == 20
    assert min(late) >= -0.001  # the resolution of a loop's clock


def test_a_timer_that_could_not_be_armed_counts_as_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "WITHIN_S", 0.05)
    started: list[Timer] = []

    def start(timer: Timer) -> None:
        if len(started) == 5:
            raise RuntimeError("can't start new thread")
        started.append(timer)
        real_start(timer)

    real_start = Timer.start
    monkeypatch.setattr(Timer, "start", start)
    late = timers.with_threads(400)
    assert len(late) == 5
    assert len(timers.bounded(late, 400)) == 400
    assert timers.bounded(late, 400)[-1] == timers.GIVE_UP_S - 0.05 * 5 / 400
    assert (timers.measure("threads", 400, 5)["lateness_p99_seconds"] or 0) > timers.GIVE_UP_S - 0.05


def test_arming_ends_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "WITHIN_S", 0.01)
    monkeypatch.setattr(timers, "GIVE_UP_S", 0.02)
    monkeypatch.setattr(Timer, "start", lambda timer: time.sleep(0.005))
    monkeypatch.setattr(Timer, "join", lambda timer: None)
    began = time.monotonic()
    timers.with_threads(10_000)
    assert time.monotonic() - began < 5


@pytest.mark.real
@pytest.mark.parametrize("name", sequential_script.SCRIPTS)
def test_a_script_fetches_its_pages_or_is_no_result(name: str) -> None:
    with serve("servers.latency") as server:
        assert run_script(name, server.url) > 0
    failed = (ValueError, subprocess.CalledProcessError)
    with serve("servers.latency", "--errors", "1") as server, pytest.raises(failed):
        run_script(name, server.url)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "unused"),
    [("wire/sequential", "asyncio"), ("http/sequential", "aiohttp"), ("http/asyncio", "requests")],
)
def test_a_script_pays_for_no_import_of_another(name: str, unused: str) -> None:
    program = "import json, runpy, sys; scripts = runpy.run_path(sys.argv[1])['SCRIPTS']; "
    program += "scripts[sys.argv[2]]('127.0.0.1', int(sys.argv[3])); print(json.dumps(list(sys.modules)))"
    with serve("servers.latency") as server:
        command = [sys.executable, "-c", program, sequential_script.__file__, name, server.url.rpartition(":")[2]]
        loaded = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    assert unused not in loaded


def test_the_probes_say_what_you_should_see() -> None:
    for module in (chat_broadcast, sse_broadcast, rate_limit, timers, sequential_script):
        assert "What you should see" in (module.__doc__ or ""), module.__name__
