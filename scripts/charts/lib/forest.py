"""A forest plot: one row for each model: a dot with its interval, the single blocks under it, the numbers beside it.

The numbers stand in a column of their own, where no dot can cover them. Several panels stand side by side, each with
names of its own or all with the names of the first; on a narrow page they stand one below the other. Where names and
numbers would leave too little for the dots, they stand on a line above them. Rejected: bars, which need a zero that a
logarithmic axis does not have.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis.points import Point
from scripts.charts.lib.groups import AIR, Group, Panels, fit, limit_text, merged, value_text
from scripts.charts.lib.layout import (
    ABOVE,
    BELOW,
    GAP_IN,
    LEADING,
    Page,
    even_ticks,
    head,
    open_page,
    rule_axis,
    widest_in,
    wrap,
)
from scripts.charts.lib.theme import Theme, colour, marker
from scripts.util.format import Format, ladder, tick

PITCH = 1.25  # lines of text that a row takes
EDGE_IN = 0.3  # where a label of the axis may reach beyond its ends
LEAST_IN = 1.4  # of a panel, its margins apart: below it no difference can be seen


@dataclass(frozen=True)
class Axis:
    """What the dots are placed along: a stem runs from `start`, where there is one, to each dot.

    All panels have the ends of the widest where they are `common`; `also` are values that have room in each.
    """

    label: str
    form: Format
    start: float | None = None
    also: tuple[float, ...] = ()
    base: int = 10
    linear: bool = False
    common: bool = True

    def ends(self, groups: Sequence[Group]) -> tuple[float, float]:
        """The ends on which every dot, block, interval and limit has room."""
        rows = [row for group in groups for row in group.rows]
        values = [value for row in rows for value in (row.low, row.high, row.value, *row.blocks)] + list(self.also)
        values += [value for group in groups for value in (group.limit, group.ceiling)]
        finite = [value for value in values if math.isfinite(value) and (value > 0 or self.linear)]
        low, high = min(finite), max(finite)
        if self.linear:
            return 0.0, high * 1.05
        air = max((high / low) ** 0.06, 1.08)
        return low / air, high * air

    def rule(self, axes: Axes, theme: Theme) -> None:
        """The axis below, with as many ticks as have room."""
        low, high = axes.get_xlim()
        wide_in = axes.get_position().width * theme.width_in
        rule_axis(axes, "x", self.ticks(low, high, wide_in, theme), tick(self.form), self.label, theme)

    def ticks(self, low: float, high: float, wide_in: float, theme: Theme) -> list[float]:
        """As many as have room."""

        def room_in(values: Sequence[float]) -> float:
            return widest_in(map(tick(self.form), values), theme.small_pt) + 0.1

        if self.linear:
            return even_ticks(high, max(int(wide_in / room_in(even_ticks(high))), 1))
        ticks = ladder(low, high, room_in(ladder(low, high, 0, self.base)) / wide_in, self.base)
        if len(ticks) > 1:
            return ticks
        return ladder(low, high, room_in(ladder(low, high, 1 / math.log(high / low, self.base))) / wide_in, self.base)


@dataclass(frozen=True)
class Layout:
    """Where names and numbers stand: beside the panels, or on a line `above` each dot; `brief` without intervals."""

    left_in: float
    right_in: float
    brief: bool = False
    above: bool = False
    shared: bool = False  # the names of the first panel are those of all

    def depth(self, groups: Sequence[Group]) -> float:
        """How many rows the groups take, the air between them included."""
        rows = sum(bool(group.title) + len(group.rows) * (2 if self.above else 1) for group in groups)
        return max(rows + AIR * (len(groups) - 1), 3)

    def lanes(self, y: float, rows: int) -> list[float]:
        """Where a line across the rows below y runs: without a break, or beside their names only."""
        if not self.above:
            return [y + 0.55, y + rows + 0.45]
        lanes = (y + 2 * place for place in range(1, rows + 1))
        return [end for lane in lanes for end in (lane - 0.45, lane + 0.45, math.nan)]

    def height_in(self, groups: Sequence[Group], theme: Theme) -> float:
        """How high the body of a panel has to be."""
        return theme.text_pt * LEADING / 72 * (ABOVE + BELOW + self.depth(groups) * PITCH)


def arrange(panels: Panels, form: Format, theme: Theme, *, shared: bool) -> Layout:
    """The layout that leaves room for the dots: with intervals, else without, else with the names above them."""
    groups, count = list(chain.from_iterable(panels.values())), 1 if theme.narrow else len(panels)
    left_in = widest_in((f"  {name}" for group in groups for name in group.labels), theme.text_pt) + 0.12
    limits_in = widest_in((limit_text(group, form) for group in groups), theme.small_pt)
    room_in = theme.width_in - 2 * theme.margin_in - (count - 1) * GAP_IN
    each_in = (room_in - left_in) / count if shared else room_in / count - left_in
    for brief in (False, True):
        texts = [form(row.value) if brief else value_text(row, form) for group in groups for row in group.rows]
        right_in = max(widest_in(texts, theme.text_pt), limits_in) + 0.15
        if each_in - right_in >= LEAST_IN:
            return Layout(left_in, right_in, brief, shared=shared)
    if shared or theme.height_in:
        return Layout(left_in, right_in, brief=True, shared=shared)
    numbers_in = widest_in((value_text(row, form) for group in groups for row in group.rows), theme.text_pt)
    return Layout(EDGE_IN, EDGE_IN, brief=left_in + numbers_in + 2 * EDGE_IN > room_in / count, above=True)


def draw_page(
    theme: Theme,
    panels: Panels,
    axis: Axis,
    *,
    title: str,
    reading: str,
    footer: Callable[[Sequence[Point], str], str],
    shared: bool = False,
    bands: Mapping[str, float] | None = None,
    blank: str = "",
) -> Figure | None:
    """The figure; None where there are no rows.

    `footer` is made from the rows that are shown and the words about what is not. `bands` are noise floors, a share of
    1, by panel. `blank` stands where a panel has no row of a group that another has.
    """
    kept, left_out = fit(panels, theme, shared=shared)
    if not kept:
        return None
    layout = arrange(kept, axis.form, theme, shared=shared and not theme.narrow)
    every = {name: merged(kept) if layout.shared else groups for name, groups in kept.items()}
    shown = [row for groups in kept.values() for group in groups for row in group.rows]
    heads = head_lines(list(kept), layout, theme)
    page = open_page(
        theme,
        title=title,
        reading=reading,
        footer=footer(shown, f"Not shown: {', '.join(left_out)}" if left_out else ""),
        body_in=[layout.height_in(groups, theme) for groups in every.values()],
        heads=max(text.count("\n") + 1 for text in heads),
    )
    together = list(chain.from_iterable(kept.values()))
    deepest = max(map(layout.depth, every.values()))
    for place, (axes, (name, groups)) in enumerate(zip(columns(page, layout), kept.items(), strict=True)):
        axes.set(xscale="linear" if axis.linear else "log", xlim=axis.ends(together if axis.common else groups))
        head(axes, heads[place], theme, 0 if layout.shared and place else layout.left_in)
        ground(axes, axis, (bands or {}).get(name), theme)
        named = not (layout.shared and place)
        fill(axes, every[name], groups, axis, page, layout, named=named, blank=blank)
        axes.set_ylim((layout.depth(every[name]) if theme.narrow else deepest) - 0.4, -0.6)
        axes.set_yticks([])
        axis.rule(axes, theme)
    return page.figure


def head_lines(names: Sequence[str], layout: Layout, theme: Theme) -> list[str]:
    """The titles of the panels, each in as many lines as it needs."""
    count, whole_in = 1 if theme.narrow else len(names), theme.width_in - 2 * theme.margin_in
    shared_in = layout.left_in if layout.shared else 0
    each_in = (whole_in - shared_in - (count - 1) * GAP_IN) / count
    rooms_in = [each_in + (0 if place else shared_in) for place in range(len(names))]
    pairs = zip(names, rooms_in, strict=True)
    return ["\n".join(wrap(name, room_in, theme.text_pt, "bold")) for name, room_in in pairs]


def columns(page: Page, layout: Layout) -> list[Axes]:
    """The panels: each with names at its left, or the first one only where those are shared."""
    if not layout.shared:
        return page.columns(layout.left_in, layout.right_in)
    theme, count = page.theme, len(page.bodies_in)
    room_in = theme.width_in - 2 * theme.margin_in - layout.left_in - (count - 1) * GAP_IN
    each_in, (bottom_in, high_in) = room_in / count, page.body(0)
    lefts = [theme.margin_in + layout.left_in + place * (each_in + GAP_IN) for place in range(count)]
    return [page.panel(left, bottom_in, each_in - layout.right_in, high_in) for left in lefts]


def ground(axes: Axes, axis: Axis, band: float | None, theme: Theme) -> None:
    """What lies under the dots: the noise floor, and the line of no difference."""
    if band:
        axes.axvspan(1 / (1 + band), 1 + band, color=theme.muted, alpha=0.35, linewidth=0)
    if axis.start:
        axes.axvline(axis.start, color=theme.muted, linewidth=1)


def fill(
    axes: Axes,
    every: Sequence[Group],
    groups: Sequence[Group],
    axis: Axis,
    page: Page,
    layout: Layout,
    *,
    named: bool = True,
    blank: str = "",
) -> None:
    """The rows of a panel, which stand where they stand in all of them."""
    mine = {group.title: group for group in groups}
    y = 0.0
    for place in every:
        group = mine.get(place.title, Group(place.title, ()))
        if place.title:
            heading(axes, place, group, y, axis.form, page.theme, layout, named=named)
            y += 1
        rows = dict(zip(group.labels, group.rows, strict=True))
        if not rows and blank:
            beside(axes, f"  {blank}", y, 0, page.theme.small_pt, page.theme.muted, left=True)
        for name, look in zip(place.labels, place.models, strict=True):
            if name in rows:
                draw_row(axes, rows[name], look, y, axis, page.theme, layout, paint=group.paint)
            if named:
                paint = page.theme.readable(group.paint or colour(look))
                beside(axes, name, y, 0, page.theme.text_pt, paint, left=layout.above)
            y += 2 if layout.above else 1
        y += AIR


def heading(
    axes: Axes, place: Group, group: Group, y: float, form: Format, theme: Theme, layout: Layout, *, named: bool
) -> None:
    """The title of a group; its ideal and its ceiling, which are also lines across its rows."""
    if named:
        beside(axes, place.title, y, 0, theme.text_pt, theme.ink, bold=True, left=True, shift_in=layout.left_in)
    if words := limit_text(group, form):
        beside(axes, words, y, 1, theme.small_pt, theme.muted, left=not layout.above)
    ys = layout.lanes(y, len(place.rows))
    for name, value, dashes in (("limit", group.limit, (2, 1.2)), ("ceiling", group.ceiling, (0.6, 1.2))):
        if math.isfinite(value):
            line = axes.plot([value] * len(ys), ys, color=theme.ink, linewidth=1.6, zorder=3)[0]
            line.set(linestyle=(0, dashes), gid=f"{name}-{group.rows[0].workload}")


def draw_row(
    axes: Axes, row: Point, look: str, y: float, axis: Axis, theme: Theme, layout: Layout, *, paint: str = ""
) -> None:
    """A dot, its interval, its blocks, and its numbers: without the interval where the layout is brief."""
    painted, paint = bool(paint), paint or colour(look)
    key, lane = f"{row.workload}-{row.model}-{row.concurrency}", y + layout.above
    if axis.start is None:
        axes.axhline(lane, color=theme.rule, linewidth=0.8, linestyle=(0, (1, 2)))
    else:
        axes.plot([axis.start, row.value], [lane, lane], color=paint, linewidth=6, alpha=0.28, solid_capstyle="butt")
    draw_blocks(axes, row, lane, paint, key)
    bar = axes.plot([row.low, row.high], [lane, lane], color=paint, linewidth=2, solid_capstyle="butt", zorder=4)[0]
    bar.set_gid(f"interval-{key}")
    face = theme.paper if row.saturated else paint
    shape = "o" if painted else marker(look)  # a marker says which model it is, too
    dot = axes.plot([row.value], [lane], shape, color=paint, markerfacecolor=face, zorder=5)[0]
    dot.set(markersize=6, gid=f"value-{key}")
    number = axis.form(row.value) if layout.brief else value_text(row, axis.form)
    beside(axes, number, y, 1, theme.text_pt, theme.ink, left=not layout.above)


def draw_blocks(axes: Axes, row: Point, y: float, paint: str, key: str) -> None:
    """The value of each block, under the interval that they give."""
    if len(row.blocks) > 1:
        dots = axes.plot(row.blocks, [y + 0.36] * len(row.blocks), "o", color=paint, markersize=2.6, alpha=0.75)[0]
        dots.set(markeredgewidth=0, zorder=4, gid=f"blocks-{key}")


def beside(
    axes: Axes,
    text: str,
    y: float,
    edge: int,
    points: float,
    paint: str,
    *,
    bold: bool = False,
    left: bool = False,
    shift_in: float = 0,
) -> None:
    """Text at the height of a row, at the left (0) or right (1) edge of the panel: it begins (`left`) or ends there.

    `shift_in` inches further to the left.
    """
    inside = edge == (0 if left else 1)
    shift = (0 if inside else 8 if left else -6) - 72 * shift_in
    text_box = axes.annotate(
        text,
        (edge, y),
        (shift, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        fontsize=points,
        color=paint,
        weight="bold" if bold else "normal",
        ha="left" if left else "right",
        va="center",
        annotation_clip=False,
    )
    if inside or shift_in:
        text_box.set_bbox({"facecolor": axes.figure.get_facecolor(), "edgecolor": "none", "pad": 0.5})
