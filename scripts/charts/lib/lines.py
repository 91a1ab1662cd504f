"""Line charts: one line for each model with its band, the limit, and labels at the ends instead of a legend.

The labels stand in a column at the right of the panel, pushed apart until none covers another, each tied to the end
of its line.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from scripts.analysis.points import Point, by_model
from scripts.charts.lib.layout import LEADING, Page, rule_axis, widest_in
from scripts.charts.lib.theme import Theme, colour, marker
from scripts.util.axes import log_ticks
from scripts.util.format import Format, short, tick

GAP_IN = 0.28  # between the panel and its column of labels, where the ties run
LIMITS = {"limit": ("ideal", (3, 2)), "ceiling": ("ceiling", (0.8, 1.6))}  # what a line is called, its dashes


@dataclass(frozen=True)
class End:
    """The end of a line, and what to call it."""

    text: str
    paint: str
    x: float
    y: float


def room_in(cells: Sequence[Point], page: Page) -> float:
    """The width of the column of labels in inches."""
    return widest_in(["ceiling", *(short(each.model) for each in cells)], page.theme.text_pt) + GAP_IN


def draw(
    axes: Axes, cells: Sequence[Point], x: Callable[[Point], float], page: Page, *, limit: Callable[..., float]
) -> None:
    """Fill a panel; `limit` (max or min) picks the limit where the models of one x differ in it."""
    ends = [draw_limit(axes, cells, x, page, limit, which) for which in LIMITS]
    for model, line in by_model(cells).items():
        draw_line(axes, model, sorted(line, key=x), x, page)
        last = max(line, key=x)
        ends.append(End(short(model), page.theme.text_colour(model), x(last), last.value))
    label_ends(axes, [end for end in ends if end], page)


@dataclass(frozen=True)
class Scale:
    """The logarithmic axis at the left of every panel: its ends, its ticks, and how wide their labels are."""

    ends: tuple[float, float]
    ticks: list[float]
    form: Format
    left_in: float

    def rule(self, axes: Axes, theme: Theme) -> None:
        """Draw the axis on a panel."""
        axes.set(yscale="log", ylim=self.ends)
        rule_axis(axes, "y", self.ticks, self.form, "", theme)


def scale(cells: Sequence[Point], form: Format, page: Page, *also: float) -> Scale:
    """A scale that covers all values."""
    values = [value for each in cells for value in values_of(each) if math.isfinite(value)]
    low, high = min(*values, *also), max(*values, *also)
    air = max((high / low) ** 0.06, 1.1)
    ends, short = (low / air, high * air), tick(form)
    ticks = log_ticks(*ends, 2.2 * page.line_in / page.panel_in)
    return Scale(ends, ticks, short, widest_in(map(short, ticks), page.theme.small_pt) + 0.08)


def values_of(cell: Point) -> tuple[float, ...]:
    """Every number of a cell that the axis must cover."""
    return (cell.value, cell.low, cell.high, cell.limit, cell.ceiling, *cell.blocks)


def draw_line(axes: Axes, model: str, line: Sequence[Point], x: Callable[[Point], float], page: Page) -> None:
    """The line of a model, its band, and a marker for each cell: hollow where something else was saturated."""
    paint, key = colour(model), f"{line[0].workload}-{model}"
    xs = [x(each) for each in line]
    axes.plot(xs, [each.value for each in line], color=paint, linewidth=2, zorder=3)[0].set_gid(f"line-{key}")
    lows, highs = [each.low for each in line], [each.high for each in line]
    if len(line) > 1:
        axes.fill_between(xs, lows, highs, color=paint, alpha=0.22, linewidth=0).set_gid(f"band-{key}")
    axes.vlines(xs, lows, highs, color=paint, linewidth=2, zorder=3).set_gid(f"interval-{key}")
    for each in line:
        face = page.theme.paper if each.saturated else paint
        dot = axes.plot(
            [x(each)], [each.value], marker(model), color=paint, markerfacecolor=face, markersize=6, zorder=4
        )[0]
        dot.set_gid(f"value-{key}-{each.concurrency}")
        draw_blocks(axes, x(each), each, paint, f"{key}-{each.concurrency}")


def draw_blocks(axes: Axes, x: float, each: Point, paint: str, key: str) -> None:
    """The value of each block, behind the interval that they give."""
    if len(each.blocks) > 1:
        dots = axes.plot([x] * len(each.blocks), each.blocks, "o", color=paint, markersize=2.6, alpha=0.6)[0]
        dots.set(markeredgewidth=0, zorder=2.5, gid=f"blocks-{key}")


def draw_limit(
    axes: Axes,
    cells: Sequence[Point],
    x: Callable[[Point], float],
    page: Page,
    pick: Callable[..., float],
    which: str = "limit",
) -> End | None:
    """The ideal as a dashed line, or the ceiling as a dotted one; None when nothing is known of it."""
    finite = [(x(each), value) for each in cells if math.isfinite(value := getattr(each, which))]
    if not finite:
        return None
    name, dashes = LIMITS[which]
    xs = sorted({place for place, _ in finite})
    ys = [pick(value for place, value in finite if place == one) for one in xs]
    line = axes.plot(xs, ys, color=page.theme.ink, linewidth=1.4, linestyle=(0, dashes), zorder=2)[0]
    line.set_marker("_" if len(xs) == 1 else "")
    line.set_gid(f"{which}-{cells[0].workload}")
    return End(name, page.theme.muted, xs[-1], ys[-1])


def label_ends(axes: Axes, ends: Sequence[End], page: Page) -> None:
    """A label for each end, tied to it; the limits of the axes must be final."""
    box = axes.get_position()
    wide_in, high_in = box.width * page.theme.width_in, box.height * page.height_in
    places = [axes.transAxes.inverted().transform(axes.transData.transform((end.x, end.y))) for end in ends]
    line_in = page.theme.text_pt * LEADING * 0.95 / 72
    heights = spread([place[1] * high_in for place in places], line_in, line_in / 2, high_in)
    for end, place, height in zip(ends, places, heights, strict=True):
        across = [place[0] + 0.1 / wide_in, max(place[0], 1.0) + 0.1 / wide_in, 1 + (GAP_IN - 0.06) / wide_in]
        tie = axes.plot(
            across, [place[1], place[1], height / high_in], color=page.theme.rule, transform=axes.transAxes
        )[0]
        tie.set(linewidth=0.8, linestyle="-", clip_on=False, zorder=1)
        axes.text(
            1 + GAP_IN / wide_in,
            height / high_in,
            end.text,
            transform=axes.transAxes,
            color=end.paint,
            fontsize=page.theme.text_pt,
            va="center",
        )


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` apart, in the order of those wanted and as near to them as that allows.

    Neighbours that come too close are merged into one pile, centred on what its members wanted (the pool-adjacent-
    violators algorithm on the wanted places less the gaps: least squares). Too many for the room grow upwards.
    """
    if not positions:
        return []
    ranks = np.argsort(np.asarray(positions), kind="stable")
    piles: list[list[float]] = []
    for rank, index in enumerate(ranks):
        piles.append([positions[index] - rank * gap])
        while len(piles) > 1 and np.mean(piles[-2]) >= np.mean(piles[-1]):
            piles[-2:] = [piles[-2] + piles[-1]]
    level = [float(np.mean(pile)) for pile in piles for _ in pile]
    top = high - gap / 2 - (len(level) - 1) * gap
    placed = [0.0] * len(level)
    for rank, index in enumerate(ranks):
        placed[index] = max(min(level[rank], top), low) + rank * gap
    return placed
