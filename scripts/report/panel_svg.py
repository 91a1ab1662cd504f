"""A panel of an interactive chart as SVG that stands in the page's text: it fits a phone, prints, and needs no script.

The page's own script hides models and swaps the two scales. Rejected: Bokeh, Vega and Plotly (1.3 to 4 MB in a page,
and nothing is drawn until they run), and a drawing made in the browser (nothing on paper, nothing without scripts).
"""

import math
from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup, escape

from scripts.charts.lib.interactive_panel import Mark, Panel, Series
from scripts.charts.lib.theme import style
from scripts.report.svg_axes import EDGE, LETTER, WIDTH, Axis, place_share, side_tick, upright, value_axis, words
from scripts.util.format import shortened, tick

ROW, AXIS, LINES = 22.0, 40.0, 240.0
GUTTER = 150.0  # what labels of rows may take at most
MANY = 30  # marks of a line: more are a curve, of which only some answer the pointer
ANSWERING = 20
SIDES = {"s": (4, 45), "^": (3, 0), "D": (4, 0), "v": (3, 180), "<": (3, 270), ">": (3, 90), "p": (5, 0), "h": (6, 0)}


def draw(panel: Panel, axis: Axis, label: str) -> Markup:
    """The panel on an axis, as an SVG element that `label` describes."""
    height, parts = rows(panel, axis) if panel.across and not panel.joined else lines(panel, axis)
    kind = "Log" if axis.log else "Linear"
    opening = f'<svg class="panel" data-scale="{kind}" viewBox="0 0 {WIDTH:g} {height:g}" role="img"'
    return Markup(f'{opening} aria-label="{escape(label)}">{"".join(parts)}</svg>')


def rows(panel: Panel, axis: Axis) -> tuple[float, Iterator[str]]:
    """A row for every mark, each a group of its own that can move up when another is hidden."""
    marks = sorted(((mark, one) for one in panel.series for mark in one.marks), key=lambda pair: -pair[0].place)
    names = [panel.places.get(mark.place, mark.where) for mark, _ in marks]
    left = min(max(map(len, names), default=0) * LETTER, GUTTER) + EDGE / 2

    def x(value: float) -> float:
        return left + axis.share(value) * (WIDTH - EDGE - left)

    def parts() -> Iterator[str]:
        yield "".join(value_axis(panel, axis, x, ROW * len(marks)))
        for place, ((mark, one), name) in enumerate(zip(marks, names, strict=True)):
            yield f'<g class="row" data-model="{escape(one.model)}" transform="translate(0 {place * ROW:g})">'
            yield f'<text x="0" y="15">{escape(shortened(name, int(GUTTER / LETTER)))}</text>'
            yield limit_of_row(panel, mark, x)
            yield point(panel, one, mark, (x(mark.value), ROW / 2), ((x(mark.low), ROW / 2), (x(mark.high), ROW / 2)))
            yield "</g>"

    return ROW * len(marks) + AXIS, parts()


def limit_of_row(panel: Panel, mark: Mark, x: Callable[[float], float]) -> str:
    """The ideal of a row's workload, where it is known."""
    for limit in panel.limits:
        if min(limit.places) <= mark.place <= max(limit.places):
            return f'<path class="ideal" d="M{x(limit.values[0]):.1f} 0v{ROW:g}"/>'
    return ""


def lines(panel: Panel, axis: Axis) -> tuple[float, Iterator[str]]:
    """A line for every model, under a legend; the values lie upwards, or across."""
    legend, top = legend_of(panel)
    value_words = [tick(panel.form)(value) for value in axis.ticks]
    side = list(panel.places.values()) if panel.across else value_words
    left, right, bottom = max(map(len, side)) * LETTER + 8, WIDTH - EDGE, top + LINES

    def across(share: float) -> float:
        return left + share * (right - left)

    def up(share: float) -> float:
        return bottom - share * LINES

    def at(place: float, value: float) -> tuple[float, float]:
        shares = (axis.share(value), place_share(panel, place))
        return (across(shares[0]), up(shares[1])) if panel.across else (across(shares[1]), up(shares[0]))

    def parts() -> Iterator[str]:
        yield legend
        if panel.across:
            yield from value_axis(panel, axis, lambda value: across(axis.share(value)), bottom)
            yield from (side_tick(left, up(place_share(panel, place)), word) for place, word in panel.places.items())
        else:
            yield from upright(panel, axis, (left, right, top, bottom), up)
            places = [(across(place_share(panel, place)), word) for place, word in panel.places.items()]
            yield from words(places, bottom + 14)
            yield f'<text class="tick" x="{right:g}" y="{bottom + 31:g}" text-anchor="end">{escape(panel.place)}</text>'
        for limit in panel.limits:
            yield f'<path class="ideal" d="{path(at, limit.places, limit.values)}"/>'
        yield from (line(panel, one, at) for one in panel.series)

    return bottom + AXIS, parts()


def legend_of(panel: Panel) -> tuple[str, float]:
    """The models' marks and names in as many lines as they need; and where the plot begins under them."""
    x, y, parts = 6.0, 12.0, []
    for one in panel.series:
        length = len(one.model) * LETTER + 28
        x, y = (6.0, y + 18) if x + length > WIDTH and x > 6 else (x, y)
        paint, shape = style(one.model)
        name = f'<text x="{x + 9:.1f}" y="{y + 4:g}">{escape(one.model)}</text>'
        mark = marker(shape, (x, y), f'fill="{paint}"')
        parts.append(f'<g data-model="{escape(one.model)}">{mark}{name}</g>')
        x += length
    return "".join(parts), y + 34


def path(at: Callable[[float, float], tuple[float, float]], places: Sequence[float], values: Sequence[float]) -> str:
    """A line through values at their places, as the attribute `d`."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(at, places, values))


def line(panel: Panel, one: Series, at: Callable[[float, float], tuple[float, float]]) -> str:
    """A model's band, its line, and its marks; of a curve only some marks, which are not seen."""
    paint, _ = style(one.model)
    places = [mark.place for mark in one.marks]
    low = path(at, places, [mark.low for mark in one.marks])
    high = path(at, places[::-1], [mark.high for mark in one.marks[::-1]])
    middle = path(at, places, [mark.value for mark in one.marks])
    is_curve = len(one.marks) > MANY
    marks = one.marks[:: max(1, len(one.marks) // ANSWERING)] if is_curve else one.marks
    points = (point(panel, one, mark, at(mark.place, mark.value), ends(at, mark), hidden=is_curve) for mark in marks)
    band = f'<path d="{low}L{high[1:]}Z" fill="{paint}" opacity=".18"/>'
    drawn = f'<path d="{middle}" fill="none" stroke="{paint}" stroke-width="2"/>'
    return f'<g data-model="{escape(one.model)}">{band}{drawn}{"".join(points)}</g>'


def ends(at: Callable[[float, float], tuple[float, float]], mark: Mark) -> tuple[tuple[float, float], ...]:
    """Where the two ends of a mark's interval lie."""
    return at(mark.place, mark.low), at(mark.place, mark.high)


def point(
    panel: Panel,
    one: Series,
    mark: Mark,
    where: tuple[float, float],
    interval: tuple[tuple[float, float], ...],
    *,
    hidden: bool = False,
) -> str:
    """A mark with its interval, hollow where it was saturated; its words answer the pointer."""
    paint, shape = style(one.model)
    fill = "none" if "saturated" in mark.warnings else paint
    (x1, y1), (x2, y2) = interval
    whisker = f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{paint}" stroke-width="2"/>'
    drawn = "" if hidden else whisker + marker(shape, where, f'fill="{fill}" stroke="{paint}" stroke-width="1.5"')
    reach = f'<circle cx="{where[0]:.1f}" cy="{where[1]:.1f}" r="10" opacity="0"/>'
    return f'<g class="mark"><title>{escape(tip(panel, one, mark))}</title>{drawn}{reach}</g>'


def tip(panel: Panel, one: Series, mark: Mark) -> str:
    """A mark in words: the model, its place, the value, its interval, its warnings."""
    where = "" if mark.where in ("", one.model) else f", {mark.where.removesuffix(f': {one.model}')}"
    interval = f" ({words_of})" if (words_of := panel.interval(mark)) else ""
    return f"{one.model}{where}: {panel.form(mark.value)}{interval}{f'; {mark.warnings}' if mark.warnings else ''}"


def marker(shape: str, where: tuple[float, float], paint: str) -> str:
    """A marker of about ten units: a regular polygon, or a circle."""
    if shape not in SIDES:
        return f'<circle cx="{where[0]:.1f}" cy="{where[1]:.1f}" r="4.5" {paint}/>'
    sides, turn = SIDES[shape]
    angles = (math.radians(turn + 360 * corner / sides) for corner in range(sides))
    corners = (f"{where[0] + 5.5 * math.sin(each):.1f} {where[1] - 5.5 * math.cos(each):.1f}" for each in angles)
    return f'<path d="M{"L".join(corners)}Z" {paint}/>'
