"""The load on a web server: a wrong, torn or missing answer is never counted, and a generator's limits are seen."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread
from typing import Any

import pytest

from benchmarks.load.burst import parse_wrk, wrk_per_s
from benchmarks.load.generator import (
    LoadFailed,
    Page,
    growth_while_connected,
    in_turn,
    new_precise_loop,
    on_schedule,
)
from tests.missing import missing

CLOSE = b""
Answer = Callable[[int], list[bytes]]  # what is sent back to the nth request of a connection; nothing more: it closes


def response(body: bytes = b"right", status: str = "200 OK", more: str = "") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status.encode(), len(body), more.encode(), body)


@contextmanager
def answering(answer: Answer) -> Iterator[Page]:
    """A server in a thread that answers as it is told."""
    ready, over, address = Event(), asyncio.Event(), dict[str, Any]()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests = 0
        with closing(writer), suppress(ConnectionError):
            while await reader.readline():
                while (await reader.readline()).strip():
                    pass
                for piece in answer(requests) or [CLOSE]:
                    if piece is CLOSE:
                        return
                    writer.write(piece)
                    await asyncio.sleep(0)
                requests += 1

    async def serve() -> None:
        async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
            address.update(loop=asyncio.get_running_loop(), port=server.sockets[0].getsockname()[1])
            ready.set()
            await over.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(5)
        yield Page(f"http://127.0.0.1:{address['port']}", "/page", b"right")
    finally:
        address["loop"].call_soon_threadsafe(over.set)
        thread.join()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda count: [response(b"wrong")], "a wrong answer.*wrong"),
        (lambda count: [response(b"right and more")], "a wrong answer"),
        (lambda count: [response(b"no", "503 Busy")], "a wrong answer.*503"),
        (lambda count: [response(b"n", "500 Broken")], "a wrong answer.*500"),
        (lambda count: [response()[:-1], CLOSE], "no whole answer"),
        (lambda count: [], "no whole answer"),
    ],
    ids=["wrong", "longer", "busy", "shorter", "torn", "nothing"],
)
def test_what_is_not_the_right_answer_to_the_byte_is_never_counted(answer: Answer, says: str) -> None:
    with answering(answer) as page, pytest.raises(LoadFailed, match=says):
        in_turn(page, 1, 0.05)


def test_an_answer_that_arrives_byte_by_byte_is_the_same_answer() -> None:
    with answering(lambda count: [bytes([byte]) for byte in response()]) as page:
        assert in_turn(page, 2, 0.05).requests


def test_a_connection_that_a_server_closed_while_it_was_idle_is_not_waited_on_for_ever() -> None:
    with answering(lambda count: [response()] if count < 3 else []) as page:
        assert len(in_turn(page, 2, 0.1).requests) > 10


def test_a_server_that_keeps_no_connections_is_asked_over_new_ones() -> None:
    with answering(lambda count: [response(more="Connection: close\r\n")] if not count else []) as page:
        assert len(in_turn(page, 2, 0.05).requests) > 2


def test_requests_on_schedule_are_as_many_as_were_planned() -> None:
    with answering(lambda count: [response()]) as page:
        latencies = on_schedule(page, 500, 0.2, seed=3)
    assert 60 < len(latencies.requests) < 140
    assert all(request.planned <= request.sent <= request.answered for request in latencies.requests)


def test_as_many_connections_are_held_as_were_asked_for() -> None:
    looks = iter([1000, 5000])
    with answering(lambda count: [response()]) as page:
        assert growth_while_connected(page, 200, lambda: next(looks)) == 4000


def test_a_server_that_is_gone_is_no_slow_server() -> None:
    with answering(lambda count: [response()]) as page:
        pass
    with pytest.raises(LoadFailed, match="does not answer"):
        in_turn(page, 1, 0.05)


def test_a_precise_loop_neither_wakes_too_early_nor_forgets_its_sockets() -> None:
    async def sleep() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(0.0004)
        return loop.time() - began

    with asyncio.Runner(loop_factory=new_precise_loop) as runner:
        took = [runner.run(sleep()) for _ in range(50)]
    assert min(took) >= 0.0004
    assert min(took) < 0.001  # epoll's time-out counts whole milliseconds: it would never be less than one


SAID = """Running 1m test @ http://127.0.0.1:40000/hello
  1 threads and 32 connections
  9000 requests in {took}, 1.21MB read
{more}Requests/sec:  18000.00
"""


@pytest.mark.parametrize(("took", "per_second"), [("500.00ms", 18_000), ("1.50s", 6_000), ("900.00us", 1e7)])
def test_what_wrk_counted_is_over_the_time_that_it_took(took: str, per_second: float) -> None:
    assert parse_wrk(SAID.format(took=took, more="")) == pytest.approx(per_second)


@pytest.mark.parametrize(
    "output",
    [
        SAID.format(took="500.00ms", more="  Non-2xx or 3xx responses: 3\n"),
        SAID.format(took="500.00ms", more="  Socket errors: connect 0, read 7, write 0, timeout 0\n"),
        SAID.format(took="500.00ms", more="").replace("9000 requests", "0 requests"),
        "unable to connect to 127.0.0.1:1 Connection refused",
    ],
)
def test_a_burst_with_an_error_in_it_is_no_throughput(output: str) -> None:
    with pytest.raises(LoadFailed, match="wrk says"):
        parse_wrk(output)


@pytest.mark.real
def test_wrk_can_be_stopped_before_a_second_is_over() -> None:
    if not (wrk := shutil.which("wrk")):
        missing("needs wrk")
    with answering(lambda count: [response()]) as page:
        assert wrk_per_s(wrk, page, 2, 0.2) > 0
