"""A page: title and reading aid on top, footer below, and the panels between, laid out in inches.

Text is measured before it is placed, so nothing needs a second pass and nothing is cut off.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scripts.charts.lib.theme import MARGIN_IN as MARGIN_IN
from scripts.charts.lib.theme import Theme
from scripts.util.format import Format

LEADING = 1.4  # line height over font size
ABOVE, BELOW = 1.5, 2.6  # lines of text that the title of a panel and its axis take
GAP_IN = 0.3  # between panels side by side


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, 72)  # type: ignore[no-untyped-call]  # at 72 dots per inch a pixel is a point


@cache
def width_in(text: str, points: float, weight: str = "normal") -> float:
    """The width of a text in inches."""
    font = FontProperties(size=points, weight=weight)
    measured = _renderer().get_text_width_height_descent(text, font, ismath=False)  # type: ignore[no-untyped-call]
    return float(measured[0]) / 72


def widest_in(texts: Iterable[str], points: float, weight: str = "normal") -> float:
    """The width of the widest text in inches."""
    return max((width_in(text, points, weight) for text in texts), default=0.0)


def wrap(text: str, room_in: float, points: float, weight: str = "normal") -> list[str]:
    """The text wrapped to a width in inches."""
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
    """A figure whose body, between `bottom_in` and `top_in`, is still free for panels of these heights."""

    figure: Figure
    theme: Theme
    height_in: float
    bottom_in: float
    top_in: float
    bodies_in: tuple[float, ...]
    heads: int = 1  # lines of a panel's title

    def panel(self, left_in: float, bottom_in: float, wide_in: float, high_in: float) -> Axes:
        """Axes at a place measured in inches from the lower left corner."""
        whole_in = self.theme.width_in
        place = (left_in / whole_in, bottom_in / self.height_in, wide_in / whole_in, high_in / self.height_in)
        axes = self.figure.add_axes(place)
        axes.set_facecolor("none")
        axes.tick_params(colors=self.theme.muted, labelsize=self.theme.small_pt, length=0, pad=4)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        return axes

    def columns(self, left_in: float, right_in: float) -> list[Axes]:
        """A panel for each body: side by side, or one below the other where the page is narrow.

        Each has room for labels at its left and right, a title above and an axis below.
        """
        count, theme = len(self.bodies_in), self.theme
        side_by_side = 1 if theme.narrow else count
        each_in = (theme.width_in - 2 * theme.margin_in - (side_by_side - 1) * GAP_IN) / side_by_side
        places = [
            theme.margin_in + left_in + (0 if theme.narrow else place * (each_in + GAP_IN)) for place in range(count)
        ]
        boxes = [self.body(place) for place in range(count)]
        return [
            self.panel(left, bottom_in, each_in - left_in - right_in, high_in)
            for left, (bottom_in, high_in) in zip(places, boxes, strict=True)
        ]

    def body(self, place: int) -> tuple[float, float]:
        """Bottom and height of a panel, its title and its axis left out."""
        below_in, frame_in = self.line_in * BELOW, self.frame_in
        if not self.theme.narrow:
            return self.bottom_in + below_in, self.panel_in
        bottom_in = self.top_in - sum(self.bodies_in[: place + 1])
        return bottom_in + below_in, self.bodies_in[place] - frame_in

    @property
    def panel_in(self) -> float:
        """Height of the panels in `columns`."""
        return self.top_in - self.bottom_in - self.frame_in

    @property
    def frame_in(self) -> float:
        """The height of a panel's title and axis in inches."""
        return self.line_in * (ABOVE + BELOW + self.heads - 1)

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
                x_in / self.theme.width_in,
                (y_in - place * points * LEADING / 72) / self.height_in,
                line,
                fontsize=points,
                color=colour,
                weight=weight,
                va="top",
            )


def title_size(theme: Theme) -> float:
    """The font size of the title; a headline shrinks to fit two lines, but stays larger than the text."""
    sizes = [theme.title_pt - step for step in range(round(theme.title_pt - theme.text_pt))]
    room_in = theme.width_in - 2 * theme.margin_in
    fits = (size for size in sizes if len(wrap(theme.headline, room_in, size, "bold")) <= 2)
    return next(fits, sizes[-1])


def open_page(
    theme: Theme, *, title: str, reading: str, footer: str, body_in: float | Sequence[float], heads: int = 1
) -> Page:
    """A page with its title, a line that says how to read it, and its footer.

    `body_in` is the height of its body, or of that of each of its panels; a slide ignores it. Of titles of panels that
    take several lines, `heads` is how many.
    """
    room_in = theme.width_in - 2 * theme.margin_in
    extra_in = (heads - 1) * theme.text_pt * LEADING / 72
    bodies_in = tuple(each + extra_in for each in (body_in if isinstance(body_in, Sequence) else (body_in,)))
    title_pt = title_size(theme)
    titles = wrap(theme.headline or title, room_in, title_pt, "bold")
    readings = wrap(reading, room_in, theme.text_pt)
    footers = wrap(footer, room_in, theme.small_pt) + wrap(theme.small_print, room_in, theme.small_pt)
    title_in, reading_in, footer_in = (
        len(lines) * points * LEADING / 72
        for lines, points in ((titles, title_pt), (readings, theme.text_pt), (footers, theme.small_pt))
    )
    top_in, bottom_in = theme.margin_in + title_in + reading_in + 0.12, 0.18 + footer_in + 0.08
    height_in = theme.height_in or top_in + (sum if theme.narrow else max)(bodies_in) + bottom_in
    figure = Figure(figsize=(theme.width_in, height_in), dpi=theme.dpi, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    page = Page(figure, theme, height_in, bottom_in, height_in - top_in, bodies_in, heads)
    page.write(theme.margin_in, height_in - theme.margin_in, titles, title_pt, theme.ink, "bold")
    page.write(theme.margin_in, height_in - theme.margin_in - title_in, readings, theme.text_pt, theme.muted)
    page.write(theme.margin_in, 0.18 + footer_in, footers, theme.small_pt, theme.muted)
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
