"""Visitors: one race for all of them, and no work for nobody."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse
from aiohttp.test_utils import TestClient, TestServer

from scripts.site import race_server
from scripts.site.app import create_app
from scripts.site.race_request import RaceRequest

WAIT_S = 10.0  # for what takes a moment on a machine that does nothing else
Opens = Callable[[str], Any]


class FakeRace:
    """A race that tells little, and goes on until it is let end."""

    every: list["FakeRace"]

    def __init__(
        self, request: RaceRequest, resources: None, tell: Callable[[dict[str, Any]], None], visitor: str
    ) -> None:
        self.request, self.broadcast, self.visitor = request, tell, visitor
        self.stopping, self.goal = Event(), Event()
        self.every.append(self)

    def run(self) -> None:
        self.broadcast({"kind": "race", "tasks": self.request.tasks})
        while not (self.stopping.wait(0.01) or self.goal.is_set()):
            pass
        self.broadcast({"kind": "end", "reason": "stopped" * self.stopping.is_set()})


@contextmanager
def no_resources() -> Iterator[Any]:
    yield None


@pytest.fixture
def races(monkeypatch: pytest.MonkeyPatch) -> list[FakeRace]:
    FakeRace.every = []
    monkeypatch.setattr(race_server, "Race", FakeRace)
    monkeypatch.setattr(race_server, "GRACE_S", 0.1)
    return FakeRace.every


@pytest.fixture
async def client(races: list[FakeRace]) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(create_app(open_resources=no_resources))) as client:
        yield client


async def visit(client: TestClient[Any, Any], name: str = "a") -> ClientWebSocketResponse:
    return await client.ws_connect(f"/live?visitor={name}")


async def hear(socket: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    async with asyncio.timeout(WAIT_S):
        while (message := await socket.receive_json())["kind"] != kind:
            pass
    return dict(message)


async def start(socket: ClientWebSocketResponse, **numbers: Any) -> dict[str, Any]:
    await socket.send_json({"do": "start", "tasks": 20, "delay_ms": 5} | numbers)
    return await hear(socket, "race")


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not true():  # noqa: ASYNC110 - what we wait for happens in a thread
            await asyncio.sleep(0.01)


async def test_a_second_visitor_watches_the_same_race_from_its_beginning(
    client: TestClient[Any, Any], races: list[FakeRace]
) -> None:
    first = await visit(client, "a")
    await start(first)
    second = await visit(client, "b")
    assert (await hear(second, "history"))["messages"] == [{"kind": "race", "tasks": 20}]
    assert await hear(second, "visitors") == {"kind": "visitors", "count": 2, "mine": False}
    races[0].goal.set()
    assert [await hear(socket, "end") for socket in (first, second)] == [{"kind": "end", "reason": ""}] * 2


async def test_two_races_never_run_at_once(client: TestClient[Any, Any], races: list[FakeRace]) -> None:
    first, second = await visit(client, "a"), await visit(client, "b")
    await start(first)
    await second.send_json({"do": "start", "tasks": 20, "delay_ms": 5})
    assert "A race is in progress" in (await hear(second, "refused"))["sentence"]
    assert len(races) == 1
    races[0].goal.set()
    await hear(second, "end")
    assert (await start(second, tasks=30))["tasks"] == 30
    assert races[1].visitor == "b"


async def test_nobody_left_stops_the_work(client: TestClient[Any, Any], races: list[FakeRace]) -> None:
    socket = await visit(client)
    await start(socket)
    await socket.close()
    await until(races[0].stopping.is_set)


@pytest.mark.slow
async def test_the_starter_may_leave_while_others_watch(client: TestClient[Any, Any], races: list[FakeRace]) -> None:
    first, second = await visit(client, "a"), await visit(client, "b")
    await start(first)
    await first.close()
    await hear(second, "race")
    await asyncio.sleep(0.3)
    assert not races[0].stopping.is_set()
    await second.close()
    await until(races[0].stopping.is_set)


async def test_a_page_that_is_loaded_again_finds_its_race_still_running(
    client: TestClient[Any, Any], races: list[FakeRace]
) -> None:
    socket = await visit(client, "a")
    await start(socket)
    await socket.close()
    again = await visit(client, "a")
    assert [message["kind"] for message in (await hear(again, "history"))["messages"]] == ["race"]
    assert (await hear(again, "visitors"))["mine"]
    await asyncio.sleep(0.3)
    assert not races[0].stopping.is_set()


async def test_only_its_starter_stops_a_race(client: TestClient[Any, Any], races: list[FakeRace]) -> None:
    first, second = await visit(client, "a"), await visit(client, "b")
    await start(first)
    await second.send_json({"do": "stop"})
    assert "Only who started" in (await hear(second, "refused"))["sentence"]
    assert not races[0].stopping.is_set()
    await first.send_json({"do": "stop"})
    assert (await hear(second, "end"))["reason"] == "stopped"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A message is a JSON object"),
        ("[" * 3000, "A message is a JSON object"),
        ('["start"]', "A message is a JSON object"),
        ('{"do": ["start"]}', "A message is a JSON object"),
        ('{"do": "dance"}', "There is nothing to do but start and stop"),
        ('{"do": "start", "tasks": -5}', "Tasks cannot be '-5': ask for a whole number from 1 to 1,000."),
        ('{"do": "start", "tasks": 1e400}', "Tasks cannot be 'inf'"),
        ('{"do": "start", "delay_ms": NaN}', "Delay cannot be 'nan'"),
        ('{"do": "start", "models": ["../x"]}', "No model is called '../x'"),
        ('{"do": "start", "tasks": 1000, "delay_ms": 2000}', "at most 120 s are possible"),
    ],
)
async def test_a_message_made_by_hand_gets_a_sentence_and_no_race(
    client: TestClient[Any, Any], races: list[FakeRace], text: str, sentence: str
) -> None:
    socket = await visit(client)
    await socket.send_str(text)
    assert sentence in (await hear(socket, "refused"))["sentence"]
    assert races == []
    await start(socket)


async def test_a_flood_is_cut_off_and_the_page_goes_on(client: TestClient[Any, Any], races: list[FakeRace]) -> None:
    flood, other = await visit(client, "a"), await visit(client, "b")
    await flood.send_str("x" * 100_000)
    async with asyncio.timeout(WAIT_S):
        while not flood.closed:
            await flood.receive()
    await start(other)


async def test_a_visitor_who_takes_nothing_does_not_hold_up_the_others(
    client: TestClient[Any, Any], races: list[FakeRace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(race_server, "MAX_QUEUED", 5)
    await start(socket := await visit(client))
    stalled = race_server.Visitor(Any, "stalled")  # type: ignore[arg-type]  # its socket is never written to
    stalled.sending = asyncio.create_task(asyncio.sleep(60))
    for number in range(7):
        stalled.enqueue(json.dumps(number))
    with pytest.raises(asyncio.CancelledError):
        await stalled.sending
    races[0].goal.set()
    await hear(socket, "end")


async def test_a_page_that_ends_takes_its_race_with_it(races: list[FakeRace]) -> None:
    async with TestClient(TestServer(create_app(open_resources=no_resources))) as client:
        await start(await visit(client))
    assert races[0].stopping.is_set()
