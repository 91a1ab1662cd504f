"""A deck as files: pictures and PDF light and dark, one HTML page, and PPTX where python-pptx is installed.

HTML and PPTX carry the notes. The page holds its pictures and needs no network: arrow keys turn it, N shows the notes,
F fills the screen. Rejected: reveal.js, which no package of Python's index brings alone.
"""

import base64
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.backends.backend_pdf import PdfPages

from scripts.charts.lib.theme import Theme, as_png, as_svg
from scripts.deck.slides import PAPERS, Slide
from scripts.tables.load import Run
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import in_program_form

UNDATED = {"CreationDate": None, "Creator": None, "Producer": None}  # the same run gives the same bytes
PPTX_WIDE_IN, PPTX_HIGH_IN = 13.333, 7.5  # what presentation programs call widescreen
TITLE_LAYOUT = 5  # of python-pptx's own template: a title, which the picture covers, and nothing else
NO_PPTX = "overlap: no slides.pptx: it needs python-pptx, which make full installs."


@dataclass(frozen=True)
class Paper:
    """The deck on light or on dark paper: its pictures as pixels and as vectors, and the files that were written."""

    pngs: list[bytes]
    svgs: list[bytes]
    paths: list[Path]


def write_deck(run: Run, slides: Sequence[Slide], say: Callable[[str], None] = print) -> list[Path]:
    """Draw the deck anew into the run's folder."""
    folder = run.path / "slides"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    papers = [write_paper(run.path, folder, slides, suffix, theme) for suffix, theme in PAPERS]
    written = [path for paper in papers for path in paper.paths]
    written.append(write_html(run, slides, papers))
    if deck := write_pptx(run.path / "slides.pptx", slides, papers[0].pngs):
        written.append(deck)
    else:
        say(in_program_form(NO_PPTX))
    return written


def write_paper(path: Path, folder: Path, slides: Sequence[Slide], suffix: str, theme: Theme) -> Paper:
    """A picture for each slide, and the PDF."""
    paper, deck_path = Paper([], [], []), path / f"slides{suffix}.pdf"
    with atomic_write(deck_path) as file, mpl.rc_context({"pdf.fonttype": 42}), PdfPages(file, metadata=UNDATED) as pdf:
        for number, slide in enumerate(slides, 1):
            figure, picture = slide.draw(theme), folder / f"{number:02}-{slide.name}{suffix}.png"
            pdf.savefig(figure, facecolor=theme.paper)
            paper.pngs.append(as_png(figure, theme))
            paper.svgs.append(as_svg(figure, slide.title))
            paper.paths.append(picture)
            picture.write_bytes(paper.pngs[-1])
    paper.paths.append(deck_path)
    return paper


def write_html(run: Run, slides: Sequence[Slide], papers: Sequence[Paper]) -> Path:
    """The deck as one page; its pictures are vectors."""
    light, dark = ([base64.b64encode(one).decode() for one in paper.svgs] for paper in papers)
    templates = Environment(loader=PackageLoader("scripts.deck"), autoescape=True, undefined=StrictUndefined)
    text = templates.get_template("deck.html").render(
        run=run.environment["run"], pages=list(zip(slides, light, dark, strict=True))
    )
    path = run.path / "slides.html"
    with atomic_write(path) as file:
        file.write_text(text, encoding="utf-8")
    return path


def write_pptx(path: Path, slides: Sequence[Slide], pictures: Sequence[bytes]) -> Path | None:
    """The deck as PPTX, or None without python-pptx: of each slide its picture, title, description and notes."""
    try:
        from pptx import Presentation
        from pptx.util import Inches
    except ImportError:
        return None
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(PPTX_WIDE_IN), Inches(PPTX_HIGH_IN)
    for slide, picture in zip(slides, pictures, strict=True):
        page = deck.slides.add_slide(deck.slide_layouts[TITLE_LAYOUT])
        page.shapes.title.text = slide.title
        shape = page.shapes.add_picture(BytesIO(picture), 0, 0, deck.slide_width, deck.slide_height)
        shape.name = slide.title
        shape._element._nvXxPr.cNvPr.set("descr", slide.alt or slide.title)
        page.notes_slide.notes_text_frame.text = "\n\n".join([slide.title, *slide.notes])
    with atomic_write(path) as file:
        deck.save(str(file))
    return path
