"""Fixtures that tests in several folders use."""

from tests.browser import browser, look

__all__ = ["browser", "look"]
