"""The look of every chart: the colour of a model, light and dark, sizes, and how a figure becomes files.

The palette is fixed and checked by a test: whoever sees no red, no green or no blue tells any two of its colours apart
(Machado, Oliveira and Fernandes 2009), the four classical models also in grey, and all stand out on white and on the
dark paper alike, so that a model has one colour everywhere. Every model also has a marker of its own. Text is never
less than 4.5:1 against its paper (WCAG AA), marks never less than 3:1.

All sizes are inches and points. A page is 10 inches wide and shown at 830 pixels, where 9.6 points are 11 pixels. A
slide is the same page at 192 dots per inch, where 9 points are 24 pixels. A phone's page is 4.3 inches wide and shown
at 390 pixels, where 9.6 points are 12; its panels stand one below the other. Rejected: matplotlib's layout engines (a
second and a half for every figure, and they place no direct labels), and pyplot (global state).
"""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zlib import crc32

import matplotlib as mpl
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from benchmarks.models import NAMES
from scripts.analysis.model_order import family

WIDTH_IN, PHONE_IN = 10.0, 4.3
MARGIN_IN, PHONE_MARGIN_IN = 0.25, 0.12
RGB = tuple[float, float, float]

CLASSICAL = {
    "sequential": ("#666666", "o"),
    "threads": ("#cc6600", "s"),
    "processes": ("#0c78b4", "^"),
    "asyncio": ("#00a884", "D"),
}
PYTHON = re.compile(r"3\.(\d+)(?:\.\d+)?(t?)")  # interpreters side by side: neighbours, and free-threaded ones, differ
OTHERS = {
    "uvloop": "#247236",
    "trio": "#8a5af0",
    "gevent": "#cc248a",
    "anyio": "#6690a8",
    "interpreters": "#a27e42",
    "dask": "#d81236",
    "joblib": "#606c96",
    "ray": "#b448ae",
    "to_thread": "#c6845a",
    "gather": "#8a785a",
    "queue_workers": "#ba7ecc",
    "to_process": "#5a54cc",
    "pool": "#fc5490",
    "loops_in_threads": "#a84800",
    "loops_in_processes": "#8a72fc",
    "eager_tasks": "#9c5ac6",
}
SPARE = ("#de7800", "#c01e4e", "#de66b4", "#a87ef0", "#a26cd8")  # for models that somebody adds
PALETTE = (*OTHERS.values(), *SPARE)
# What a row is, where models say nothing: two kinds that colour-blind readers tell apart, a fault, and neither.
FIRST_KIND, SECOND_KIND, FAULT, NEITHER = "#0c78b4", "#cc6600", "#c01e4e", "#666666"
MARKERS = ("v", "P", "X", "<", ">", "p", "h", "d", "*", "H", "8", "+", "1", "x", "2", "3")
FILLED = 11  # the first of them can be hollow, and are seen where they are small


@dataclass(frozen=True)
class Theme:
    """Colours, sizes and formats of a chart."""

    name: str
    suffix: str
    paper: str
    ink: str
    muted: str
    rule: str
    dpi: int = 144
    title_pt: float = 15
    text_pt: float = 10.5
    small_pt: float = 9.6
    width_in: float = WIDTH_IN
    margin_in: float = MARGIN_IN
    height_in: float | None = None  # None: as high as its content needs
    formats: tuple[str, ...] = ("svg", "png")
    headline: str = ""  # stands in place of the chart's own title
    small_print: str = ""  # stands under the footer

    @property
    def narrow(self) -> bool:
        """Whether panels stand one below the other."""
        return self.width_in < WIDTH_IN

    def text_colour(self, model: str) -> str:
        """The model's colour, mixed with ink until it can be read as text."""
        return self.readable(colour(model))

    def readable(self, paint: str) -> str:
        """A colour, mixed with ink until it can be read as text."""
        base, ink = to_rgb(paint), to_rgb(self.ink)
        parts = (step / 20 for step in range(21))
        mixes = (mixed(base, ink, part) for part in parts)
        return next(mix for mix in mixes if contrast(mix, self.paper) >= 4.5)


LIGHT = Theme("light", "", paper="#ffffff", ink="#1b1f24", muted="#57606a", rule="#d8dee4")
DARK = Theme("dark", "-dark", paper="#14171c", ink="#eceff2", muted="#a8b1bb", rule="#363c45", formats=("svg",))
SLIDE_SIZES: dict[str, Any] = {
    "dpi": 192,
    "title_pt": 19,
    "text_pt": 10.5,
    "small_pt": 9.1,
    "height_in": 5.625,
    "formats": ("png",),
}
SLIDE = Theme("slide", "-slide", LIGHT.paper, LIGHT.ink, LIGHT.muted, LIGHT.rule, **SLIDE_SIZES)
SLIDE_DARK = Theme("slide-dark", "-slide-dark", DARK.paper, DARK.ink, DARK.muted, DARK.rule, **SLIDE_SIZES)
PHONE_SIZES: dict[str, Any] = {
    "title_pt": 13,
    "text_pt": 9.8,
    "width_in": PHONE_IN,
    "margin_in": PHONE_MARGIN_IN,
    "formats": ("svg",),
}
PHONE = Theme("phone", "-phone", LIGHT.paper, LIGHT.ink, LIGHT.muted, LIGHT.rule, **PHONE_SIZES)
PHONE_DARK = Theme("phone-dark", "-phone-dark", DARK.paper, DARK.ink, DARK.muted, DARK.rule, **PHONE_SIZES)
PAGES = (LIGHT, DARK)
LIGHTS, DARKS = (LIGHT, PHONE), (DARK, PHONE_DARK)
THEMES = (*LIGHTS, *DARKS)  # of a run; a deck draws its slides itself


def style(model: str) -> tuple[str, str]:
    """Colour and marker of a model; anything else has a neutral colour."""
    model = family(model)
    if model in CLASSICAL:
        return CLASSICAL[model]
    if version := PYTHON.fullmatch(model):
        place = int(version[1]) + 4 * bool(version[2])
        return PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)]
    if model in OTHERS:
        return OTHERS[model], MARKERS[list(OTHERS).index(model)]
    added = sorted(set(NAMES) - set(CLASSICAL) - set(OTHERS))
    if model in added:
        place = added.index(model)
        return SPARE[place % len(SPARE)], MARKERS[place % FILLED]
    return NEITHER, MARKERS[crc32(model.encode()) % FILLED]


def colour(model: str) -> str:
    """The colour of a model's marks, in every chart and theme."""
    return style(model)[0]


def marker(model: str) -> str:
    """The marker of a model, in every chart and theme."""
    return style(model)[1]


def mixed(base: RGB, other: RGB, part: float) -> str:
    """A colour between two."""
    red, green, blue = (one + (two - one) * part for one, two in zip(base, other, strict=True))
    return to_hex((red, green, blue))


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def save(figure: Figure, theme: Theme, stem: Path, description: str) -> list[Path]:
    """Write the figure in the theme's formats; the same figure gives the same bytes."""
    paths = [stem.with_name(f"{stem.name}{theme.suffix}.{ending}") for ending in theme.formats]
    for path in paths:
        path.write_bytes(as_svg(figure, description) if path.suffix == ".svg" else as_png(figure, theme))
    return paths


FAST = {"compress_level": 3}  # two thirds of the time of the usual 6, for a tenth more bytes


def as_png(figure: Figure, theme: Theme) -> bytes:
    """Pixels, without a date and without the name of the program."""
    file = BytesIO()
    figure.savefig(
        file, format="png", dpi=theme.dpi, facecolor=theme.paper, metadata={"Software": None}, pil_kwargs=FAST
    )
    return file.getvalue()


def as_svg(figure: Figure, description: str) -> bytes:
    """Vectors; the glyphs are paths, so that they look the same where no such font is installed."""
    file, metadata = BytesIO(), {"Date": None, "Creator": None, "Description": description}
    with mpl.rc_context({"svg.hashsalt": "overlap", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", facecolor=figure.get_facecolor(), metadata=metadata)
    return compact_svg(file.getvalue().decode()).encode()


NAMED = re.compile(
    r'<g id="(?:text|line2d|patch|[xy]tick|[A-Z]\w+Collection)_\d+"'
)  # by matplotlib, and read by nobody
PLACES = re.compile(r'(?<= d=")[^"]*|(?<=translate\()[^)]*|(?<= [xy]=")[^"]*')


def compact_svg(svg: str) -> str:
    """The SVG in half of the bytes: without matplotlib's indents, names and superfluous decimals."""
    svg = re.sub(r'(<use [^>]*)transform="translate\(([-\d.]+) 0\)"', r'\1x="\2"', svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"DejaVuSans-(B?)(?:old-)?(?=[0-9a-f]+\")", r"g\1", svg)
    svg = PLACES.sub(lambda place: re.sub(r"-?\d+\.\d{3,}", rounded, place[0]), svg)
    svg = re.sub(r'<g id="line2d_\d+"/>', "", svg)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r" \n(?=[A-Zz])", " ", NAMED.sub("<g", svg)))


def rounded(number: re.Match[str]) -> str:
    """A number of points with two decimals."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
