"""The page of machines over a real socket: what other machines see, what they may send, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from scripts.atlas.share_format import LARGEST_BYTES, SUFFIX, encode
from scripts.site import machines as page_of_machines
from scripts.site.app import RACE_SERVER, create_app
from scripts.site.machines import CODE_HEADER, MACHINES, Machines
from scripts.site.uploads import Uploads
from tests.scripts.atlas.fleet import fleet, share
from tests.scripts.site.test_race_server import no_resources

CODE = "K7QF3M"
GUEST = {"Test-Peer": "192.168.1.20", "Host": "192.168.1.5:8000"}
Client = TestClient[Any, Any]


def nothing_in(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def data(seed: int = 1) -> bytes:
    return encode(share([1.4, 0.9], np.random.default_rng(seed)))


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request comes from where its header says."""
    monkeypatch.setattr(
        web.BaseRequest, "remote", property(lambda request: request.headers.get("Test-Peer", "127.0.0.1"))
    )
    monkeypatch.setattr(page_of_machines, "POLL_S", 0.02)


@pytest.fixture
async def taking(peers: None, tmp_path: Path) -> AsyncIterator[Client]:
    machines = Machines(tmp_path, Uploads(tmp_path, CODE), ("http://192.168.1.5:8000/",))
    async with TestClient(TestServer(create_app(open_resources=no_resources, machines=machines))) as client:
        yield client


@pytest.fixture
async def showing(peers: None, tmp_path: Path) -> AsyncIterator[Client]:
    async with TestClient(TestServer(create_app(open_resources=no_resources, machines=Machines(tmp_path)))) as client:
        yield client


async def get(client: Client, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with client.get(path, headers=headers, allow_redirects=False) as response:
        return response.status, await response.text()


async def send(client: Client, body: Any, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with client.post("/machines", data=body, headers={CODE_HEADER: CODE} | (headers or {})) as response:
        return response.status, await response.text()


async def shown(client: Client, text: str) -> str:
    """The page's changing part, once it has the text."""
    async with asyncio.timeout(20):
        while True:
            if text in (answer := (await get(client, "/machines/standing"))[1]):
                return answer
            await asyncio.sleep(0.02)


async def test_what_a_machine_sends_is_counted_for_everybody_at_once(taking: Client) -> None:
    assert "No machine has shared anything yet" in (await get(taking, "/machines"))[1]
    for seed, peer in enumerate(("192.168.1.20", "192.168.1.21", "192.168.1.22")):
        assert (await send(taking, data(seed), GUEST | {"Test-Peer": peer}))[0] == 200
    answer = await shown(taking, "<strong>3 of 3</strong> machines agree")
    assert "What claim-0 says." in answer
    assert "<strong>0 of 3</strong> machines agree" in answer  # claim-1 is refuted on all


async def test_shares_that_arrive_in_the_folder_by_other_ways_are_shown_too(showing: Client, tmp_path: Path) -> None:
    for one in fleet(8, np.random.default_rng(5), claims=2, flip_above=8):
        (tmp_path / f"{one.hash[:12]}{SUFFIX}").write_bytes(encode(one))
    answer = await shown(showing, "8 machines")
    assert "<strong>4 of 8</strong> machines agree" in answer
    assert answer.index("Where machines differ") < answer.index("<strong>4 of 8</strong>")
    status, atlas = await get(showing, "/machines/atlas.html")
    assert (status, "What claim-0 says." in atlas) == (200, True)


async def test_a_visitor_who_has_the_newest_is_sent_nothing(showing: Client) -> None:
    version = showing.app[MACHINES].standing.version
    assert await get(showing, f"/machines/standing?version={version}") == (204, "")


async def test_the_folder_is_not_read_while_a_race_runs(taking: Client) -> None:
    taking.app[RACE_SERVER].in_progress = True
    await send(taking, data(), GUEST)
    await asyncio.sleep(0.2)
    assert taking.app[MACHINES].standing.count == 0
    taking.app[RACE_SERVER].in_progress = False
    await shown(taking, "1 machine")


async def test_without_listen_nothing_is_taken_and_no_other_machine_is_served(showing: Client, tmp_path: Path) -> None:
    assert (await send(showing, data()))[0] == 403
    assert nothing_in(tmp_path)
    assert 'id="upload"' not in (await get(showing, "/machines"))[1]
    assert (await get(showing, "/machines", GUEST))[0] == 403


@pytest.mark.parametrize("path", ["/runs", "/live", "/compare?a=1&b=2", "/replay.html", "/runs/one/report.html"])
async def test_other_machines_start_no_race_and_read_no_runs(taking: Client, path: str) -> None:
    assert (await get(taking, path, GUEST))[0] == 403


async def test_other_machines_are_led_to_where_they_send(taking: Client) -> None:
    assert (await get(taking, "/", GUEST))[0] == 302
    status, page = await get(taking, "/machines", GUEST)
    assert (status, CODE in page, 'href="/runs"' in page) == (200, False, False)
    assert "http://192.168.1.5:8000/machines" in page
    assert CODE in (await get(taking, "/machines"))[1]
    assert CODE not in (await get(taking, "/machines/standing", GUEST))[1]


@pytest.mark.parametrize("host", ["evil.example:8000", "8.8.8.8", "", "192.168.1.5.evil.example"])
async def test_a_name_elsewhere_that_leads_here_is_answered_with_nothing(taking: Client, host: str) -> None:
    if host == "8.8.8.8":
        assert (await get(taking, "/machines", GUEST | {"Test-Peer": host}))[0] == 403
    else:
        assert (await get(taking, "/machines", GUEST | {"Host": host}))[0] == 403


async def test_a_page_of_another_site_sends_nothing_in_a_visitors_name(taking: Client, tmp_path: Path) -> None:
    assert (await send(taking, data(), {"Origin": "https://evil.example"}))[0] == 403
    assert (await send(taking, data(), {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}))[0] == 403
    assert nothing_in(tmp_path)


async def test_what_is_no_share_is_refused_with_the_reason_and_not_kept(taking: Client, tmp_path: Path) -> None:
    assert await send(taking, b"{}", {CODE_HEADER: "AAAAAA"}) == (403, "The code is wrong: it stands on the projector.")
    status, sentence = await send(taking, b"{}")
    assert (status, sentence.startswith("Not taken: no share of schema 1")) == (422, True)
    assert (await send(taking, b" " * (LARGEST_BYTES + 1)))[0] == 413
    assert (await send(taking, data(), {"Content-Encoding": "gzip"}))[0] in (400, 415)
    assert nothing_in(tmp_path)


async def test_a_body_without_an_end_is_cut_off(taking: Client, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    assert (await send(taking, endless()))[0] == 413
    assert nothing_in(tmp_path)


async def test_a_machine_that_sends_slowly_does_not_hold_its_place(
    taking: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_machines, "BODY_S", 0.1)
    release = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield data()[:100]
        await release.wait()

    assert (await send(taking, slow()))[0] == 408
    release.set()
    assert (await send(taking, data()))[0] == 200


async def test_a_processor_name_with_markup_reaches_no_page(taking: Client) -> None:
    hostile = data().replace(b"What claim-0 says.", b"<img src=x onerror=alert(1)>")
    assert (await send(taking, hostile))[0] == 422
