"""A forest plot: one row for each model, a dot with its interval on a logarithmic axis, and the numbers beside it.

The numbers stand in a column of their own, where no dot can cover them. Rejected: bars, which need a zero that a
logarithmic axis does not have.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from matplotlib.axes import Axes

from scripts.analysis.points import Point
from scripts.charts.lib.layout import ABOVE, BELOW, LEADING, Page, rule_axis, widest_in
from scripts.charts.lib.theme import WIDTH_IN, Theme, colour, marker
from scripts.util.format import Format, between, ladder, short, tick

AIR = 0.4  # rows between two groups
SLIDE_ROWS = 20  # as many as 24 pixels high text allows between the title and the footer of a slide
HEADLINE_ROWS = 4  # that the longer title and the small print of a deck take


@dataclass(frozen=True)
class Group:
    """Rows under a common heading; without one when `title` is empty.

    `paint` colours its rows where the colours of models would say nothing; `labels` are names of rows by model.
    """

    title: str
    rows: Sequence[Point]
    paint: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        """The ideal of the group; NaN when it has none."""
        return max((row.limit for row in self.rows if math.isfinite(row.limit)), default=math.nan)

    @property
    def height(self) -> int:
        """How many rows it takes."""
        return len(self.rows) + bool(self.title)


def names(group: Group) -> list[str]:
    """The rows' names: the model, and the concurrency where a model has several rows."""
    models = [row.model for row in group.rows]
    sizes = ["" if models.count(row.model) == 1 else f", {row.concurrency}" for row in group.rows]
    labels = [group.labels.get(model, short(model)) for model in models]
    return [f"{label}{size}" for label, size in zip(labels, sizes, strict=True)]


def value_text(row: Point, form: Format) -> str:
    """As in `18.9× (18.2–19.6)`."""
    interval = between(row.low, row.high, form)
    return f"{form(row.value)} ({interval})" if interval and row.low < row.high else form(row.value)


def limit_text(group: Group, form: Format) -> str:
    """As in `ideal 20.0×`."""
    return f"ideal {form(group.limit)}" if math.isfinite(group.limit) else ""


def depth(columns: Sequence[Sequence[Group]]) -> float:
    """How many rows the longest column takes, the air between its groups included."""
    return max(sum(group.height + AIR for group in groups) - AIR for groups in columns)


def height_in(columns: Sequence[Sequence[Group]], theme: Theme) -> float:
    """How high the body of a page with these columns has to be."""
    return theme.text_pt * LEADING / 72 * (ABOVE + BELOW + max(depth(columns), 3) * 1.25)


def fitted(groups: Sequence[Group], theme: Theme) -> tuple[list[Group], list[str]]:
    """The groups that fit the page, and the titles of those that do not; of one that is too high alone, its first rows.

    Then the names of the others are given.
    """
    room, fitting = (SLIDE_ROWS - bool(theme.headline) * HEADLINE_ROWS if theme.height_in else math.inf), list[Group]()
    if groups and groups[0].height > room:
        first, fits = groups[0], int(room) - bool(groups[0].title)
        others = [*names(first)[fits:], *(group.title for group in groups[1:])]
        return [replace(first, rows=first.rows[:fits])], others
    for group in groups:
        if group.height <= room:
            fitting.append(group)
            room -= group.height
    return fitting, [group.title for group in groups if group not in fitting]


def margins_in(groups: Sequence[Group], form: Format, theme: Theme, *, brief: bool = False) -> tuple[float, float]:
    """Room for the names at the left of the panel and for the numbers at its right, `brief` without intervals."""
    labels = [f"  {name}" for group in groups for name in (group.title, *names(group))]
    numbers = [form(row.value) if brief else value_text(row, form) for group in groups for row in group.rows]
    limits = [limit_text(group, form) for group in groups]
    right_in = max(widest_in(numbers, theme.text_pt), widest_in(limits, theme.small_pt))
    return widest_in(labels, theme.text_pt, "bold") + 0.12, right_in + 0.15


def draw(
    axes: Axes,
    groups: Sequence[Group],
    form: Format,
    page: Page,
    *,
    start: float | None,
    rows: float,
    brief: bool = False,
) -> None:
    """Fill a panel that has room for so many rows; a stem runs from `start`, where there is one, to each dot."""
    y = 0.0
    for group in groups:
        if group.title:
            heading(axes, group, y, form, page.theme)
            y += 1
        for name, row in zip(names(group), group.rows, strict=True):
            draw_row(axes, row, name, y, form, page.theme, start, brief=brief, paint=group.paint)
            y += 1
        y += AIR
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks([])


def rule(axes: Axes, form: Format, label: str, page: Page, base: int = 10) -> None:
    """The logarithmic axis below, with as many ticks as have room."""
    low, high = axes.get_xlim()
    widest = widest_in((tick(form)(value) for value in ladder(low, high, 0, base)), page.theme.small_pt) + 0.1
    ticks = ladder(low, high, widest / (axes.get_position().width * WIDTH_IN), base)
    rule_axis(axes, "x", ticks, tick(form), label, page.theme)


def limits(columns: Sequence[Sequence[Group]], *also: float) -> tuple[float, float]:
    """The ends of an axis on which every dot, interval and limit of every column has room."""
    rows = [row for groups in columns for group in groups for row in group.rows]
    ends = [value for row in rows for value in (row.low, row.high, row.value)] + list(also)
    ends += [group.limit for groups in columns for group in groups if math.isfinite(group.limit)]
    low, high = min(ends), max(ends)
    air = max((high / low) ** 0.06, 1.08)
    return low / air, high * air


def heading(axes: Axes, group: Group, y: float, form: Format, theme: Theme) -> None:
    """The title of a group with its limit, which is also a line across its rows."""
    write_beside(axes, group.title, y, 0, theme.text_pt, theme.ink, bold=True)
    if math.isfinite(group.limit):
        write_beside(axes, limit_text(group, form), y, 1, theme.small_pt, theme.muted)
        ends = [y + 0.55, y + group.height - 0.55]
        line = axes.plot([group.limit] * 2, ends, color=theme.ink, linewidth=1.6, linestyle=(0, (2, 1.2)), zorder=3)[0]
        line.set_gid(f"limit-{group.rows[0].workload}")


def draw_row(
    axes: Axes,
    row: Point,
    name: str,
    y: float,
    form: Format,
    theme: Theme,
    start: float | None,
    *,
    brief: bool = False,
    paint: str = "",
) -> None:
    """A dot, its interval, its name at the left and its numbers at the right: without the interval where `brief`."""
    paint, key = paint or colour(row.model), f"{row.workload}-{row.model}-{row.concurrency}"
    if start is None:
        axes.axhline(y, color=theme.rule, linewidth=0.8, linestyle=(0, (1, 2)))
    else:
        axes.plot([start, row.value], [y, y], color=paint, linewidth=6, alpha=0.28, solid_capstyle="butt")
    interval = axes.plot([row.low, row.high], [y, y], color=paint, linewidth=2, solid_capstyle="butt", zorder=4)[0]
    interval.set_gid(f"interval-{key}")
    face = theme.paper if row.saturated else paint
    dot = axes.plot([row.value], [y], marker(row.model), color=paint, markerfacecolor=face, markersize=6, zorder=5)[0]
    dot.set_gid(f"value-{key}")
    write_beside(axes, f"{name} ", y, 0, theme.text_pt, theme.readable(paint))
    write_beside(axes, form(row.value) if brief else value_text(row, form), y, 1, theme.text_pt, theme.ink)


def write_beside(axes: Axes, text: str, y: float, edge: int, points: float, paint: str, *, bold: bool = False) -> None:
    """Text at the height of a row, left (0) or right (1) of the panel."""
    axes.annotate(
        text,
        (edge, y),
        (8 if edge else -6, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        fontsize=points,
        color=paint,
        weight="bold" if bold else "normal",
        ha="left" if edge else "right",
        va="center",
        annotation_clip=False,
    )
