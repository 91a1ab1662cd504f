"""The browser that tests drive tells what a page does."""

from pathlib import Path

import pytest

from tests.browser import Look

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>x</title><link rel="icon" href="data:,"><img src="missing.png" alt="">
<script>console.error("planted"); setTimeout(() => { throw new Error("thrown") })</script>"""


def test_a_page_that_asks_or_complains_is_found_out(look: Look, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    view = look((tmp_path / "page.html").as_uri())
    assert view.page.title() == "x"
    view.page.wait_for_timeout(50)
    assert [url.rpartition("/")[2] for url in view.requests] == ["page.html", "missing.png"]
    assert {"error: planted", "thrown"} <= set(view.complaints)


def test_a_look_is_as_wide_and_as_dark_as_asked(look: Look) -> None:
    view = look("about:blank", width=390, height=844, dark=True, reduced_motion="reduce")
    matches = [view.page.evaluate(f"matchMedia('({query})').matches") for query in (
        "width: 390px", "prefers-color-scheme: dark", "prefers-reduced-motion: reduce"
    )]  # fmt: skip
    assert matches == [True, True, True]
