"""The slides of sentences: the title, the claims, how sure all of it is. Text is wrapped, never cut."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from scripts.analysis.answers import disturbance, noise
from scripts.analysis.footer import machine_words
from scripts.analysis.wording import interval_meaning
from scripts.charts.lib.layout import LEADING, MARGIN_IN, Page, open_page, width_in, wrap
from scripts.charts.lib.theme import WIDTH_IN, Theme
from scripts.report.claim_document import Document
from scripts.report.claim_pages import SIGNS
from scripts.report.facts import capacity
from scripts.tables.load import Run
from scripts.verdict.value_text import bound_text, estimate_text

ROOM_IN = WIDTH_IN - 2 * MARGIN_IN
CLAIMS_IN = 4.1  # of the height of a slide, between the title and the small print
NOT_MEASURED = "not measured in this run"
COUNTED = ("refuted", "not reproduced here")


def headed(theme: Theme, title: str, reading: str, small_print: str) -> Page:
    """A slide with its title, the line below it and its small print."""
    return open_page(replace(theme, headline=title), title="", reading=reading, footer=small_print, body_in=0)


def sentences(theme: Theme, title: str, reading: str, lines: Sequence[str], small_print: str) -> Figure:
    """A slide of sentences."""
    page = headed(theme, title, reading, small_print)
    size_pt, y_in = theme.text_pt * 1.3, page.top_in - 0.3
    for text in filter(None, lines):
        wrapped = wrap(text, ROOM_IN, size_pt)
        page.write(MARGIN_IN, y_in, wrapped, size_pt, theme.ink)
        y_in -= (len(wrapped) + 0.5) * size_pt * LEADING / 72
    return page.figure


def title_lines(run: Run, when: str) -> list[str]:
    """The subtitle: what was compared on which machine, when, how often."""
    measured = f"Measured on {when} in {run.blocks_words}, each a fresh interpreter."
    return [machine_words(run), measured, disturbance(run)]


def sure_lines(run: Run) -> list[str]:
    """How far the figures can be trusted, and what they cannot tell."""
    few, many = "Nothing is established.", "A difference counts when it lies beyond them and the noise."
    return [
        noise(run),
        f"{interval_meaning(run)} {few if run.ranges_only else many}",
        f"The machine did {capacity(run)}",
        f"{len(run.omissions)} cells of a block are no results and left out." if run.omissions else "",
        "It can't tell: your network (all was measured on one machine), more cores than it has, your own load.",
    ]


def verdict_text(claim: Document) -> str:
    """As in `✓ holds`."""
    return f"{SIGNS.get(claim['verdict'], '–')} {claim['verdict']}"


def result_text(claim: Document) -> str:
    """The result of every measure with its bound; or that none was measured."""
    if not any(estimate_text(part) for part in claim["parts"]):
        return NOT_MEASURED
    several = len(claim["parts"]) > 1
    return "; ".join(
        f"{part['name']}: " * several
        + (f"{estimate_text(part)}, bound {bound_text(part)}" if estimate_text(part) else NOT_MEASURED)
        for part in claim["parts"]
    )


def claim_lines(claim: Document, theme: Theme) -> tuple[list[str], list[str]]:
    """A claim's verdict and sentence, and its results, as lines that fit."""
    verdict_in = width_in(f"{verdict_text(claim)}  ", theme.text_pt, "bold")
    text = wrap(claim["text"].replace("`", ""), ROOM_IN - verdict_in, theme.text_pt)
    return text, wrap(result_text(claim), ROOM_IN - 0.3, theme.text_pt)


def claim_in(claim: Document, theme: Theme) -> float:
    """The height of a claim on a slide."""
    lines = sum(map(len, claim_lines(claim, theme)))
    return (lines + 0.55) * theme.text_pt * LEADING / 72


def pages_of(claims: Sequence[Document], theme: Theme) -> Iterator[list[Document]]:
    """The claims of each slide, as many as have room."""
    here, used_in = list[Document](), 0.0
    for claim in claims:
        if here and used_in + claim_in(claim, theme) > CLAIMS_IN:
            yield here
            here, used_in = [], 0.0
        here.append(claim)
        used_in += claim_in(claim, theme)
    if here:
        yield here


def count_title(talk: Document) -> str:
    """As in `34 of 45 claims hold, 5 refuted`."""
    verdicts = [claim["verdict"] for claim in talk["claims"]]
    rest = [f"{verdicts.count(verdict)} {verdict}" for verdict in COUNTED if verdict in verdicts]
    return ", ".join([f"{verdicts.count('holds')} of {len(verdicts)} claims hold", *rest])


def claims_page(talk: Document, claims: Sequence[Document], part: str, theme: Theme, small_print: str) -> Figure:
    """The verdict, the sentence and the results of each claim."""
    page = headed(theme, count_title(talk), f"{talk['title']}{part}", small_print)
    y_in = page.top_in - 0.12
    for claim in claims:
        write_claim(page, claim, y_in)
        y_in -= claim_in(claim, theme)
    return page.figure


def write_claim(page: Page, claim: Document, y_in: float) -> None:
    """A claim, hanging from a height."""
    theme, line_in = page.theme, page.theme.text_pt * LEADING / 72
    verdict = verdict_text(claim)
    text, results = claim_lines(claim, theme)
    left_in = MARGIN_IN + width_in(f"{verdict}  ", theme.text_pt, "bold")
    page.write(MARGIN_IN, y_in, [verdict], theme.text_pt, theme.ink, "bold")
    page.write(left_in, y_in, text, theme.text_pt, theme.ink)
    page.write(MARGIN_IN + 0.3, y_in - len(text) * line_in, results, theme.text_pt, theme.muted)
