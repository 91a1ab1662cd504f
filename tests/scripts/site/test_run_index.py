"""The pages about past runs, and who may see which: names from disk and addresses become neither markup nor paths."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp.test_utils import TestClient, TestServer

from scripts.site import comparisons
from scripts.site.app import HEADERS, POLICY, create_app, dev_app
from scripts.site.run_index import RunEntry, index_runs
from tests.scripts import recorded
from tests.scripts.site.test_race_server import WAIT_S, no_resources

MARKUP = "<img src=x onerror=alert(1)>"
HERE = {"cpu": "one CPU", "cores": 2, "cores_usable": 2}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference, two runs (one with a report) of this machine, one whose name is markup, and one that is none."""
    folder = tmp_path_factory.mktemp("kept")
    runs = folder / "results" / "runs"
    recorded.record(folder / "results", "reference", blocks=8, machine=HERE)
    first = recorded.record(runs, "20260101-101500", blocks=8, seed=2, machine=HERE)
    (first / "report.html").write_text("<title>the report</title>")
    recorded.record(runs, "20260102-101500", blocks=3, seed=3, machine=HERE)
    recorded.record(runs, MARKUP, blocks=3)
    (runs / "broken").mkdir()
    (folder / "secret.html").write_text("secret")
    return folder


@pytest.fixture
def results(kept: Path, tmp_path: Path) -> Path:
    """A copy of them, to change."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return tmp_path / "results"


@pytest.fixture
async def client(results: Path) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(create_app(results=results, open_resources=no_resources))) as client:
        yield client


@pytest.fixture
def get(client: TestClient[Any, Any]) -> Callable[..., Any]:
    async def get(path: str, **headers: str) -> tuple[int, str]:
        async with client.get(path, headers=headers) as response:
            return response.status, await response.text()

    return get


async def test_runs_are_listed_with_when_where_and_with_what(get: Callable[..., Any]) -> None:
    status, text = await get("/runs")
    assert status == 200
    for shown in (
        "2026-01-01 10:15 UTC",
        "one CPU, 2 usable cores",
        "3.11.7",
        "make bench",
        "/runs/20260101-101500/report.html",
    ):
        assert shown in text
    assert "broken is not a run" in text


@pytest.mark.parametrize(
    ("plan", "environment", "says"),
    [
        ({}, {}, "make bench"),
        ({"quick": True, "only": "io or cpu"}, {}, "make quick"),
        ({"bench_blocks": 4, "only": "io or cpu"}, {}, "make full"),
        ({"only": "io"}, {"interpreters": [{"name": "3.14"}]}, "make matrix"),
        ({"only": "user_work"}, {}, "a user's own work"),
        ({"only": "io and sleep"}, {}, 'ONLY="io and sleep"'),
        ({"only": "io or " * 20}, {}, 'ONLY="io or io or io or io or io or io or io or io or io …"'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_run_says_what_it_measured(plan: dict[str, Any], environment: dict[str, Any], says: str) -> None:
    whole = {"only": "", "quick": False, "blocks": 10} | plan
    assert RunEntry(Path("somewhere"), {"plan": whole} | environment).measured == says


async def test_a_run_that_lost_blocks_says_so(results: Path, get: Callable[..., Any]) -> None:
    (results / "runs" / "20260102-101500" / "blocks" / "01.journal").unlink()
    assert "2 of 3" in (await get("/runs"))[1]


async def test_a_name_from_disk_never_becomes_markup(get: Callable[..., Any]) -> None:
    for page in ("/runs", f"/compare?a=reference&b={quote(MARKUP)}", f"/compare?a={quote(MARKUP)}&b=x"):
        _, text = await get(page)
        assert MARKUP not in text
    assert "&lt;img src=x" in (await get("/runs"))[1]


async def test_a_report_is_opened_as_a_stranger(client: TestClient[Any, Any]) -> None:
    async with client.get("/runs/20260101-101500/report.html") as response:
        assert "the report" in await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "name",
    ["..", "../..", "..%2f..", "%2e%2e%2f%2e%2e", "20260102-101500", "nothing", "broken", "%00", "/etc", "latest"],
)
async def test_no_address_leads_out_of_the_results(get: Callable[..., Any], name: str) -> None:
    for path in (f"/runs/{name}/report.html", f"/runs/{name}%2fsecret.html", f"/static/{name}/app.py"):
        status, text = await get(path)
        assert status in (400, 404)
        assert "secret" not in text.replace("secret.html", "")


async def test_a_link_out_of_the_results_is_no_run_and_no_report(results: Path, get: Callable[..., Any]) -> None:
    outside = results.parent / "elsewhere"
    shutil.copytree(results / "runs" / "20260101-101500", outside)
    (results / "runs" / "linked").symlink_to(outside)
    (results / "runs" / "20260102-101500" / "report.html").symlink_to(results.parent / "secret.html")
    assert "linked" not in index_runs(results)
    for name in ("linked", "20260102-101500"):
        assert (await get(f"/runs/{name}/report.html"))[0] == 404


async def ready(get: Callable[..., Any], path: str) -> tuple[int, str]:
    """A comparison, once it is made."""
    async with asyncio.timeout(WAIT_S):
        while (answer := await get(path))[0] == 202:
            assert "is being made" in answer[1]
    return answer[0], answer[1]


async def test_two_runs_are_compared_as_on_the_command_line(get: Callable[..., Any]) -> None:
    status, text = await ready(get, "/compare?a=reference&b=20260101-101500")
    assert status == 200
    assert "Of 3 cells, B is: " in text
    assert "io: wire asyncio" in text


async def test_a_comparison_that_takes_long_is_announced_at_once_and_made_once(
    get: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, go = list[tuple[Path, Path]](), Event()

    def slowly(one: Path, other: Path) -> comparisons.Comparison:
        calls.append((one, other))
        go.wait(WAIT_S)
        return comparisons.Comparison([], [], "Of 3 cells, B is: faster.")

    monkeypatch.setattr(comparisons, "side_by_side", slowly)
    monkeypatch.setattr(comparisons, "PATIENCE_S", 0.01)
    path = "/compare?a=reference&b=20260101-101500"
    for _ in range(3):
        status, text = await get(path)
        assert (status, "is being made" in text) == (202, True)
    status, text = await get("/compare?a=reference&b=20260102-101500")
    assert (status, comparisons.BUSY in text) == (422, True)
    go.set()
    assert "B is: faster" in (await ready(get, path))[1]
    assert (await get(path))[0] == 200
    assert len(calls) == 1


def test_a_column_has_one_unit(kept: Path) -> None:
    runs = kept / "results" / "runs"
    made = comparisons.side_by_side(runs / "20260101-101500", runs / "20260102-101500")
    assert {table.unit for table in made.tables} <= {"ms", "×"}
    for table in made.tables:
        for row in table.rows:
            assert all(text.replace(",", "").replace(".", "").isdigit() for text in row[1:3]), row


@pytest.mark.parametrize("query", ["", "?a=reference", "?a=reference&b=broken", "?a=..&b=..", "?a=reference&b=nothing"])
async def test_a_comparison_with_what_is_no_run_is_a_sentence(get: Callable[..., Any], query: str) -> None:
    status, text = await get(f"/compare{query}")
    assert status == 400
    assert "Choose two runs" in text


async def test_a_run_that_was_damaged_is_a_sentence(results: Path, get: Callable[..., Any]) -> None:
    shutil.rmtree(results / "runs" / "20260101-101500" / "blocks")
    status, text = await ready(get, "/compare?a=reference&b=20260101-101500")
    assert status == 422
    assert "holds no whole cell" in text


async def test_no_results_at_all_say_how_to_get_some(tmp_path: Path) -> None:
    app = create_app(results=tmp_path / "none", open_resources=no_resources)
    async with TestClient(TestServer(app)) as client, client.get("/runs") as response:
        assert "There are none yet" in await response.text()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.0.2.7", "[::"])
async def test_a_name_that_was_made_to_lead_here_is_not_answered(get: Callable[..., Any], host: str) -> None:
    for path in ("/", "/runs", "/live"):
        assert (await get(path, Host=host))[0] in (400, 403)


async def test_a_page_elsewhere_cannot_start_work_here(client: TestClient[Any, Any], get: Callable[..., Any]) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    for origin in ("https://evil.example", "null", f"http://localhost:{client.port}"):
        assert (await get("/live", Origin=origin, **upgrade, **key))[0] == 403


async def test_an_exposed_page_answers_to_every_name(results: Path) -> None:
    app, name = create_app(exposed=True, results=results, open_resources=no_resources), {"Host": "talk.example"}
    async with TestClient(TestServer(app)) as client, client.get("/", headers=name) as response:
        assert response.status == 200


async def test_pages_load_nothing_from_elsewhere(client: TestClient[Any, Any]) -> None:
    for path in ("/", "/runs", "/nothing"):
        async with client.get(path) as response:
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
            assert "http://" not in (text := await response.text())
            assert "https://" not in text


def test_live_reload_is_not_kept_out_of_the_page_under_development() -> None:
    assert POLICY in create_app(open_resources=no_resources)[HEADERS]
    assert POLICY not in dev_app()[HEADERS]
