"""What a visitor of the race does, and where: a page of a test's own, in a thread, while the browser holds this one."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from aiohttp import web
from playwright.sync_api import Locator, Page, expect

from scripts.site.app import RACE_SERVER, create_app
from scripts.site.machines import Machines
from scripts.site.race import RaceResources
from scripts.site.race_server import RaceServer
from servers.request_stats import stats
from tests.browser import View

CLASSICAL = ["sequential", "threads", "processes", "asyncio"]
REPLAY_MS = 1800.0  # after the end of a race, the replay has begun if it begins by itself
END_MS = 30_000.0  # a tiny race takes some five seconds
expect.set_options(timeout=END_MS)


@dataclass
class Site:
    """The page's address, its hall, and the accounts that the server gave of each lane."""

    url: str
    hall: RaceServer
    accounts: list[dict[str, float]] = field(default_factory=list)

    def account(self, url: str) -> dict[str, float]:
        """What the server says, kept."""
        self.accounts.append(stats(url))
        return self.accounts[-1]


@contextmanager
def served(
    resources: RaceResources, results: Path, machines: Machines | None = None
) -> Iterator[tuple[str, RaceServer]]:
    """The page's address without a slash at its end, and its hall."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    app = create_app(results=results, open_resources=lambda: nullcontext(resources), machines=machines)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def start() -> int:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return int(runner.addresses[0][1])

    try:
        port = asyncio.run_coroutine_threadsafe(start(), loop).result()
        yield f"http://127.0.0.1:{port}", app[RACE_SERVER]
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def ask(page: Page, *, models: list[str] | None = None, tasks: int = 20, delay_ms: int = 5, **numbers: int) -> None:
    """Fill in the form."""
    page.locator("#settings").evaluate("details => { details.open = true; }")
    numbers_typed = {"tasks": tasks, "delay_ms": delay_ms, "concurrency": 10, "cpu_percent": 0} | numbers
    for name, value in numbers_typed.items():
        page.locator(f"[name={name}]").fill(str(value))
    for box in page.locator("[name=models]").all():
        box.set_checked(box.get_attribute("value") in (models or CLASSICAL))


def start(page: Page, **numbers: Any) -> None:
    """Ask for a race and start it."""
    ask(page, **numbers)
    page.get_by_role("button", name="Start").click()


def ended(page: Page) -> None:
    """Wait until the race has ended, and end the replay that starts by itself."""
    expect(page.locator("body")).to_have_attribute("data-race", re.compile("ended|replay"))
    page.wait_for_timeout(REPLAY_MS)
    if page.locator("body").get_attribute("data-race") == "replay":
        page.keyboard.press("Escape")
    expect(page.locator("body")).to_have_attribute("data-race", "ended")


def figures(page: Page) -> list[list[str]]:
    """The table at the end."""
    ended(page)
    return [row.locator("th, td").all_inner_texts() for row in page.locator("#results tbody tr").all()]


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def assert_content(view: View, site: Site) -> None:
    """Nothing was complained of, nothing asked of anybody else."""
    assert view.complaints == []
    host = site.url.removeprefix("http://")
    assert {url.split("/")[2] for url in view.requests} == {host}
