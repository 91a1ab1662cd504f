"""The latency server over HTTP, in this process: what it answers and what it counts."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
from yarl import URL

from servers.delays import ERROR, SERVED, Settings, delay_s, fate
from servers.latency import Latency, sleep_until

LONG_S = 20  # nothing here takes this long unless it hangs


@asynccontextmanager
async def serving(defaults: Settings | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a server in this loop."""
    loop = asyncio.get_running_loop()
    latency = Latency(defaults or Settings())
    server = await loop.create_server(latency, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with aiohttp.ClientSession(
        base, connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(LONG_S)
    ) as client:
        yield client
    server.close()
    await latency.shutdown(1)
    await server.wait_closed()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with serving() as client:
        yield client


async def get(client: aiohttp.ClientSession, path: str | URL) -> tuple[int, bytes]:
    async with client.get(path) as response:
        return response.status, await response.read()


async def statuses(client: aiohttp.ClientSession, *paths: str) -> list[int]:
    return [status for status, _ in await asyncio.gather(*(get(client, path) for path in paths))]


async def stats(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/stats") as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def reset(client: aiohttp.ClientSession) -> None:
    async with client.post("/reset") as response:
        assert response.status == 200


async def until(client: aiohttp.ClientSession, name: str, value: int) -> dict[str, Any]:
    """The account as soon as it has the value."""
    async with asyncio.timeout(LONG_S):
        while (account := await stats(client))[name] != value:  # noqa: ASYNC110 - over HTTP there is no event
            await asyncio.sleep(0.005)
    return account


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("ms=0&n=7", b"7"),
        ("n=7&ms=0", b"7"),
        ("n=7", b"7"),
        ("ms=0", b"0"),
        ("", b"0"),
        ("ms=0&n=7&attempt=2", b"7"),
        ("attempt=2&ms=0&n=7", b"7"),
        ("distribution=fixed&n=12", b"12"),
        ("ms=0&bytes=10&n=123", b"123       "),
        ("bytes=2&n=12345", b"12345"),
        ("ms=0&n=999999999999999", b"999999999999999"),
    ],
)
async def test_an_answer_to_another_task_would_be_noticed(
    client: aiohttp.ClientSession, query: str, body: bytes
) -> None:
    assert await get(client, f"/delay?{query}") == (200, body)


async def test_a_client_that_encodes_commas_gets_the_same_delays(client: aiohttp.ClientSession) -> None:
    async with client.get("/delay", params={"distribution": "list", "list": "1,2", "n": "3"}) as response:
        assert response.status == 200


@pytest.mark.parametrize("ms", [0.3, 1, 7.9, 20])
async def test_no_answer_comes_sooner_than_asked(client: aiohttp.ClientSession, ms: float) -> None:
    for n in range(10):
        start_s = time.perf_counter()
        assert await get(client, f"/delay?ms={ms}&n={n}") == (200, b"%d" % n)
        assert time.perf_counter() - start_s >= ms / 1000
    assert (await stats(client))["delay_excess_max_s"] > 0


async def test_a_timer_that_fires_early_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = asyncio.sleep

    async def too_short(delay_s: float) -> None:
        await sleep(delay_s / 3)

    monkeypatch.setattr(asyncio, "sleep", too_short)
    due_s = time.perf_counter() + 0.02
    await sleep_until(due_s)
    assert time.perf_counter() >= due_s


async def test_the_delay_of_a_task_is_the_one_a_client_computes(client: aiohttp.ClientSession) -> None:
    settings = Settings(ms=10, distribution="lognormal", sigma=1, seed=5)
    for n in (3, 1, 2):
        start_s = time.perf_counter()
        await get(client, f"/delay?ms=10&distribution=lognormal&sigma=1&seed=5&n={n}")
        assert time.perf_counter() - start_s >= delay_s(settings, n)


async def test_failures_hit_the_same_tasks_for_every_client(client: aiohttp.ClientSession) -> None:
    expected = [503 if fate(Settings(errors=0.5, seed=1), n) == ERROR else 200 for n in range(40)]
    path = "/delay?ms=0&errors=0.5&seed=1&n={}"
    assert await statuses(client, *(path.format(n) for n in range(40))) == expected
    assert await statuses(client, *(path.format(n) for n in reversed(range(40)))) == expected[::-1]
    account = await stats(client)
    assert (account["requests"], account["errors"], account["successes"]) == (
        80,
        2 * expected.count(503),
        2 * expected.count(200),
    )


async def test_a_task_that_fails_for_ever_cannot_be_retried_into_success(client: aiohttp.ClientSession) -> None:
    attempts = [fate(Settings(errors=0.5), 1, attempt) for attempt in range(8)]
    statuses = [(await get(client, f"/delay?errors=0.5&n=1&attempt={attempt}"))[0] for attempt in range(8)]
    assert statuses == [200 if end == SERVED else 503 for end in attempts]
    assert len(set(statuses)) == 2


async def test_a_reset_is_a_real_one_and_the_server_survives_it(client: aiohttp.ClientSession) -> None:
    url = client._base_url
    assert url is not None
    for _ in range(3):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"GET /delay?resets=1&n=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), LONG_S)
        writer.close()
    account = await until(client, "resets", 3)
    assert (account["requests"], account["in_flight"], account["bytes"]) == (0, 0, 0)
    assert await get(client, "/delay?n=5") == (200, b"5")


async def test_a_hang_lasts_until_the_client_leaves_and_leaves_nothing_behind(client: aiohttp.ClientSession) -> None:
    with pytest.raises(TimeoutError):
        await client.get("/delay?hangs=1&n=1", timeout=aiohttp.ClientTimeout(0.1))
    account = await until(client, "in_flight", 0)
    assert (account["hangs"], account["requests"], account["peak_in_flight"]) == (1, 0, 1)


async def test_a_client_that_leaves_early_does_not_stay_in_flight(client: aiohttp.ClientSession) -> None:
    with pytest.raises(TimeoutError):
        await client.get("/delay?ms=60000&n=1", timeout=aiohttp.ClientTimeout(0.1))
    account = await until(client, "in_flight", 0)
    assert (account["abandoned"], account["requests"], account["busy_s"] < LONG_S) == (1, 0, True)


async def test_over_the_rate_is_429_and_says_when_to_come_back(client: aiohttp.ClientSession) -> None:
    answers = []
    for n in range(4):
        async with client.get(f"/delay?rate=0.01&burst=2&n={n}") as response:
            answers.append((response.status, response.headers.get("Retry-After")))
    assert [status for status, _ in answers] == [200, 200, 429, 429]
    assert int(answers[2][1] or 0) in (99, 100)
    account = await stats(client)
    assert (account["rate_limited"], account["successes"], account["requests"]) == (2, 2, 4)


async def test_waiting_as_long_as_retry_after_says_is_enough(client: aiohttp.ClientSession) -> None:
    await get(client, "/delay?rate=20&n=1")
    async with client.get("/delay?rate=20&n=2") as refused:
        assert refused.status == 429
        await asyncio.sleep(float(refused.headers["Retry-After-Ms"]) / 1000)
    assert await get(client, "/delay?rate=20&n=2") == (200, b"2")


async def test_the_account_agrees_with_the_client(client: aiohttp.ClientSession) -> None:
    await asyncio.gather(*(get(client, f"/delay?ms=200&bytes=50&n={n}") for n in range(30)))
    account = await stats(client)
    counts = {name: account[name] for name in ("requests", "started", "successes", "connections", "peak_in_flight")}
    assert counts == dict.fromkeys(counts, 30)
    assert account["bytes"] == 30 * 50
    assert account["in_flight"] == account["errors"] == account["abandoned"] == 0
    assert account["busy_s"] >= 30 * 0.2
    assert 0 < account["delay_excess_p50_s"] <= account["delay_excess_p99_s"] <= account["delay_excess_max_s"]
    assert account["cpu_s"] > 0


@pytest.mark.slow
async def test_every_request_that_started_ended_in_one_way(client: aiohttp.ClientSession) -> None:
    async def attempt(n: int) -> None:
        query = f"ms=1&errors=0.2&resets=0.2&hangs=0.1&rate=100000&burst=30&n={n}"
        with suppress(aiohttp.ClientError, TimeoutError):
            limit = aiohttp.ClientTimeout(sock_read=3)  # once it is sent: on a busy machine connecting takes its time
            await client.get(f"/delay?{query}", timeout=limit, headers={"Connection": "close"})

    await asyncio.gather(*(attempt(n) for n in range(60)))
    account = await until(client, "in_flight", 0)
    ends = ("successes", "errors", "resets", "hangs", "rate_limited", "abandoned")
    assert account["started"] == sum(account[name] for name in ends) >= 60


async def test_kept_alive_connections_are_counted_once_for_each_account(client: aiohttp.ClientSession) -> None:
    for _ in range(2):
        await reset(client)
        for n in range(5):
            await get(client, f"/delay?n={n}")
        account = await stats(client)
        assert (account["requests"], account["connections"], account["peak_in_flight"]) == (5, 1, 1)


async def test_looking_at_the_account_does_not_change_it(client: aiohttp.ClientSession) -> None:
    await stats(client)
    account = await stats(client)
    assert account["requests"] == account["connections"] == account["started"] == 0


@pytest.mark.slow
async def test_a_reset_in_mid_flight_corrupts_no_later_count(client: aiohttp.ClientSession) -> None:
    old = [asyncio.create_task(get(client, f"/delay?ms=300&n={n}")) for n in range(20)]
    await until(client, "in_flight", 20)
    await reset(client)
    assert (await stats(client))["in_flight"] == 0
    await asyncio.gather(*(get(client, f"/delay?ms=400&n={n}") for n in range(5)))
    assert [body for _, body in await asyncio.gather(*old)] == [b"%d" % n for n in range(20)]
    account = await stats(client)
    assert (account["requests"], account["peak_in_flight"], account["in_flight"]) == (5, 5, 0)
    assert 5 * 0.4 <= account["busy_s"] < 20 * 0.3


async def test_closed_connections_are_forgotten() -> None:
    loop = asyncio.get_running_loop()
    latency = Latency(Settings())
    server = await loop.create_server(latency, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for n in range(5):
        async with aiohttp.ClientSession(url) as client:
            await get(client, f"/delay?n={n}")
    async with asyncio.timeout(LONG_S):
        while latency.last_account or latency.connections:  # noqa: ASYNC110 - aiohttp tells nobody
            await asyncio.sleep(0.005)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("ms=fast&n=1", "ms"),
        ("ms=nan&n=1", "ms"),
        ("ms=0&n=one", "n"),
        ("ms=0&n=-1", "n"),
        ("ms=0&n=", "n"),
        ("ms=0&n=%D9%A3", "n"),
        ("ms=0&n=1&attempt=x", "attempt"),
        ("erors=0.1&n=1", "erors"),
        ("ms=&n=1", "ms"),
        ("errors=0.9&hangs=0.9", "errors"),
    ],
)
async def test_a_typing_mistake_is_a_400_that_names_it_not_a_measurement_of_something_else(
    client: aiohttp.ClientSession, query: str, named: str
) -> None:
    status, body = await get(client, URL(f"/delay?{query}", encoded=True))
    assert status == 400
    assert named in re.findall(r"\w+", body.decode().split(" there are ")[0])
    assert (await stats(client))["started"] == 0


async def test_an_unknown_path_gets_a_hint(client: aiohttp.ClientSession) -> None:
    status, body = await get(client, "/dealy?ms=50")
    assert (status, b"/delay?ms=50" in body) == (404, True)


async def test_a_get_does_not_reset_or_a_browser_would(client: aiohttp.ClientSession) -> None:
    await get(client, "/delay?n=1")
    assert (await get(client, "/reset"))[0] == 405
    assert (await stats(client))["requests"] == 1


async def test_defaults_hold_where_the_query_is_silent() -> None:
    async with serving(Settings(ms=30, bytes=4)) as client:
        start_s = time.perf_counter()
        assert await get(client, "/delay?n=7") == (200, b"7   ")
        assert time.perf_counter() - start_s >= 0.03
        assert await get(client, "/delay?bytes=0&n=7") == (200, b"7")


async def test_wait_for_nothing_is_served_without_a_timer(client: aiohttp.ClientSession) -> None:
    await get(client, "/delay?ms=0&n=1")
    assert (await stats(client))["delay_excess_max_s"] == 0


async def test_a_request_that_waits_for_a_busy_server_does_not_pass_for_a_late_client(
    client: aiohttp.ClientSession,
) -> None:
    loop = asyncio.get_running_loop()
    answers = [asyncio.create_task(get(client, f"/delay?ms=50&n={n}")) for n in range(2)]
    await asyncio.sleep(0.01)
    loop.call_soon(time.sleep, 0.2)  # the server's loop is this one
    await asyncio.gather(*answers)
    async with client.get("/log") as response:
        log = await response.json()
    lateness_s = [left_s - arrived_s - 0.05 for arrived_s, left_s in zip(log[1::3], log[2::3], strict=True)]
    assert sorted(log[0::3]) == [0, 1]
    assert min(lateness_s) > 0.1


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Host": "evil.example"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/delay?bytes=67108864"), ("POST", "/reset"), ("GET", "/stats"), ("GET", "/log")]
)
async def test_a_page_of_another_site_can_neither_reset_the_count_nor_fetch_megabytes(
    client: aiohttp.ClientSession, headers: dict[str, str], method: str, path: str
) -> None:
    await get(client, "/delay")
    async with client.request(method, path, headers=headers) as response:
        assert response.status == 403
    assert (await stats(client))["requests"] == 1


async def test_a_browsers_own_address_bar_is_answered(client: aiohttp.ClientSession) -> None:
    async with client.get("/delay?n=7", headers={"Sec-Fetch-Site": "none"}) as response:
        assert await response.read() == b"7"
