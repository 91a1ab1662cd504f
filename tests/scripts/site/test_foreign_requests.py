"""Pages of other sites make this machine do nothing, and a comparison is made once, one at a time."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from scripts.site import comparisons
from scripts.site.app import create_app
from tests.scripts import recorded
from tests.scripts.site.test_race_server import no_resources

HERE = {"cpu": "one CPU", "cores": 2, "cores_usable": 2}
IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PAIR = "/compare?a=reference&b=one"


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TestClient[Any, Any]]:
    recorded.record(tmp_path, "reference", blocks=8, machine=HERE)
    for number, name in enumerate(("one", "two")):
        recorded.record(tmp_path / "runs", name, blocks=8, seed=number, machine=HERE)
    recorded.record(tmp_path / "runs", "short", blocks=1, machine=HERE)
    monkeypatch.setattr(comparisons, "PATIENCE_S", 30.0)  # the page waits for what it would announce
    async with TestClient(TestServer(create_app(results=tmp_path, open_resources=no_resources))) as client:
        yield client


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The comparisons that were made, each with the names of its runs."""
    made, real = list[tuple[str, str]](), comparisons.side_by_side

    def counted(one: Path, other: Path) -> comparisons.Comparison:
        made.append((one.name, other.name))
        return real(one, other)

    monkeypatch.setattr(comparisons, "side_by_side", counted)
    return made


async def status(client: TestClient[Any, Any], path: str, headers: dict[str, str] | None = None) -> int:
    async with client.get(path, headers=headers) as response:
        await response.read()
        return response.status


@pytest.mark.parametrize("path", ["/", "/runs", PAIR, "/runs/one/report.html", "/static/race.js", "/live"])
async def test_an_image_on_a_page_elsewhere_asks_in_vain(
    client: TestClient[Any, Any], made: list[tuple[str, str]], path: str
) -> None:
    assert await status(client, path, IMAGE) == 403
    assert await status(client, path, {"Origin": "https://evil.example"}) == 403
    assert made == []


async def test_a_link_elsewhere_leads_to_the_page_but_starts_no_comparison(
    client: TestClient[Any, Any], made: list[tuple[str, str]]
) -> None:
    assert await status(client, "/", LINK) == 200
    assert await status(client, PAIR, LINK) == 403
    assert await status(client, PAIR, OWN) == 200
    assert made == [("reference", "one")]


async def test_a_comparison_that_was_made_is_not_made_again(
    client: TestClient[Any, Any], made: list[tuple[str, str]]
) -> None:
    answers = await asyncio.gather(*(status(client, PAIR) for _ in range(6)))
    assert answers == [200] * 6
    assert await status(client, PAIR) == 200
    assert made == [("reference", "one")]


async def test_a_run_that_has_grown_is_compared_anew(
    client: TestClient[Any, Any], made: list[tuple[str, str]], tmp_path: Path
) -> None:
    await status(client, PAIR)
    (tmp_path / "runs" / "one" / "blocks" / "07.journal").unlink()
    await status(client, PAIR)
    assert len(made) == 2


@pytest.mark.slow
async def test_two_comparisons_are_never_made_at_the_same_time(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, real = threading.Event(), threading.Event(), comparisons.side_by_side

    def slow(one: Path, other: Path) -> comparisons.Comparison:
        begun.set()
        go.wait(30)
        return real(one, other)

    monkeypatch.setattr(comparisons, "side_by_side", slow)
    first = asyncio.create_task(status(client, PAIR))
    await asyncio.to_thread(begun.wait, 30)
    async with client.get("/compare?a=reference&b=two") as response:
        assert response.status == 422
        assert "Another comparison is being made" in await response.text()
    go.set()
    assert await first == 200
    assert await status(client, "/compare?a=reference&b=two") == 200


async def test_the_same_run_twice_and_runs_with_too_few_blocks_are_answered_as_what_they_are(
    client: TestClient[Any, Any],
) -> None:
    async with client.get("/compare?a=one&b=one") as response:
        assert (response.status, "the same run twice" in await response.text()) == (400, True)
    async with client.get("/compare?a=one&b=short") as response:
        text = await response.text()
    assert "have no cell in common" not in text
