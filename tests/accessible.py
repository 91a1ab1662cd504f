"""What a page bars people from, as axe-core finds it: too faint a text, a control without a name, a lost heading."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

# The rules of WCAG 2.2 A and AA (contrast of text at least 4.5), and axe's own best practices.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
MOST_TOLD = 4  # elements of one violation, which is often of one kind


def violations(page: Page) -> list[str]:
    """The violations of a page as it is now: the rule, and the elements."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {text}" for one in found for text in elements(one["nodes"])]


def elements(nodes: list[dict[str, object]]) -> Iterator[str]:
    """Where a violation is, and why."""
    for node in nodes[:MOST_TOLD]:
        yield f"{node['target']} {str(node['failureSummary']).splitlines()[-1].strip()}"


def sideways(page: Page) -> int:
    """How many pixels of the page lie beyond its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
