"""A real browser for tests: the system's Chromium, driven by Playwright's blocking interface.

    def test_it(look: Look) -> None:
        view = look("file:///…/report.html", width=390, height=844, dark=True)
        view.page.get_by_role("button", name="Start").press("Enter")
        assert view.requests == [view.page.url]
        assert view.complaints == []

Each look is a window of its own, as of another visitor. Playwright's blocking interface keeps an event loop running in
the thread that uses it, so a module that looks has no `async` tests. Rejected: pytest-playwright (its own event loop
and deprecation warning, for a fixture of ten lines), a downloaded browser (a second one, from a host of its own).
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.missing import missing

if TYPE_CHECKING:  # pytest-benchmark's own command loads our fixtures where no browser's driver is installed
    from playwright.sync_api import Browser, ConsoleMessage, Page

OFFLINE = ("quic", "background-networking", "component-update", "sync")  # what would ask a network by itself
ARGUMENTS = ["--no-sandbox", "--no-first-run", "--disable-gpu", *(f"--disable-{name}" for name in OFFLINE)]


@dataclass
class View:
    """A page in a window of its own: every address that it asked for, WebSockets too, and what the console held."""

    page: "Page"
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.hear)

    def hear(self, message: "ConsoleMessage") -> None:
        """Keep what the page complains of."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        """Close the window."""
        self.page.context.close()


class Look(Protocol):
    """Opens a page; further options are those of Playwright's `new_context`, such as `reduced_motion="reduce"`."""

    def __call__(
        self, url: str, *, width: int = 1280, height: int = 800, dark: bool = False, **options: Any
    ) -> View: ...


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One Chromium for the tests of a module."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("no Chromium is installed here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def look(browser: "Browser") -> Iterator[Look]:
    """`look(url)` opens a page; all are closed after the test."""
    with ExitStack() as closing:

        def look(url: str, *, width: int = 1280, height: int = 800, dark: bool = False, **options: Any) -> View:
            scheme = {"color_scheme": "dark" if dark else "light"}
            context = browser.new_context(viewport={"width": width, "height": height}, **scheme | options)
            closing.callback(context.close)
            view = View(context.new_page())
            view.page.goto(url)
            return view

        yield look
