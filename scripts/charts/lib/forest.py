"""A forest plot: one row for each model: a dot with its interval, the single blocks under it, the numbers beside it.

The numbers stand in a column of their own, where no dot can cover them. Several panels stand side by side, each with
names of its own or all with the names of the first; on a narrow page they stand one below the other. Where names and
numbers would leave too little for the dots, they stand on a line above them. Rejected: bars, which need a zero that a
logarithmic axis does not have.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis.points import Point
from scripts.charts.lib.forest_layout import Axis, Layout, arrange, columns, head_lines
from scripts.charts.lib.groups import GROUP_GAP, Group, Panels, limit_text, merge_panels, panels_that_fit, value_text
from scripts.charts.lib.layout import Page, head, open_page
from scripts.charts.lib.theme import Theme, colour, marker
from scripts.util.format import Format


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
    main: str = "",
) -> Figure | None:
    """The figure; None where there are no rows.

    `footer` is made from the rows that are shown and the words about what is not. `bands` are noise floors, a share of
    1, by panel. `blank` stands where a panel has no row of a group that another has. The group of the title `main`
    is shown in any case.
    """
    kept, left_out = panels_that_fit(panels, theme, main, shared=shared)
    if not kept:
        return None
    layout = arrange(kept, axis.form, theme, shared=shared and not theme.narrow)
    every = {name: merge_panels(kept) if layout.shared else groups for name, groups in kept.items()}
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


def ground(axes: Axes, axis: Axis, band: float | None, theme: Theme) -> None:
    """Draw the noise floor and the line of no difference."""
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
    """Draw the rows of a panel; a row has the same height in every panel."""
    mine = {group.title: group for group in groups}
    y = 0.0
    for place in every:
        group = mine.get(place.title, Group(place.title, ()))
        if place.title:
            heading(axes, place, group, y, axis.form, page.theme, layout, named=named)
            y += 1
        rows = dict(zip(group.labels, group.rows, strict=True))
        if not rows and blank:
            edge_text(axes, f"  {blank}", y, 0, page.theme.small_pt, page.theme.muted, left=True)
        for name, style in zip(place.labels, place.models, strict=True):
            if name in rows:
                draw_row(axes, rows[name], style, y, axis, page.theme, layout, paint=group.paint)
            if named:
                paint = page.theme.readable(group.paint or colour(style))
                edge_text(axes, name, y, 0, page.theme.text_pt, paint, left=layout.above)
            y += 2 if layout.above else 1
        y += GROUP_GAP


def heading(
    axes: Axes, place: Group, group: Group, y: float, form: Format, theme: Theme, layout: Layout, *, named: bool
) -> None:
    """Draw the title of a group, and its ideal and its ceiling, in numbers and as lines across its rows."""
    if named:
        edge_text(axes, place.title, y, 0, theme.text_pt, theme.ink, bold=True, left=True, shift_in=layout.left_in)
    if words := limit_text(group, form):
        edge_text(axes, words, y, 1, theme.small_pt, theme.muted, left=not layout.above)
    ys = layout.lanes(y, len(place.rows))
    for name, value, dashes in (("limit", group.limit, (2, 1.2)), ("ceiling", group.ceiling, (0.6, 1.2))):
        if math.isfinite(value):
            line = axes.plot([value] * len(ys), ys, color=theme.ink, linewidth=1.6, zorder=3)[0]
            line.set(linestyle=(0, dashes), gid=f"{name}-{group.rows[0].workload}")


def draw_row(
    axes: Axes, row: Point, style: str, y: float, axis: Axis, theme: Theme, layout: Layout, *, paint: str = ""
) -> None:
    """Draw a dot, its interval, its blocks, and its numbers: without the interval where the layout is brief."""
    painted, paint = bool(paint), paint or colour(style)
    key, lane = f"{row.workload}-{row.model}-{row.concurrency}", y + layout.above
    if axis.start is None:
        axes.axhline(lane, color=theme.rule, linewidth=0.8, linestyle=(0, (1, 2)))
    else:
        axes.plot([axis.start, row.value], [lane, lane], color=paint, linewidth=6, alpha=0.28, solid_capstyle="butt")
    draw_blocks(axes, row, lane, paint, key)
    bar = axes.plot([row.low, row.high], [lane, lane], color=paint, linewidth=2, solid_capstyle="butt", zorder=4)[0]
    bar.set_gid(f"interval-{key}")
    face = theme.paper if row.saturated else paint
    shape = "o" if painted else marker(style)  # a marker says which model it is, too
    dot = axes.plot([row.value], [lane], shape, color=paint, markerfacecolor=face, zorder=5)[0]
    dot.set(markersize=6, gid=f"value-{key}")
    number = axis.form(row.value) if layout.brief else value_text(row, axis.form)
    edge_text(axes, number, y, 1, theme.text_pt, theme.ink, left=not layout.above)


def draw_blocks(axes: Axes, row: Point, y: float, paint: str, key: str) -> None:
    """Draw the value of each block, under their interval."""
    if len(row.blocks) > 1:
        dots = axes.plot(row.blocks, [y + 0.36] * len(row.blocks), "o", color=paint, markersize=2.6, alpha=0.75)[0]
        dots.set(markeredgewidth=0, zorder=4, gid=f"blocks-{key}")


def edge_text(
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
