"""The page of machines in a real browser: a file is chosen or dropped, and everybody sees what it changed."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from scripts.atlas.share_format import SUFFIX, encode
from scripts.site.machines import Machines
from scripts.site.race import RaceResources
from scripts.site.uploads import Uploads
from tests.browser import Look
from tests.scripts.atlas.fleet import fleet, share
from tests.scripts.site.visit import served

pytestmark = pytest.mark.browser

CODE = "K7QF3M"
DROP = """([data, name]) => {
  const dropped = new DataTransfer();
  dropped.items.add(new File([data], name, { type: "application/json" }));
  for (const kind of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def url(resources: RaceResources, elsewhere: Path) -> Iterator[str]:
    """The page, which takes shares."""
    folder = elsewhere / "shares"
    with served(resources, elsewhere, Machines(folder, Uploads(folder, CODE), ("http://192.168.1.5:8000/",))) as site:
        yield f"{site[0]}/machines"


def data(seed: int) -> bytes:
    return encode(share([1.4, 0.9], np.random.default_rng(seed)))


def test_a_file_that_is_chosen_or_dropped_is_counted_on_every_screen(look: Look, url: str, tmp_path: Path) -> None:
    projector, guest = look(url), look(url, width=390, height=844)
    file = tmp_path / f"mine{SUFFIX}"
    file.write_bytes(data(1))
    guest.page.locator("[name=code]").fill(CODE.lower())
    guest.page.locator("[name=file]").set_input_files(file)
    guest.page.get_by_role("button", name="Send").click()
    expect(guest.page.locator("#answer")).to_contain_text("Thank you: 6 cells and 2 verdicts")
    expect(projector.page.locator(".agree").first).to_have_text("1 of 1 machines agree")
    guest.page.evaluate(DROP, [data(2).decode(), "other.overlap.json"])
    expect(projector.page.locator(".agree").first).to_have_text("2 of 2 machines agree")
    assert projector.complaints + guest.complaints == []


def test_what_is_dropped_and_is_no_share_is_refused_in_words(look: Look, url: str) -> None:
    view = look(url)
    view.page.evaluate(DROP, ["<img src=x onerror=alert(1)>", "evil.html"])
    expect(view.page.locator("#answer")).to_contain_text("Not taken: no share of schema 1")
    view.page.locator("[name=code]").fill("WRONG1")
    view.page.evaluate(DROP, [data(3).decode(), "mine.overlap.json"])
    expect(view.page.locator("#answer")).to_have_text("The code is wrong: it stands on the projector.")
    expect(view.page.locator("#standing")).to_contain_text("No machine has shared anything yet")
    assert view.page.locator("img").count() == 0


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_off_at_any_width(look: Look, url: str, elsewhere: Path, width: int, dark: bool) -> None:
    folder = elsewhere / "shares"
    folder.mkdir()
    for one in fleet(9, np.random.default_rng(6), claims=6, flip_above=8):
        (folder / f"{one.hash[:12]}{SUFFIX}").write_bytes(encode(one))
    view = look(url, width=width, height=900, dark=dark)
    expect(view.page.locator("#standing")).to_contain_text("9 machines")
    expect(view.page.locator("h2", has_text="Where machines differ")).to_be_visible()
    expect(view.page.locator("#code")).to_have_text(re.compile(CODE))
    assert overflow(view.page) <= 0
    view.page.get_by_role("link", name="All figures").click()
    expect(view.page.locator("h1")).to_contain_text("on 9 machines")
    assert overflow(view.page) <= 0
    assert view.complaints == []
