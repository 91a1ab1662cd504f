"""The race in a real browser: a visitor sees what was measured, and what he does has the effect that it should."""

import json
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Page, expect

from scripts.charts.lib.theme import colour
from scripts.site import lane_process
from scripts.site.race_server import RaceServer
from servers.request_stats import stats
from tests.browser import Look
from tests.scripts.site.visit import CLASSICAL, Site, ask, assert_content, figures, start, status

pytestmark = pytest.mark.browser


def test_what_the_page_shows_at_the_end_is_the_servers_account(look: Look, site: Site) -> None:
    view = look(site.url)
    start(view.page, cpu_percent=20)
    rows = figures(view.page)
    assert [row[0] for row in rows] == CLASSICAL
    assert [row[6] for row in rows] == [f"{account['successes']:.0f} of 20" for account in site.accounts]
    assert [row[7] for row in rows] == [""] * 4
    assert sorted(row[1] for row in rows) == ["1st", "2nd", "3rd", "4th"]
    seconds, floors = told(site.hall)
    assert [row[2:4] for row in rows] == [
        [f"{one:.3f} s" for one in both] for both in zip(seconds, floors, strict=True)
    ]
    assert [row[0] for row in sorted(rows, key=lambda row: row[1])] == [
        name for _, name in sorted(zip(seconds, CLASSICAL, strict=True))
    ]
    shown = view.page.locator(".lane strong").all_inner_texts()
    assert shown == [row[2] for row in rows]
    for row, took, floor in zip(rows, seconds, floors, strict=True):
        assert float(row[4].removesuffix(" %")) == pytest.approx(100 * floor / took, abs=0.5)
    assert_content(view, site)


def told(hall: RaceServer) -> tuple[list[float], list[float]]:
    """The seconds and the floor of each lane, as the server told them."""
    messages = [json.loads(text) for text in hall.history]
    seconds = [message["seconds"] for message in messages if message["kind"] == "result"]
    return seconds, [message for message in messages if message["kind"] == "floors"][-1]["floors_s"]


def test_a_lane_whose_account_differs_is_marked_as_no_result(
    look: Look, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_process, "stats", lambda url: stats(url) | {"successes": 19})
    view = look(site.url)
    start(view.page, models=["asyncio"])
    expect(status(view.page)).to_have_text("No model gave a result.")
    expect(view.page.locator(".lane strong")).to_have_text("no result")
    expect(view.page.locator("#results tbody td").last).to_contain_text(
        "not a result: 20 tasks, but the server counted"
    )
    expect(view.page.locator("#replay")).to_be_hidden()


def test_every_dot_is_painted_when_its_task_has_finished(look: Look, site: Site) -> None:
    view = look(site.url)
    start(view.page, models=["asyncio"], tasks=1000, delay_ms=20, concurrency=500)
    figures(view.page)
    words = re.compile(r"asyncio, 1000 tasks: all finished in \d+\.\d+ s, efficiency \d+ %")
    expect(view.page.locator("canvas")).to_have_attribute("aria-label", words)
    assert painted(view.page) > 0.3  # discs of 0.41 of a step, at 1,000 tasks with some room around them
    assert_content(view, site)


def painted(page: Page) -> float:
    """The share of the first lane's picture that wears the model's colour."""
    picture = Image.open(BytesIO(page.locator("canvas").first.screenshot())).convert("RGB")
    wanted = ImageColor.getrgb(colour(page.locator(".lane .name").first.inner_text().split()[0]))
    pixels = np.asarray(picture).reshape(-1, 3)
    return float((pixels == wanted).all(axis=1).mean())


def test_the_race_is_run_and_replayed_by_keyboard_alone(look: Look, site: Site) -> None:
    page = look(site.url).page
    ask(page, models=["sequential", "asyncio"], tasks=100)
    page.locator("[name=tasks]").focus()
    held = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert held == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Tab")
    figures(page)
    page.get_by_role("button", name="Replay side by side").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#seen")).to_contain_text("A replay, in real time")
    expect(page.get_by_role("button", name="Replay side by side")).to_be_focused()  # again, when it is over
    expect(page.locator("#seen")).to_contain_text("A real run")


def test_focus_is_never_lost_when_a_button_goes(look: Look, site: Site) -> None:
    page = look(site.url).page
    ask(page, models=["asyncio"], tasks=200, concurrency=1)
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    figures(page)
    expect(page.get_by_role("button", name="Replay side by side")).to_be_focused()


def test_a_replay_is_called_one_and_shows_what_was_recorded(look: Look, site: Site) -> None:
    view = look(site.url)
    start(view.page, models=["sequential", "asyncio"], tasks=40)
    rows = figures(view.page)
    view.page.get_by_label("Speed").select_option("20× slower")
    view.page.get_by_role("button", name="Replay side by side").click()
    expect(view.page.locator("#seen")).to_contain_text("A replay, 20 times slower")
    expect(view.page.locator(".lane").first).to_have_attribute("data-state", "running")
    full = painted(view.page)
    view.page.get_by_role("button", name="End the replay").click()
    expect(view.page.locator(".lane strong")).to_have_text([row[2] for row in rows])
    view.page.wait_for_timeout(100)
    assert painted(view.page) > full
    assert_content(view, site)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"tasks": 0}, "Tasks cannot be '0': ask for a whole number from 1 to 1,000."),
        ({"cpu_percent": 101}, "CPU share cannot be '101'"),
        ({"tasks": 1000, "delay_ms": 2000}, "at most 120 s are possible"),
    ],
)
def test_a_bad_wish_is_answered_with_a_sentence_and_no_race(
    look: Look, site: Site, asked: dict[str, int], sentence: str
) -> None:
    view = look(site.url)
    start(view.page, **asked)
    expect(view.page.get_by_role("alert")).to_contain_text(sentence)
    assert site.hall.race is None
    start(view.page, models=["asyncio"])
    figures(view.page)
    expect(view.page.get_by_role("alert")).to_be_empty()
    assert_content(view, site)


def test_all_at_once_says_that_the_cores_are_shared(look: Look, site: Site) -> None:
    view = look(site.url)
    view.page.get_by_label("all at once").check()
    start(view.page)
    figures(view.page)
    expect(view.page.locator("#seen")).to_contain_text("they take the cores from each other")
    assert_content(view, site)


def test_a_visitor_who_wants_no_motion_sees_the_same_numbers(look: Look, site: Site) -> None:
    view = look(site.url, reduced_motion="reduce")
    start(view.page, models=["asyncio"])
    assert figures(view.page)[0][6] == "20 of 20"
