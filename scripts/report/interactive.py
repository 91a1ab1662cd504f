"""The main charts to play with: hide a model, linear or logarithmic, a value and its interval under the pointer.

Bokeh draws them; the page's own script (`templates/interactive.js`) builds each when it comes into sight, paints it in
the page's colours, and works its controls, which are ordinary check boxes and radio buttons for keyboards and screen
readers. Rejected: Bokeh's own legend and widgets, which no keyboard reaches.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bokeh.embed import json_item
from bokeh.models import (
    Axis,
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    LinearAxis,
    LinearScale,
    LogAxis,
    LogScale,
    Range1d,
)
from bokeh.plotting import figure
from bokeh.resources import Resources
from markupsafe import Markup

from scripts.analysis.points import Run, distinct
from scripts.charts import CHARTS, Chart
from scripts.charts.lib.interactive_panel import Panel, Series
from scripts.charts.lib.theme import style
from scripts.util.format import ladder, tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bokeh.models.renderers import DataRenderer

MARKERS = {
    "o": "circle", "s": "square", "^": "triangle", "D": "diamond", "v": "inverted_triangle", "P": "plus", "X": "x",
    "<": "hex", ">": "star", "p": "square_pin", "h": "triangle_pin", "d": "circle_dot", "*": "asterisk",
    "H": "hex_dot", "8": "square_dot", "+": "cross", "1": "y", "x": "square_x", "2": "triangle_dot",
}  # fmt: skip
ROUND = {10: (1, 2, 5), 2: (1,)}  # steps of a linear axis
ROW_PX, HEAD_PX, LINES_PX = 22, 70, 360
MANY = 30  # marks of a line: more are a curve, whose marks only answer the pointer
TIPS = [("", "@model, @where"), ("value", "@value"), ("interval", "@interval"), ("warnings", "@warnings")]


@dataclass(frozen=True)
class Ends:
    """The two ends of an axis and its ticks."""

    low: float
    high: float
    ticks: list[float]


@cache
def library() -> Markup:
    """Bokeh itself, once for a page."""
    return Markup("\n".join(Resources(mode="inline", components=["bokeh"]).js_raw))


def logarithmic(panel: Panel) -> Ends:
    """A logarithmic axis on which every value has room."""
    air = max((max(panel.values) / min(panel.values)) ** 0.06, 1.08)
    low, high = min(panel.values) / air, max(panel.values) * air
    return Ends(low, high, ladder(low, high, 0.26 if panel.across else 0.15, panel.base))


def linear(panel: Panel) -> Ends:
    """A linear axis from zero, with four steps at the most."""
    high = max(panel.values) * 1.06
    steps = [one * float(panel.base) ** power for power in powers(high, panel.base) for one in ROUND[panel.base]]
    step = next(size for size in steps if high / size < 5)
    return Ends(0, high, [count * step for count in range(int(high / step) + 1)])


def powers(high: float, base: int) -> range:
    """Those that a step of an axis up to `high` may have."""
    last = math.ceil(math.log(high, base))
    return range(last - 4, last + 1)


def draw(panel: Panel) -> dict[str, Any]:
    """A panel as JSON, of which Bokeh in the browser makes a figure."""
    rows = panel.across and not panel.joined
    height = HEAD_PX + ROW_PX * len(panel.places) if rows else LINES_PX
    plot = figure(height=height, sizing_mode="stretch_width", x_axis_type=None, y_axis_type=None, tools="")
    plot.update(toolbar_location=None, min_border_right=20)
    plot.update(background_fill_color=None, border_fill_color=None, outline_line_color=None)
    add_axes(plot, panel)
    for limit in panel.limits:
        xs, ys = (limit.values, limit.places) if panel.across else (limit.places, limit.values)
        plot.line(list(xs), list(ys), line_dash=[6, 4], line_width=1.5, name="limit")
    marks = [add_series(plot, panel, series) for series in panel.series]
    plot.add_tools(HoverTool(renderers=marks, tooltips=TIPS))
    return dict(json_item(plot))


def add_axes(plot: figure, panel: Panel) -> None:
    """Two axes for the values, of which one is shown at a time, and one for the places."""
    ends = {"Log": logarithmic(panel), "Linear": linear(panel)}
    kinds: tuple[type[Axis], ...] = (LogAxis, LinearAxis)
    for kind, each in zip(kinds, ends.values(), strict=True):
        axis = axis_of(kind, each.ticks, {value: tick(panel.form)(value) for value in each.ticks}, panel.value)
        axis.update(name="value", visible=kind is LogAxis)
        plot.add_layout(axis, "below" if panel.across else "left")
    kind_of_place: type[Axis] = LogAxis if panel.place_log else LinearAxis
    place = axis_of(kind_of_place, list(panel.places), panel.places, panel.place)
    plot.add_layout(place, "left" if panel.across else "below")
    values = Range1d(start=ends["Log"].low, end=ends["Log"].high)
    places = Range1d(start=panel.place_ends[0], end=panel.place_ends[1])
    scale = LogScale() if panel.place_log else LinearScale()
    plot.x_range, plot.y_range = (values, places) if panel.across else (places, values)
    plot.x_scale, plot.y_scale = (LogScale(), scale) if panel.across else (scale, LogScale())
    plot.tags = [{"side": "x" if panel.across else "y"} | {kind: [each.low, each.high] for kind, each in ends.items()}]


def axis_of(kind: type[Axis], ticks: list[float], words: dict[float, str], label: str) -> Axis:
    """An axis with these ticks and no others."""
    return kind(ticker=FixedTicker(ticks=ticks), major_label_overrides=words, axis_label=label)


def add_series(plot: figure, panel: Panel, series: Series) -> "DataRenderer":
    """A model's line and band, its intervals, and its marks (which are returned): hollow where all was saturated."""
    paint, shape = style(series.model)
    source = source_of(panel, series)
    options: dict[str, Any] = {"color": paint, "name": series.model}
    curve = panel.joined and len(series.marks) > MANY
    if panel.joined:
        plot.line("x", "y", source=source, line_width=2, **options)
    if panel.joined and panel.across:
        plot.harea(y="y", x1="low", x2="high", source=source, alpha=0.18, **options)
    elif panel.joined:
        plot.varea(x="x", y1="low", y2="high", source=source, alpha=0.18, **options)
    if not curve:
        ends = ("low", "y", "high", "y") if panel.across else ("x", "low", "x", "high")
        plot.segment(*ends, source=source, line_width=2, **options)
    marks = plot.scatter("x", "y", source=source, marker=MARKERS[shape], size=14 if shape == "D" else 10, **options)
    marks.glyph.update(fill_alpha=0.0 if curve else "solid", line_alpha=0.0 if curve else 1.0)
    return marks


def source_of(panel: Panel, series: Series) -> ColumnDataSource:
    """The marks of a model as columns, with the words for the pointer."""
    values, places = [mark.value for mark in series.marks], [mark.place for mark in series.marks]
    xs, ys = (values, places) if panel.across else (places, values)
    return ColumnDataSource({
        "x": xs,
        "y": ys,
        "low": [mark.low for mark in series.marks],
        "high": [mark.high for mark in series.marks],
        "model": [series.model] * len(xs),
        "where": [mark.where for mark in series.marks],
        "value": [panel.form(mark.value) for mark in series.marks],
        "interval": [panel.interval(mark) or "–" for mark in series.marks],
        "warnings": [mark.warnings or "–" for mark in series.marks],
        "solid": [0.0 if "saturated" in mark.warnings else 1.0 for mark in series.marks],
    })  # fmt: skip


def charts(run: Run) -> dict[str, dict[str, Any]]:
    """For each chart to play with: its models with their colours, and its panels with what Bokeh makes figures of."""
    return {chart.NAME: described(panels) for chart in CHARTS if (panels := panels_of(chart, run))}


def panels_of(chart: Chart, run: Run) -> list[Panel]:
    """The panels of a chart; none when it has no interactive form, or the run nothing for it."""
    make: Callable[[Run], Iterable[Panel]] = getattr(chart, "interactive_panels", lambda run: ())
    return list(make(run))


def described(panels: list[Panel]) -> dict[str, Any]:
    """The models of some panels with their colours, and the panels as Bokeh takes them."""
    models = distinct(series.model for panel in panels for series in panel.series)
    return {
        "models": [(model, style(model)[0]) for model in models],
        "panels": [{"title": panel.title, "item": draw(panel)} for panel in panels],
    }
