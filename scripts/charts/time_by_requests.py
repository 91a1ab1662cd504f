"""The time by the number of finished requests: steep for sequential, flat for models that overlap."""

import math
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from benchmarks.core.cell import CLASSICAL
from scripts.analysis.footer import footer, interval_words, limits_words
from scripts.analysis.points import Point, Run, by_model, cached_on_run, flags_text
from scripts.charts.lib import lines
from scripts.charts.lib.groups import value_text
from scripts.charts.lib.layout import open_page, rule_axis, widest_in
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.charts.lib.timeline_data import cells as timeline_cells
from scripts.charts.speedup import work_text
from scripts.stats.intervals import FloatArray
from scripts.tables.summary import summary_for
from scripts.util.axes import even_ticks
from scripts.util.format import count_text, listed, seconds, tick

NAME = "time-by-requests"
POSITION = 15
NEEDS = "a cell of io with the spans of its tasks"
CAVEAT = "All requests are of one round: twice as many would start their model only once, too."
TITLE = "How long until so many requests are done?"
BODY_IN = 4.2
MOST_MARKED = 21  # counts of requests: more markers cover each other


@cached_on_run
def chart_cells(run: Run) -> list[Point]:
    """For each model the time until n of a round's requests are done; `concurrency` is n."""
    cells = timeline_cells(run).get("io", [])
    classical = [each for each in cells if each.model in CLASSICAL]
    return [point for cell in classical or cells for point in of_cell(run, cell)]


def of_cell(run: Run, cell: Point) -> list[Point]:
    """The points of one cell: a block's value is the median of its rounds, and the last point has the cell's limits."""
    blocks = ends_of_blocks(run, cell)
    if not len(blocks):
        return []
    summary = summary_for(ranges_only=run.ranges_only or len(blocks) < 2)
    counts = np.unique(np.linspace(1, blocks.shape[1], min(blocks.shape[1], MOST_MARKED)).round().astype(int))
    made = list[Point]()
    for count in counts:
        value, low, high = summary(blocks[:, count - 1])
        values = tuple(map(float, blocks[:, count - 1]))
        limits = (cell.limit, cell.ceiling) if count == blocks.shape[1] else (math.nan, math.nan)
        point = replace(cell, concurrency=int(count), value=value, low=low, high=high, blocks=values)
        made.append(replace(point, limit=limits[0], ceiling=limits[1]))
    return made


def ends_of_blocks(run: Run, cell: Point) -> FloatArray:
    """Seconds from the start of a round until its first, second, … request was done: a row for each block."""
    spans = cell.spans(run)
    rounds = [(block, np.sort(round_["end_s"].to_numpy())) for (block, _), round_ in spans.groupby(["block", "round"])]
    by_block = {block: [ends for one, ends in rounds if one == block] for block, _ in rounds}
    return np.array([np.median(np.array(several), axis=0) for several in by_block.values()])


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells = chart_cells(run)
    if not cells:
        return None
    last = ends(run)
    page = open_page(
        theme,
        title=TITLE,
        reading=f"Time until so many are done, start-up included. Both axes are linear. {limits_words(last)}",
        footer=footer(run, f"Measured: {tasks_text(run)}", last, sure=f"Bars and bands: {interval_words(run)}"),
        body_in=BODY_IN,
    )
    high_s = max(value for each in cells for value in (each.value, each.high, *each.blocks)) * 1.05
    most = max(each.concurrency for each in cells)
    ticks_s = even_ticks(high_s)
    left_in = widest_in(map(tick(seconds), ticks_s), theme.small_pt) + 0.08
    axes = page.columns(left_in, lines.room_in(cells, page))[0]
    axes.set(xlim=(0, most * 1.02), ylim=(0, high_s))
    counts = [one for one in even_ticks(most) if one == round(one)]
    rule_axis(axes, "x", counts, count_text, "requests done (linear)", theme)
    rule_axis(axes, "y", ticks_s, tick(seconds), "", theme)
    lines.draw(axes, cells, lambda each: each.concurrency, page, limit=min)
    return page.figure


def ends(run: Run) -> list[Point]:
    """The last point of every model."""
    return [max(line, key=lambda each: each.concurrency) for line in by_model(chart_cells(run)).values()]


def tasks_text(run: Run) -> str:
    """As in `20 tasks waiting 20 ms each, concurrency 10 (raw HTTP/1.1 (h11))`."""
    cell = max(timeline_cells(run)["io"], key=lambda each: each.concurrency)
    kind = work_text(cell.wait_s, cell.compute_s)
    return f"{cell.tasks} tasks {kind} each, concurrency {cell.concurrency}, {work(cell.workload)}"


def finding(run: Run) -> str:
    """How long all requests take each model, in the order of models."""
    last = ends(run)
    durations = listed(f"{each.model} {seconds(each.value)}{flags_text(each)}" for each in last)
    return f"{last[0].tasks} requests take {durations}" if last else ""


def caption(run: Run) -> str:
    """The time of all requests for each model, with intervals."""
    durations = listed(f"{each.model} {value_text(each, seconds)}{flags_text(each)}" for each in ends(run))
    return f"Until all of {tasks_text(run)} are done ({interval_words(run)}): {durations}." if durations else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [f"{each.model}, {each.concurrency} done: {value_text(each, seconds)}" for each in chart_cells(run)]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    made = of_points(chart_cells(run), "time until done", seconds)
    return replace(made, head=tuple("requests done" if name == "concurrency" else name for name in made.head))
