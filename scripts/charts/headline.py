"""The first slide: the time of sequential, that of the fastest, and how many times faster it is."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis.footer import footer, legend_words, limits_words
from scripts.analysis.points import Point, Run, cached_on_run, flags_text, points
from scripts.charts import speedup
from scripts.charts.lib.groups import Group, value_text
from scripts.charts.lib.layout import Page, open_page, rule_axis, widest_in
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme, colour
from scripts.util.axes import even_ticks
from scripts.util.format import listed, seconds, tick, times

NAME = "headline"
POSITION = 5
NEEDS = "a model that is faster than sequential, in six blocks or more"
CAVEAT = "One size of one kind of work: the other charts show how the gain grows with concurrency."
BAR_IN = 0.72  # of the page's height
LARGER = 1.5  # than the text of other charts: it is read from the last row


@cached_on_run
def contest(run: Run) -> tuple[Group, list[Point]] | None:
    """The leading group of the speed-up chart, and those of its models that are the fastest, as speed-ups.

    None where nothing is faster than sequential.
    """
    for name, panel in speedup.groups(run).items():
        group = speedup.leading(name, panel)
        if best := speedup.faster_than_sequential(run, group)[: speedup.MOST_NAMED]:
            return group, best
    return None


def chart_cells(run: Run) -> list[Point]:
    """The seconds of sequential and of the fastest, which did the same tasks."""
    if not (leading := contest(run)):
        return []
    first, best = leading[0].rows[0], leading[1]
    work = (first.experiment, first.workload, first.tasks, first.wait_s, first.compute_s)
    timed = [
        each
        for each in points(run, [first.experiment], "seconds")
        if (each.experiment, each.workload, each.tasks, each.wait_s, each.compute_s) == work
    ]
    alone = [each for each in timed if each.model == "sequential"][:1]
    return alone + [each for one in best for each in timed if each.key == one.key]


def gains(run: Run) -> dict[str, Point]:
    """The speed-up of each of the fastest, by model."""
    leading = contest(run)
    return {each.model: each for each in leading[1]} if leading else {}


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells = chart_cells(run)
    if not cells:
        return None
    page = open_page(
        theme,
        title=finding(run),
        reading=f"Time for {tasks_text(run)}; start-up included. {limits_words(cells)}",
        footer=footer(run, "", cells, sure=legend_words(run), markers=False),
        body_in=BAR_IN * len(cells) + 1.0,
    )
    size_pt = theme.text_pt * (1.15 if theme.narrow else LARGER)
    left_in = widest_in((each.model for each in cells), size_pt, "bold") + 0.2
    axes = page.columns(left_in, widest_in(["100 ms"], theme.small_pt) / 2)[0]
    end_s = max(value for each in cells for value in (each.value, each.high, *each.blocks)) * 1.04
    axes.set(xlim=(0, end_s), ylim=(len(cells) - 0.45, -0.55), yticks=[])
    speedups = gains(run)
    for place, each in enumerate(cells):
        gain = f"  {times(speedups[each.model].value)} faster" if each.model in speedups else ""
        draw_bar(axes, place, each, gain, page, size_pt)
    wide_in = axes.get_position().width * theme.width_in
    room_in = widest_in(map(tick(seconds), even_ticks(end_s)), theme.small_pt) + 0.15
    rule_axis(axes, "x", even_ticks(end_s, int(wide_in / room_in)), tick(seconds), "time", theme)
    return page.figure


def draw_bar(axes: Axes, place: int, each: Point, gain: str, page: Page, size_pt: float) -> None:
    """A bar from zero, its interval and blocks, its name, and its time with what is gained."""
    paint, theme = colour(each.model), page.theme
    axes.barh(place, each.value, 0.56, color=paint)[0].set_gid(f"value-{each.model}")
    axes.plot([each.low, each.high], [place] * 2, color=theme.ink, linewidth=1.6)[0].set_gid(f"interval-{each.model}")
    dots = axes.plot(each.blocks, [place + 0.36] * len(each.blocks), "o", color=paint, markersize=3)[0]
    dots.set(markeredgewidth=0, gid=f"blocks-{each.model}")
    for name, value, dashes in (("limit", each.limit, (2, 1.2)), ("ceiling", each.ceiling, (0.6, 1.2))):
        if value > 0:
            line = axes.plot([value] * 2, [place - 0.42, place + 0.42], color=theme.ink, linewidth=1.6)[0]
            line.set(linestyle=(0, dashes), gid=f"{name}-{each.model}")
    label = axes.annotate(each.model, (0, place), (-8, 0), textcoords="offset points", ha="right", va="center")
    label.set(fontsize=size_pt, color=theme.text_colour(each.model), weight="bold")
    inside = each.value > axes.get_xlim()[1] / 2  # where there is no room behind the bar
    end, shift = (min(each.low, *each.blocks, each.value), -8) if inside else (max(each.high, *each.blocks), 8)
    text = f"{seconds(each.value)}{gain}"
    where = axes.annotate(text, (end, place), (shift, 0), textcoords="offset points", va="center")
    where.set(fontsize=size_pt, weight="bold" if gain else "normal", ha="right" if inside else "left")
    where.set_color("#ffffff" if inside else theme.ink)


def tasks_text(run: Run) -> str:
    """As in `20 tasks waiting 20 ms each, concurrency 10 (raw HTTP/1.1 (h11))`."""
    leading = contest(run)
    assert leading
    group, best = leading
    each = best[0]
    spent = speedup.work_text(each.wait_s, each.compute_s)
    return f"{each.tasks} tasks {spent} each, concurrency {each.concurrency}: {speedup.group_name(group)}"


def finding(run: Run) -> str:
    """Which model is how many times faster than sequential; all of those that are tied."""
    best = gains(run)
    ratios = listed(times(one.value) for one in best.values())
    return f"{listed(best)} {'is' if len(best) == 1 else 'are'} {ratios} faster than sequential" if best else ""


def caption(run: Run) -> str:
    """The finding, with intervals, and the times."""
    if not (best := gains(run)):
        return ""
    parts = [f"{model} {value_text(one, times)}" for model, one in best.items()]
    durations = listed(f"{each.model} {value_text(each, seconds)}{flags_text(each)}" for each in chart_cells(run))
    return f"Times as fast as sequential for {tasks_text(run)}: {listed(parts)}; {durations}."


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return f"{finding(run)}. {caption(run)}" if chart_cells(run) else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return of_points(chart_cells(run), "time", seconds)
