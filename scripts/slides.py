"""`make slides`: a deck about a run, as PDF and as pictures of 1920 × 1080, light and dark.

One message a slide: its title is the finding in a sentence, every number comes from the run, and the small print says
how to find it again. No text is lower than 24 pixels.
"""

import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from benchmarks.core import renamed
from scripts.analysis.answers import disturbance, noise
from scripts.analysis.points import machine_words
from scripts.charts import CHARTS, Chart
from scripts.charts.lib.layout import LEADING, MARGIN_IN, Page, open_page, width_in, wrap
from scripts.charts.lib.theme import SLIDE, SLIDE_DARK, WIDTH_IN, Theme, as_png
from scripts.report.claim_document import Document, bound_text, found_text, rows
from scripts.report.claim_pages import SIGNS, read_claims
from scripts.report.facts import capacity
from scripts.run.preflight import every_experiment
from scripts.tables.load import Run, load
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, leave
from scripts.util.paths import LATEST, writable

LONGEST_ONLY = 60  # letters of a selection that the small print can hold
CLAIMS_A_SLIDE = 11
PAPERS = (("", SLIDE), ("-dark", SLIDE_DARK))


@dataclass(frozen=True)
class Slide:
    """One page of the deck: its name among the files, and how it is drawn."""

    name: str
    draw: Callable[[Theme], Figure]


def command(run: Run) -> str:
    """What to type to measure it again."""
    plan = run.environment["plan"]
    repeat = plan.get("repeat", 1)
    again = f"BLOCKS={plan['blocks'] // repeat} SEED={plan['seed']}" + f" REPEAT={repeat}" * (repeat > 1)
    if names := [one["name"] for one in run.environment.get("interpreters", [])]:
        return f'make matrix PYTHON="{" ".join(names)}" BLOCKS={plan["blocks"] // len(names)} SEED={plan["seed"]}'
    if plan["quick"]:
        return f"make quick SEED={plan['seed']}"
    if names_in(plan["only"]) == names_in(every_experiment()):
        return f"make full {again}"
    if len(plan["only"]) > LONGEST_ONLY:
        return f"make bench {again} ONLY=… (as in environment.json)"
    return f"make bench {again}" + (f' ONLY="{plan["only"]}"' if plan["only"] else "")


def names_in(only: str) -> set[str]:
    """The names in an ONLY expression, as they are called now."""
    return set(renamed.expression(only).strip("()").split())


def small_print(run: Run) -> str:
    """Which run this is, and how to find it again."""
    return f"Run {run.environment['run']}. Find it yourself: {command(run)}; make slides"


def when(run: Run) -> str:
    """The day of the run; its name where that says no day."""
    name = str(run.environment["run"])
    with suppress(ValueError):
        return f"{datetime.strptime(name, '%Y%m%d-%H%M%S').replace(tzinfo=UTC):%-d %B %Y}"
    return name


def deck(run: Run) -> Iterator[Slide]:
    """The slides: the title, a chart each, the claims, and how sure all of it is."""
    yield Slide("title", lambda theme: title_slide(run, theme))
    for chart in CHARTS:
        if chart.caption(run):
            yield Slide(chart.NAME, lambda theme, chart=chart: chart_slide(run, chart, theme))  # type: ignore[misc]
    for talk in read_claims(run.path):
        yield from claims_slides(run, talk)
    yield Slide("how-sure", lambda theme: sure_slide(run, theme))


def chart_slide(run: Run, chart: Chart, theme: Theme) -> Figure:
    """A chart under its finding."""
    figure = chart.draw(run, replace(theme, headline=unbroken(chart.finding(run)), small_print=small_print(run)))
    assert figure, f"{chart.NAME} has a caption and no figure"
    return figure


def unbroken(text: str) -> str:
    """No line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=([µmn]?s|[KMG]iB|B|%)\b|%)", "\N{NO-BREAK SPACE}", text)


def title_slide(run: Run, theme: Theme) -> Figure:
    """What was compared, on which machine, when, how often."""
    lines = [
        machine_words(run),
        f"Measured on {when(run)} in {run.blocks} blocks, each a fresh interpreter",
        disturbance(run),
    ]
    title = "How well do Python's concurrency models overlap waiting and computing?"
    return text_slide(theme, title, "Overlap: on the same work, against the ideal time.", lines, small_print(run))


def sure_slide(run: Run, theme: Theme) -> Figure:
    """How far the figures can be trusted, and what they cannot tell."""
    kind = (
        "Too few blocks for intervals: low and high are the smallest and largest block, and nothing is established."
        if run.ranges_only
        else "Intervals are 95 % t-intervals over blocks; a difference counts when it lies beyond them and the noise."
    )
    lines = [
        noise(run),
        kind,
        f"The machine did {capacity(run)}",
        f"{len(run.omissions)} cells of a block are no results and left out." if run.omissions else "",
        "It can't tell: your network (all was measured on one machine), more cores than it has, your own load.",
    ]
    return text_slide(theme, disturbance(run), "How sure this is, and what it can't tell.", lines, small_print(run))


def text_slide(theme: Theme, title: str, reading: str, lines: Sequence[str], footer: str) -> Figure:
    """A slide of sentences."""
    page = open_page(replace(theme, headline=title), title="", reading=reading, footer=footer, body_in=0)
    size_pt, y_in = theme.text_pt * 1.35, page.top_in - 0.35
    for text in filter(None, lines):
        wrapped = wrap(text, WIDTH_IN - 2 * MARGIN_IN, size_pt)
        page.write(MARGIN_IN, y_in, wrapped, size_pt, theme.ink)
        y_in -= (len(wrapped) + 0.6) * size_pt * LEADING / 72
    return page.figure


def claims_slides(run: Run, talk: Document) -> Iterator[Slide]:
    """The claims of a talk, as many a slide as can be read."""
    claims = [claim for claim in talk["claims"] if claim["parts"]]
    for first in range(0, len(claims), CLAIMS_A_SLIDE):
        here = claims[first : first + CLAIMS_A_SLIDE]
        part = (
            f" ({first // CLAIMS_A_SLIDE + 1} of {-(-len(claims) // CLAIMS_A_SLIDE)})"
            if len(claims) > len(here)
            else ""
        )
        name = f"claims-{talk['talk']}-{first // CLAIMS_A_SLIDE + 1}"
        yield Slide(name, lambda theme, here=here, part=part: claims_slide(run, talk, here, part, theme))  # type: ignore[misc]


def claims_slide(run: Run, talk: Document, claims: Sequence[Document], part: str, theme: Theme) -> Figure:
    """One line for each claim: the verdict, the sentence, what was found."""
    page = open_page(
        replace(theme, headline=talk["sentence"]),
        title="",
        reading=f"{talk['title']}{part}",
        footer=small_print(run).replace("make slides", "make claims; make slides"),
        body_in=0,
    )
    row_in = min((page.top_in - page.bottom_in - 0.1) / len(claims), 0.42)
    for place, claim in enumerate(claims):
        claim_line(page, claim, page.top_in - 0.1 - place * row_in)
    return page.figure


def claim_line(page: Page, claim: Document, y_in: float) -> None:
    """A claim: sign and verdict, as much of its sentence as fits, the value and the bound."""
    theme, right_in = page.theme, WIDTH_IN - MARGIN_IN
    parts = claim["parts"]
    value = (
        f"{found_text(parts[0])}  {bound_text(parts[0])}"
        if len(parts) == 1
        else f"{len(list(rows(claim))) - 1} measures"
    )
    verdict = f"{SIGNS.get(claim['verdict'], '–')} {claim['verdict']}"
    value_in = right_in - width_in(value, theme.text_pt)
    sentence_in = MARGIN_IN + width_in("? could not be measured", theme.text_pt, "bold") + 0.1
    page.write(MARGIN_IN, y_in, [verdict], theme.text_pt, theme.ink, "bold")
    page.write(
        sentence_in,
        y_in,
        [shortened(claim["text"].replace("`", ""), value_in - sentence_in - 0.2, theme.text_pt)],
        theme.text_pt,
        theme.ink,
    )
    page.write(value_in, y_in, [value], theme.text_pt, theme.muted)


def shortened(text: str, room_in: float, points: float) -> str:
    """The text, or its first line with an ellipsis."""
    first, *rest = wrap(text, room_in, points)
    while rest and width_in(f"{first} …", points) > room_in and " " in first:
        first = first.rpartition(" ")[0]
    return f"{first} …" if rest else first


def write_slides(run: Run) -> list[Path]:
    """Draw the deck anew into the run's folder: `slides/`, `slides.pdf`, `slides-dark.pdf`."""
    folder = run.path / "slides"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    slides = list(deck(run))
    return [path for suffix, theme in PAPERS for path in write_paper(run, folder, slides, suffix, theme)]


def write_paper(run: Run, folder: Path, slides: Sequence[Slide], suffix: str, theme: Theme) -> Iterator[Path]:
    """The deck on light or on dark paper."""
    deck_path = run.path / f"slides{suffix}.pdf"
    with atomic_write(deck_path) as file, mpl.rc_context({"pdf.fonttype": 42}), PdfPages(file, metadata=UNDATED) as pdf:
        for number, slide in enumerate(slides, 1):
            figure, path = slide.draw(theme), folder / f"{number:02}-{slide.name}{suffix}.png"
            pdf.savefig(figure, facecolor=theme.paper)
            path.write_bytes(as_png(figure, theme))
            yield path
    yield deck_path


UNDATED = {"CreationDate": None, "Creator": None, "Producer": None}  # the same run gives the same bytes


def main() -> None:
    """Draw the slides of the run that the command line names."""
    parser = command_parser("slides", __doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    try:
        for path in write_slides(load(writable(parser.parse_args().run))):
            print(path)
    except CommandError as stop:
        leave(stop)
    sys.exit(0)


if __name__ == "__main__":
    main()
