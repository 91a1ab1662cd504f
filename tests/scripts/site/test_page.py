"""The race in a real browser: a visitor sees what was measured, and what he does has the effect that it should."""

import json
import re
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Page, expect

from scripts.charts.lib.theme import colour
from scripts.site import lane_process
from scripts.site.race_request import presets
from scripts.site.race_server import RaceServer
from scripts.site.standings import headline, words
from servers.request_stats import stats
from tests.browser import Look
from tests.scripts.site.visit import CLASSICAL, REPLAY_MS, Site, ask, assert_content, figures, start, status

pytestmark = pytest.mark.browser


def test_what_the_page_shows_at_the_end_is_the_servers_account(look: Look, site: Site) -> None:
    view = look(site.url)
    start(view.page, cpu_percent=20)
    rows = figures(view.page)
    assert [row[0] for row in rows] == CLASSICAL
    assert [row[6] for row in rows] == [f"{account['successes']:.0f} of 20" for account in site.accounts]
    assert [row[7] for row in rows] == [""] * 4
    seconds, ideal_s = results_of(site.hall)
    assert [row[1] for row in rows] == [f"{took:.3f} s" for took in seconds]
    assert {row[3] for row in rows} == {f"{ideal_s:.3f} s"}
    by_model = dict(zip(CLASSICAL, seconds, strict=True))
    assert [row[2] for row in rows] == [words(model, by_model) for model in CLASSICAL]
    expect(status(view.page)).to_have_text(headline(by_model))
    assert view.page.locator(".lane strong").all_inner_texts() == [row[1] for row in rows]
    assert view.page.locator(".lane .time span").all_inner_texts() == [row[2] for row in rows]
    for row, took in zip(rows, seconds, strict=True):
        assert float(row[4].removesuffix(" %")) == pytest.approx(100 * ideal_s / took, abs=0.5)
    assert_content(view, site)


def results_of(hall: RaceServer) -> tuple[list[float], float]:
    """The seconds of each lane and the ideal time, as the server told them."""
    messages = [json.loads(text) for text in hall.history]
    seconds = [message["seconds"] for message in messages if message["kind"] == "result"]
    return seconds, [message for message in messages if message["kind"] == "ideal"][-1]["ideal_s"]


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
    described = re.compile(r"asyncio, 1000 tasks: all finished in \d+\.\d+ s, alone, efficiency \d+ %")
    expect(view.page.locator("canvas")).to_have_attribute("aria-label", described)
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
    page.get_by_label("Slowest lane in").select_option("real time")
    page.get_by_role("button", name="Replay side by side").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#seen")).to_contain_text("A replay")
    expect(page.get_by_role("button", name="Replay side by side")).to_be_focused()  # again, when it is over
    expect(page.locator("#seen")).to_contain_text("One real run of each model")


def test_whoever_opens_the_page_starts_the_race_with_one_key(look: Look, site: Site) -> None:
    page = look(site.url).page
    expect(page.locator(".lane h2")).to_contain_text(CLASSICAL)  # what will run, before it does
    expect(status(page)).to_contain_text("Press Start: each model alone, in turn; then a replay side by side.")
    expect(page.get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Escape")
    expect(status(page)).to_contain_text("The race was stopped.")


def test_the_replay_starts_by_itself_and_lasts_as_long_as_a_speaker_has(look: Look, site: Site) -> None:
    page = look(site.url).page
    start(page, models=["sequential", "asyncio"], tasks=40)
    expect(page.locator("body")).to_have_attribute("data-race", "replay")
    slowest_s = max(results_of(site.hall)[0])
    expect(status(page)).to_have_text(re.compile(rf"Side by side, {15 / slowest_s:.0f}.*× slower than it ran\."))
    expect(page.locator("#seen")).to_contain_text("not a measurement")
    began = time.monotonic()
    expect(page.locator("body")).to_have_attribute("data-race", "ended")
    assert 10 < time.monotonic() - began < 25
    expect(status(page)).to_contain_text("Fastest: asyncio")


def test_nothing_of_the_race_before_stands_over_the_next_one(look: Look, site: Site) -> None:
    page = look(site.url).page
    start(page, models=["sequential", "asyncio"])
    expect(page.locator("body")).to_have_attribute("data-race", "ended")
    page.get_by_role("button", name="blocked loop").click()
    expect(status(page)).to_contain_text("Press Start")
    assert set(page.locator(".lane strong").all_inner_texts()) == {"–"}
    expect(page.locator("#results")).to_be_hidden()
    expect(page.locator("#replay")).to_be_hidden()
    page.wait_for_timeout(REPLAY_MS)
    expect(page.locator("body")).to_have_attribute("data-race", "idle")  # the replay that was to start does not
    start(page, models=["sequential"], tasks=100)
    expect(status(page)).to_have_text("sequential runs.")
    start(look(site.url).page)  # somebody else is refused …
    figures(page)
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_preset_is_one_click_and_its_lanes_are_seen_at_once(look: Look, site: Site) -> None:
    view = look(site.url)
    for preset in presets():
        button = view.page.get_by_role("button", name=preset.name)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(view.page.locator("[aria-pressed=true]")).to_have_count(1)
        expect(view.page.locator("#shows")).to_have_text(preset.shows)
        expect(view.page.locator("canvas").first).to_have_attribute(
            "aria-label", re.compile(f"{preset.numbers['tasks']} tasks")
        )
        expect(view.page.get_by_role("button", name="Start")).to_be_focused()
    assert_content(view, site)


def test_a_saved_replay_needs_no_server(look: Look, site: Site, tmp_path: Path) -> None:
    view = look(site.url)
    start(view.page, models=["sequential", "asyncio"])
    rows = figures(view.page)
    with view.page.expect_download() as download:
        view.page.get_by_role("link", name="Save the replay").click()
    download.value.save_as(tmp_path / "race.html")
    saved = look((tmp_path / "race.html").as_uri())
    assert saved.page.title() == headline(dict(zip(["sequential", "asyncio"], results_of(site.hall)[0], strict=True)))
    expect(saved.page.locator("body")).to_have_attribute("data-race", "replay")  # by itself
    saved.page.get_by_role("button", name="End the replay").click()
    assert saved.page.locator(".lane strong").all_inner_texts() == [row[1] for row in rows]
    assert painted(saved.page) > 0.2
    assert (saved.complaints, saved.requests) == ([], [saved.page.url])


def test_what_an_audience_reads_is_large_enough_at_ten_metres(look: Look, site: Site) -> None:
    page = look(site.url, width=1280, height=800).page
    start(page, tasks=50)
    figures(page)
    page.locator("#settings").evaluate("details => { details.open = false; }")
    page.get_by_role("button", name="Replay").focus()
    for text, pixels in ((".lane strong", 40), (".lane h2", 28), (".lane .time span", 21), ("#status", 26)):
        size = page.locator(text).first.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
        assert size >= pixels, text
    page.evaluate("scrollTo(0, 0)")
    for fold in ("#seen", "#status", "#again"):
        box = page.locator(fold).bounding_box()
        assert box, fold
        assert box["y"] + box["height"] <= 800, fold


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
    view.page.get_by_label("Slowest lane in").select_option("a minute")
    view.page.get_by_role("button", name="Replay side by side").click()
    expect(status(view.page)).to_contain_text("× slower than it ran")
    expect(view.page.locator(".lane").first).to_have_attribute("data-state", "running")
    full = painted(view.page)
    view.page.get_by_role("button", name="End the replay").click()
    expect(view.page.locator(".lane strong")).to_have_text([row[1] for row in rows])
    view.page.wait_for_timeout(100)
    assert painted(view.page) > full
    assert_content(view, site)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"tasks": 0}, "Tasks cannot be '0': ask for a whole number from 1 to 1,000."),
        ({"cpu_percent": 101}, "CPU share cannot be '101'"),
        ({"tasks": 1000, "delay_ms": 2000}, "at most 120 s are possible"),
    ],
)
def test_a_bad_wish_is_answered_with_a_sentence_and_no_race(
    look: Look, site: Site, numbers: dict[str, int], sentence: str
) -> None:
    view = look(site.url)
    start(view.page, **numbers)
    expect(view.page.get_by_role("alert")).to_contain_text(sentence)
    assert site.hall.race is None
    start(view.page, models=["asyncio"])
    figures(view.page)
    expect(view.page.get_by_role("alert")).to_be_empty()
    assert_content(view, site)


def test_all_at_once_says_that_the_cores_are_shared(look: Look, site: Site) -> None:
    view = look(site.url)
    ask(view.page)
    view.page.get_by_label("all at once").check()
    view.page.get_by_role("button", name="Start").click()
    figures(view.page)
    expect(view.page.locator("#seen")).to_contain_text("they take the cores from each other")
    assert_content(view, site)


def test_a_visitor_who_wants_no_motion_sees_the_same_numbers(look: Look, site: Site) -> None:
    view = look(site.url, reduced_motion="reduce")
    start(view.page, models=["asyncio"])
    assert figures(view.page)[0][6] == "20 of 20"
