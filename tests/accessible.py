"""What a page bars people from, as axe-core finds it: too faint a text, a control without a name, a lost heading."""

from collections.abc import Iterator, Sequence

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]  # contrast of text at least 4.5 among them
RULES = [*WCAG, "best-practice"]
MOST_TOLD = 4  # elements of one violation, which is often of one kind
# Half through its transition a title is as faint as its ground: seen after a change of the window's width.
AT_REST = """async () => {
  await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  for (const one of document.getAnimations()) try { one.finish() } catch { one.cancel() }  // one without end
}"""


def violations(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """The violations of a page at rest: the rule, and the elements."""
    page.evaluate(AT_REST)
    options = {"runOnly": list(rules), "resultTypes": ["violations"]}
    broken_rules = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {text}" for one in broken_rules for text in elements(one["nodes"])]


def elements(nodes: list[dict[str, object]]) -> Iterator[str]:
    """Where a violation is, and why."""
    for node in nodes[:MOST_TOLD]:
        yield f"{node['target']} {str(node['failureSummary']).splitlines()[-1].strip()}"


def sideways(page: Page) -> int:
    """How many pixels of the page lie beyond its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
