"""A hook of mkdocs: links within the documentation lead to pages of the site; those to files beside it become text."""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#)([^)\s]+)\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page; the front page is the README, whose links start at the root."""
    source = DOCS / page.file.src_uri
    if source.name == "index.md":
        markdown = (DOCS.parent / "README.md").read_text(encoding="utf-8")
        source = DOCS.parent / "README.md"
    markdown = re.sub(r"<picture>.*?</picture>\n?", "", markdown)  # charts lie beside the results, not in the site
    return LINK.sub(lambda found: link(found[1], found[2], source), markdown)


def link(text: str, target: str, source: Path) -> str:
    """The link as the site has it."""
    path, _, anchor = target.partition("#")
    place = (source.parent / path).resolve() if path else source
    if place == (DOCS.parent / "README.md").resolve():
        place = DOCS / "index.md"
    if place.suffix == ".md" and place.parent == DOCS:
        return f"[{text}]({place.name}{'#' * bool(anchor)}{anchor})"
    return text
