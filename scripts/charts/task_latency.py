"""How long a single task takes under each model: the share of the tasks that are done within a time."""

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis.footer import footer, interval_words
from scripts.analysis.latency_curves import SHARES, Curve, curves
from scripts.analysis.points import Run, flags_text
from scripts.analysis.wording import first_few
from scripts.charts.lib import interactive_panel
from scripts.charts.lib.groups import value_text
from scripts.charts.lib.layout import LEADING, Page, head, open_page, rule_axis, widest_in
from scripts.charts.lib.lines import GAP_IN
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme, colour, marker
from scripts.util.axes import log_ticks, ticks_between
from scripts.util.format import count_text, listed, percent, seconds, short, tick

NAME = "task-latency"
POSITION = 30
NEEDS = "a cell of io with the spans of its tasks"
CAVEAT = "A task is timed from when its worker takes it up: what it waited in the model's own queue is not in here."
TITLE = "How long does a single task take?"
BODY_IN = 4.0
FEW_TIMES = 5  # between the ends of a linear axis: a logarithmic one would have two ticks
MOST_NAMED = 4  # in the title


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    panels = curves(run)
    if not panels:
        return None
    every = [curve for panel in panels.values() for curve in panel]
    page = open_page(
        theme,
        title=TITLE,
        reading="Share of the tasks that are done within a time. Dashed: the delay that was asked for.",
        footer=footer(
            run,
            f"Measured: {tasks_text(every)}",
            [curve.cell for curve in every],
            sure=f"Bands: {interval_words(run)}",
            markers=False,
        ),
        body_in=[BODY_IN] * len(panels),
    )
    words = [*(legend(curve) for curve in every), *(legend_head(curve) for curve in every)]
    right_in = (
        max(widest_in(words, theme.text_pt), widest_in([short(c.cell.model) for c in every], theme.text_pt)) + GAP_IN
    )
    left_in = widest_in(["100 %"], theme.small_pt) + 0.08
    for axes, (workload, panel) in zip(page.columns(left_in, right_in), panels.items(), strict=True):
        head(axes, work(workload), theme, left_in)
        draw_panel(axes, panel, page)
    return page.figure


def draw_panel(axes: Axes, panel: Sequence[Curve], page: Page) -> None:
    """Draw the curves of a workload, the delay, and the numbers of each model."""
    limits = [curve.cell.wait_s for curve in panel if curve.cell.wait_s > 0]
    low, high = min(*limits, *(c.value.min() for c in panel)), max(c.value.max() for c in panel)
    linear = high / low < FEW_TIMES
    low, high = (low - 0.06 * (high - low), high + 0.1 * (high - low)) if linear else (low / 1.06, high * 1.1)
    axes.set(xscale="linear" if linear else "log", xlim=(low, high), ylim=(-0.06, 1.06))
    wide = widest_in(map(tick(seconds), log_ticks(low, high, 0)), page.theme.small_pt) + 0.12
    room = axes.get_position().width * page.theme.width_in / wide
    ticks = ticks_between(low, high, int(room), tick(seconds)) if linear else log_ticks(low, high, 1 / room)
    kind = "linear" if linear else "logarithmic"
    rule_axis(axes, "x", ticks, tick(seconds), f"time of a task ({kind})", page.theme)
    rule_axis(axes, "y", [0, 0.25, 0.5, 0.75, 1], percent, "", page.theme)
    for limit in set(limits):
        axes.axvline(limit, color=page.theme.ink, linewidth=1.4, linestyle=(0, (3, 2)), zorder=2)
    for curve in panel:
        draw_curve(axes, curve)
    write_legend(axes, panel, page)


def draw_curve(axes: Axes, curve: Curve) -> None:
    """A model's line, its band, and markers at the shares that are put into words."""
    model, paint = curve.cell.model, colour(curve.cell.model)
    key = f"{curve.cell.workload}-{model}"
    axes.plot(curve.value, SHARES, color=paint, linewidth=2, zorder=3)[0].set_gid(f"line-{key}")
    axes.fill_betweenx(SHARES, curve.low, curve.high, color=paint, alpha=0.2, linewidth=0).set_gid(f"band-{key}")
    dots = [curve.at(share).value for share in curve.marked]
    axes.plot(dots, curve.marked, marker(model), color=paint, markersize=6, zorder=4)[0].set_gid(f"value-{key}")


def legend_head(curve: Curve) -> str:
    """The heading of the two numbers under a model's name."""
    return " / ".join(percent(share) for share in curve.marked) + " within"


def legend(curve: Curve) -> str:
    """The two numbers."""
    return " / ".join(seconds(curve.at(share).value) for share in curve.marked)


def write_legend(axes: Axes, panel: Sequence[Curve], page: Page) -> None:
    """Each model with its marker and its numbers, the quickest first, at the right of the panel."""
    box = axes.get_position()
    wide_in, high_in = box.width * page.theme.width_in, box.height * page.height_in
    line_in = page.theme.text_pt * LEADING / 72
    x = 1 + GAP_IN / wide_in
    lines = [(legend_head(panel[0]), page.theme.muted, "")]
    room = (int(high_in / (0.95 * line_in)) - 1) // 2  # a model takes two lines
    ordered = sorted(panel, key=lambda each: each.at(0.5).value)
    for curve in ordered[:room]:
        model = curve.cell.model
        lines += [(short(model), page.theme.text_colour(model), model), (legend(curve), page.theme.ink, "")]
    if len(ordered) > room:
        lines[-2:] = [(f"… and {len(ordered) - room + 1} more", page.theme.muted, "")]
    for place, (text, paint, model) in enumerate(lines):
        y = 1 - (place * 0.95 + 0.5) * line_in / high_in
        axes.text(x, y, text, color=paint, fontsize=page.theme.text_pt, va="center", transform=axes.transAxes)
        if model:
            axes.plot([x - 0.1 / wide_in], [y], marker(model), color=colour(model), markersize=6, clip_on=False,
                      transform=axes.transAxes)  # fmt: skip


def tasks_text(every: Sequence[Curve]) -> str:
    """The tasks, for the footer."""
    sizes = listed(sorted({count_text(curve.cell.concurrency) for curve in every if curve.cell.model != "sequential"}))
    waits = listed(sorted({tick(seconds)(curve.cell.wait_s) for curve in every}))
    return f"every task of the measured rounds, concurrency {sizes or '1'}, waiting {waits} each"


def finding(run: Run) -> str:
    """Within what time most tasks of the first workload are done, in the order of models."""
    for workload, panel in curves(run).items():
        top = min(curve.marked[1] for curve in panel)
        named = [f"{curve.cell.model} {seconds(curve.at(top).value)}{flags_text(curve.cell)}" for curve in panel]
        parts = listed(first_few(named, MOST_NAMED))
        return f"{percent(top)} of the tasks on {workload} are done within: {parts}"
    return ""


def caption(run: Run) -> str:
    """The median and the highest measured quantile of every model."""
    parts = [
        f"{workload}: " + ", ".join(f"{one.cell.model} {legend(one)}{flags_text(one.cell)}" for one in panel)
        for workload, panel in curves(run).items()
    ]
    if not parts:
        return ""
    first = next(iter(curves(run).values()))[0]
    return f"{legend_head(first)}, in the chart with {interval_words(run, 's')}: {'; '.join(parts)}."


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{workload} {curve.cell.model}: "
        + ", ".join(f"{percent(share)} within {value_text(curve.at(share), seconds)}" for share in curve.marked)
        for workload, panel in curves(run).items()
        for curve in panel
    ]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table: three quantiles of every curve."""
    head = ("model", "workload", "concurrency", "tasks in a block", "share", "within", "low", "high", "asked for")
    all_curves = [curve for panel in curves(run).values() for curve in panel]
    points = [(curve, share, curve.at(share)) for curve in all_curves for share in sorted({*curve.marked, 0.9})]
    return table_of(head, [
        [
            word(curve.cell.model), word(curve.cell.workload), number(curve.cell.concurrency, count_text),
            number(curve.each_block, count_text), number(share, percent),
            *(number(value or math.nan, seconds) for value in (at.value, at.low, at.high, at.limit)),
        ]
        for curve, share, at in points
    ])  # fmt: skip


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """The curves of each workload: shares of the tasks over time."""
    for workload, here in curves(run).items():
        wait_s = here[0].cell.wait_s
        yield interactive_panel.Panel(
            workload,
            "time of a task",
            seconds,
            [interactive_panel.Series(curve.cell.model, list(curve_marks(curve))) for curve in here],
            places={share: percent(share) for share in (0, 0.25, 0.5, 0.75, 1)},
            place_ends=(-0.03, 1.03),
            across=True,
            joined=True,
            limits=[interactive_panel.Limit([0, 1], [wait_s, wait_s])] if wait_s else [],
        )


def curve_marks(curve: Curve) -> Iterator[interactive_panel.Mark]:
    """A mark for each share of a curve."""
    for share, value, low, high in zip(SHARES, curve.value, curve.low, curve.high, strict=True):
        where = f"{percent(share)} of the tasks"
        yield interactive_panel.Mark(float(share), float(value), float(low), float(high), where, curve.cell.flags)
