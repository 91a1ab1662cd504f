"""Where the parts of a forest plot stand: its axis of values, the columns of names and numbers, and the panels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from matplotlib.axes import Axes

from scripts.charts.lib.groups import GROUP_GAP, Group, Panels, limit_text, value_text
from scripts.charts.lib.layout import ABOVE, BELOW, GAP_IN, LEADING, Page, rule_axis, widest_in, wrap
from scripts.charts.lib.theme import Theme
from scripts.util.axes import even_ticks, log_ticks
from scripts.util.format import Format, tick

PITCH = 1.25  # lines of text that a row takes
EDGE_IN = 0.3  # where a label of the axis may reach beyond its ends
LEAST_IN = 1.4  # of a panel, its margins apart: below it no difference can be seen


@dataclass(frozen=True)
class Axis:
    """The axis of values: a stem runs from `start`, where there is one, to each dot.

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
        """The ends of the axis, with room for every dot, block, interval and limit."""
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
        """Draw the axis below the panel, with as many ticks as have room."""
        low, high = axes.get_xlim()
        wide_in = axes.get_position().width * theme.width_in
        rule_axis(axes, "x", self.ticks(low, high, wide_in, theme), tick(self.form), self.label, theme)

    def ticks(self, low: float, high: float, wide_in: float, theme: Theme) -> list[float]:
        """As many ticks as have room."""

        def room_in(values: Sequence[float]) -> float:
            return widest_in(map(tick(self.form), values), theme.small_pt) + 0.1

        if self.linear:
            return even_ticks(high, max(int(wide_in / room_in(even_ticks(high))), 1))
        ticks = log_ticks(low, high, room_in(log_ticks(low, high, 0, self.base)) / wide_in, self.base)
        if len(ticks) > 1:
            return ticks
        return log_ticks(
            low, high, room_in(log_ticks(low, high, 1 / math.log(high / low, self.base))) / wide_in, self.base
        )


@dataclass(frozen=True)
class Layout:
    """Where names and numbers stand: beside the panels, or on a line `above` each dot; `brief` without intervals."""

    left_in: float
    right_in: float
    brief: bool = False
    above: bool = False
    shared: bool = False  # the names of the first panel are those of all

    def depth(self, groups: Sequence[Group]) -> float:
        """The number of rows that the groups take, gaps included."""
        rows = sum(bool(group.title) + len(group.rows) * (2 if self.above else 1) for group in groups)
        return max(rows + GROUP_GAP * (len(groups) - 1), 3)

    def lanes(self, y: float, rows: int) -> list[float]:
        """The y coordinates of a line across the rows below y: unbroken, or with gaps at the names."""
        if not self.above:
            return [y + 0.55, y + rows + 0.45]
        lanes = (y + 2 * place for place in range(1, rows + 1))
        return [end for lane in lanes for end in (lane - 0.45, lane + 0.45, math.nan)]

    def height_in(self, groups: Sequence[Group], theme: Theme) -> float:
        """The height that the body of a panel needs, in inches."""
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
