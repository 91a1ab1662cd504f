"""Everything that is published of a run, as text: report, terminal, slides, pages, README, claims, map of machines."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from unittest import mock

import matplotlib.pyplot as plt
from rich.console import Console

from scripts.atlas.build import share_of
from scripts.atlas.winners import maps
from scripts.charts import CHARTS
from scripts.charts.lib.theme import SLIDE
from scripts.deck.slides import deck
from scripts.report import claim_terminal, readme, report, terminal, which_model
from scripts.report.claim_document import markdown, verdicts_of, write
from scripts.report.claim_pages import write_claims_page
from scripts.tables.load import Run
from tests.scripts.charts.legible import visible_texts

BLOCK = {
    "p",
    "li",
    "dd",
    "dt",
    "td",
    "th",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "figcaption",
    "summary",
    "caption",
    "div",
    "title",
}
SILENT = {"script", "style", "code", "pre"}


class Words(HTMLParser):
    """The words of a page, a line for each paragraph, cell or heading; its code and scripts left out."""

    def __init__(self) -> None:
        super().__init__()
        self.parts, self.silent = list[str](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        self.parts += ["\n"] * (tag in BLOCK)
        self.parts += [f"\n{value}\n" for name, value in attrs if name in ("alt", "aria-label", "title") and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT
        self.parts += ["\n"] * (tag in BLOCK)

    def handle_data(self, data: str) -> None:
        self.parts += [] if self.silent else [data.replace("\n", " ")]


def words(page: str) -> str:
    """What a reader of a page reads."""
    parser = Words()
    parser.feed(page)
    return re.sub(r"[ \xa0]+", " ", "".join(parser.parts))


def printed(run: Run) -> str:
    """What the terminal shows."""
    out = StringIO()
    terminal.show(run, Console(file=out, width=400, no_color=True))
    return out.getvalue()


def report_page(run: Run) -> str:
    """The report, without its pictures; their titles, captions, descriptions and data are in it."""
    (run.path / "charts").mkdir(exist_ok=True)
    for chart in CHARTS:
        (run.path / "charts" / f"{chart.NAME}.svg").touch()
    with mock.patch.object(report, "drawings", return_value={"light": "", "dark": ""}):
        return words(report.write_report(run).read_text(encoding="utf-8"))


def claims(run: Run) -> Iterator[tuple[str, str]]:
    """The verdicts as Markdown, in the terminal, and as a page."""
    for one in verdicts_of(run):
        out = StringIO()
        claim_terminal.show(one, Console(file=out, width=400, no_color=True))
        write(one, run.path)
        page = words(write_claims_page(run.path, one).read_text(encoding="utf-8"))
        yield from ((f"claims.md {one['talk']}", markdown(one)), (f"claims {one['talk']}", out.getvalue()))
        yield f"claims.html {one['talk']}", page


def slides(run: Run) -> Iterator[tuple[str, str]]:
    """The words of every slide."""
    for slide in deck(run):
        figure = slide.draw(SLIDE)
        texts = (text.get_text().replace("\xa0", " ") for text in visible_texts(figure))
        yield f"slide {slide.name}", re.sub(r"\s+", " ", ". ".join(texts))
        plt.close(figure)


def titles(run: Run) -> Iterator[tuple[str, str]]:
    """Of every chart its title, its caption, and what is read aloud of it."""
    for chart in (chart for chart in CHARTS if chart.caption(run)):
        yield f"title {chart.NAME}", chart.finding(run)
        yield f"caption {chart.NAME}", chart.caption(run)
        yield f"alt {chart.NAME}", chart.alt(run)


def atlas(run: Run) -> str:
    """What the map of machines says of this one."""
    return "\n".join(f"fastest: {place.words}" for _, places in maps([share_of(run, [])]) for place in places)


def published(run: Run, *, drawn: bool = False) -> dict[str, str]:
    """All of it by place; the slides, which take a while to draw, where they are asked for."""
    texts = {
        "terminal": printed(run),
        "which-model.md": which_model.text(run),
        "README.md": readme.findings(run),
        "atlas": atlas(run),
        **dict(titles(run)),
        **dict(claims(run)),
        "report.html": report_page(run),
    }
    return texts | (dict(slides(run)) if drawn else {})
