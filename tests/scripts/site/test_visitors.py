"""Visitors with real browsers: they come, go, come back, are two, hold a phone; and open what is on disk."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.site.race import RaceResources
from scripts.site.race_server import GRACE_S
from servers.request_stats import stats
from tests.browser import Look
from tests.scripts import recorded
from tests.scripts.site.visit import END_MS, Site, assert_content, figures, start, status

pytestmark = pytest.mark.browser

HERE = {"cpu": "one CPU", "cores": 2, "cores_usable": 2}


def test_a_page_that_is_loaded_again_goes_on_with_its_race(look: Look, site: Site) -> None:
    view = look(site.url)
    start(view.page, models=["sequential"], tasks=300)
    expect(status(view.page)).to_have_text("sequential runs.")
    view.page.reload()
    expect(view.page.get_by_role("button", name="Stop")).to_be_visible()
    rows = figures(view.page)
    assert rows[0][6] == "300 of 300"
    view.page.reload()
    assert figures(view.page) == rows
    assert_content(view, site)


def test_closing_the_last_tab_stops_the_work(look: Look, site: Site, resources: RaceResources) -> None:
    view = look(site.url)
    start(view.page, models=["sequential"], tasks=1000, delay_ms=100)
    expect(status(view.page)).to_have_text("sequential runs.")
    view.close()
    deadline = time.monotonic() + GRACE_S + END_MS / 1000
    while not (site.hall.running and site.hall.running.done()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert '"reason":"stopped"' in site.hall.history[-1]
    assert stats(resources.url)["in_flight"] == 0


def test_the_starter_can_stop(look: Look, site: Site) -> None:
    view = look(site.url)
    start(view.page, models=["sequential"], tasks=1000, delay_ms=100)
    view.page.get_by_role("button", name="Stop").click()
    expect(status(view.page)).to_contain_text("The race was stopped.")
    expect(view.page.get_by_role("button", name="Start again")).to_be_focused()
    assert_content(view, site)


def test_two_visitors_see_one_race_and_the_second_waits_his_turn(look: Look, site: Site) -> None:
    first, second = look(site.url), look(site.url, width=390, height=844, dark=True)
    expect(second.page.locator("#visitors")).to_have_text("2 are watching this page.")
    start(first.page, models=["sequential", "threads"], tasks=200)
    expect(second.page.locator(".lane")).to_have_count(2)
    expect(second.page.get_by_role("button", name="Stop")).to_be_hidden()
    start(second.page)
    expect(second.page.get_by_role("alert")).to_contain_text("A race is in progress")
    assert figures(first.page) == figures(second.page)
    start(second.page, models=["asyncio"])
    expect(first.page.locator(".lane")).to_have_count(1)
    assert figures(first.page)[0][0] == "asyncio"
    assert_content(first, site)
    assert_content(second, site)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_on_a_phone(look: Look, site: Site, tmp_path: Path, dark: bool) -> None:
    for name in ("20260101-101500", "20260102-101500"):
        recorded.record(tmp_path / "results" / "runs", name, blocks=8, machine=HERE)
    view = look(site.url, width=390, height=844, dark=dark)
    start(view.page, models=["sequential", "asyncio"])
    figures(view.page)
    assert wide(view.page) <= 390
    view.page.get_by_role("link", name="Past runs").click()
    assert wide(view.page) <= 390
    view.page.get_by_role("button", name="Compare A with B").click()
    expect(view.page.get_by_role("heading", level=1)).to_contain_text("20260102-101500 and 20260101-101500")
    assert wide(view.page) <= 390
    assert_content(view, site)


def wide(page: Page) -> int:
    """How much room the page takes, once it has its style."""
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_a_report_that_is_opened_here_can_do_nothing_here(look: Look, site: Site, tmp_path: Path) -> None:
    run = recorded.record(tmp_path / "results" / "runs", "20260101-101500")
    script = (
        "try { localStorage.x = 1; document.title = 'in' } catch { document.title = 'out' }; fetch('/').catch(() => 0)"
    )
    (run / "report.html").write_text(f"<!doctype html><title>x</title><script>{script}</script>")
    view = look(f"{site.url}/runs")
    view.page.get_by_role("link", name="Read the report of 20260101-101500").click()
    expect(view.page).to_have_title("out")
    assert f"{site.url}/" not in view.requests
