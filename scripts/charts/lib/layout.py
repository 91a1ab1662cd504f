"""A page: title and reading aid on top, footer below, and the panels between, laid out in inches.

Text is measured before it is placed, so nothing needs a second pass and nothing is cut off.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scripts.charts.lib.theme import WIDTH_IN, Theme
from scripts.util.format import Format

MARGIN_IN = 0.25
LEADING = 1.4  # line height over font size
ABOVE, BELOW = 1.5, 2.6  # lines of text that the title of a panel and its axis take


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, 72)  # type: ignore[no-untyped-call]  # at 72 dots per inch a pixel is a point


@cache
def width_in(text: str, points: float, weight: str = "normal") -> float:
    """How wide the text is, in inches."""
    font = FontProperties(size=points, weight=weight)
    measured = _renderer().get_text_width_height_descent(text, font, ismath=False)  # type: ignore[no-untyped-call]
    return float(measured[0]) / 72


def widest_in(texts: Iterable[str], points: float, weight: str = "normal") -> float:
    """How wide the widest is."""
    return max((width_in(text, points, weight) for text in texts), default=0.0)


def wrap(text: str, room_in: float, points: float, weight: str = "normal") -> list[str]:
    """Lines of words that fit the room."""
    lines: list[str] = []
    used_in = math.inf
    for word in filter(None, text.split(" ")):  # not at a no-break space
        word_in = width_in(f"{word} ", points, weight)
        if used_in + word_in <= room_in:
            lines[-1] += f" {word}"
            used_in += word_in
        else:
            lines.append(word)
            used_in = word_in
    return lines


@dataclass(frozen=True)
class Page:
    """A figure whose body, between `bottom_in` and `top_in`, is still free."""

    figure: Figure
    theme: Theme
    height_in: float
    bottom_in: float
    top_in: float

    def panel(self, left_in: float, bottom_in: float, wide_in: float, high_in: float) -> Axes:
        """Axes at a place measured in inches from the lower left corner."""
        place = (left_in / WIDTH_IN, bottom_in / self.height_in, wide_in / WIDTH_IN, high_in / self.height_in)
        axes = self.figure.add_axes(place)
        axes.set_facecolor("none")
        axes.tick_params(colors=self.theme.muted, labelsize=self.theme.small_pt, length=0, pad=4)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        return axes

    def columns(self, count: int, left_in: float, right_in: float) -> list[Axes]:
        """Panels side by side, each with room for labels at its left and right, a title above and an axis below."""
        below_in = self.line_in * BELOW
        each_in = (WIDTH_IN - 2 * MARGIN_IN - (count - 1) * 0.3) / count
        return [
            self.panel(
                MARGIN_IN + place * (each_in + 0.3) + left_in,
                self.bottom_in + below_in,
                each_in - left_in - right_in,
                self.panel_in,
            )
            for place in range(count)
        ]

    @property
    def panel_in(self) -> float:
        """Height of the panels in `columns`."""
        return self.top_in - self.bottom_in - self.line_in * (ABOVE + BELOW)

    @property
    def line_in(self) -> float:
        """Height of a line of text."""
        return self.theme.text_pt * LEADING / 72

    def write(
        self, x_in: float, y_in: float, lines: list[str], points: float, colour: str, weight: str = "normal"
    ) -> None:
        """Lines of text that hang from a point."""
        for place, line in enumerate(lines):
            self.figure.text(
                x_in / WIDTH_IN,
                (y_in - place * points * LEADING / 72) / self.height_in,
                line,
                fontsize=points,
                color=colour,
                weight=weight,
                va="top",
            )


def title_size(theme: Theme) -> float:
    """Large, but a headline takes two lines at the most as long as it can still be told from the text."""
    sizes = [theme.title_pt - step for step in range(round(theme.title_pt - theme.text_pt))]
    room_in = WIDTH_IN - 2 * MARGIN_IN
    fits = (size for size in sizes if len(wrap(theme.headline, room_in, size, "bold")) <= 2)
    return next(fits, sizes[-1])


def open_page(theme: Theme, *, title: str, reading: str, footer: str, body_in: float) -> Page:
    """A page with its title, a line that says how to read it, and its footer. A slide ignores `body_in`."""
    room_in = WIDTH_IN - 2 * MARGIN_IN
    title_pt = title_size(theme)
    titles = wrap(theme.headline or title, room_in, title_pt, "bold")
    readings = wrap(reading, room_in, theme.text_pt)
    footers = wrap(footer, room_in, theme.small_pt) + wrap(theme.small_print, room_in, theme.small_pt)
    title_in, reading_in, footer_in = (
        len(lines) * points * LEADING / 72
        for lines, points in ((titles, title_pt), (readings, theme.text_pt), (footers, theme.small_pt))
    )
    top_in, bottom_in = MARGIN_IN + title_in + reading_in + 0.12, 0.18 + footer_in + 0.08
    height_in = theme.height_in or top_in + body_in + bottom_in
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=theme.dpi, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    page = Page(figure, theme, height_in, bottom_in, height_in - top_in)
    page.write(MARGIN_IN, height_in - MARGIN_IN, titles, title_pt, theme.ink, "bold")
    page.write(MARGIN_IN, height_in - MARGIN_IN - title_in, readings, theme.text_pt, theme.muted)
    page.write(MARGIN_IN, 0.18 + footer_in, footers, theme.small_pt, theme.muted)
    return page


def head(axes: Axes, text: str, theme: Theme, shift_in: float = 0) -> None:
    """The title of a panel, `shift_in` inches to the left of its edge."""
    axes.annotate(
        text,
        (0, 1),
        (-shift_in * 72, theme.text_pt * 0.5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=theme.text_pt,
        color=theme.ink,
        weight="bold",
    )


def even_ticks(high: float, most: int = 7) -> list[float]:
    """Ticks of a linear axis from 0 to `high`: steps of 1, 2 or 5 times a power of ten, `most` at the most."""
    power = 10.0 ** math.floor(math.log10(high))
    steps = (power * one / 10 for one in (1, 2, 5, 10, 20, 50, 100))
    step = next(step for step in steps if high / step <= most)
    return [step * place for place in range(int(high / step) + 1)]


def ticks_between(low: float, high: float, most: int, form: Format) -> list[float]:
    """Ticks of a linear axis that need not start at zero, as many as have room and a label of their own."""
    for count in range(max(most, 2), 1, -1):
        step = even_ticks(high - low, count)[1]
        ticks = [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if len({form(one) for one in ticks}) == len(ticks):
            return ticks
    return [low]


def rule_axis(axes: Axes, side: str, ticks: list[float], form: Format, label: str, theme: Theme) -> None:
    """Exactly these ticks on the x or y axis, with rules across the panel."""
    axis = axes.xaxis if side == "x" else axes.yaxis
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
    axis.set_label_text(label, fontsize=theme.small_pt, color=theme.muted)
    axis.labelpad = 3
    axes.grid(True, axis="x" if side == "x" else "y", color=theme.rule, linewidth=0.8)
    axes.set_axisbelow(True)
