"""Overlap made visible: when each task of one real round ran, for each model, on one time axis."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.analysis.footer import block_words, footer, limits_words
from scripts.analysis.points import Run, distinct, flags_text
from scripts.analysis.wording import first_few
from scripts.charts.lib.layout import Page, head, open_page, rule_axis, widest_in
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme, colour
from scripts.charts.lib.timeline_data import MOST_SPANS, Race, races
from scripts.util.axes import even_ticks
from scripts.util.format import count_text, listed, seconds, short, tick

NAME = "timeline"
POSITION = 20
NEEDS = "a cell of io or cpu with the spans of its tasks"
CAVEAT = (
    "One round of each model, the one nearest the median: an example of how it works, not a measure of how sure it is."
)
TITLE = "How do the tasks overlap?"
SLIDE_MODELS = 8  # rows of at least half a centimetre
ROW_IN = 0.78
ROW_SHARE = 0.84  # of a model's row that its lanes take
ARROW = " →"  # after the time of a row that goes on beyond the axis
MOST_CUT = 1.5  # a row that is longer than the others by less is shown to its end
MOST_NAMED = 4  # in the title, in the order of models
THINNEST = 4  # a panel with fewer lanes than this does not make them thicker


@dataclass(frozen=True)
class Column:
    """The races of one experiment, by model, over one time axis."""

    races: dict[str, Race]

    @property
    def every(self) -> list[Race]:
        """One race for each model."""
        return list(self.races.values())

    @property
    def end_s(self) -> float:
        """Where the axis ends. Sequential often takes ten times as long: then its row is cut, and says so."""
        longest = max(one.end_s for one in self.every)
        others = max((one.end_s for model, one in self.races.items() if model != "sequential"), default=longest)
        return others if longest > others * MOST_CUT else longest

    def cuts(self, race: Race) -> bool:
        """Whether the race goes on beyond the axis."""
        return race.end_s > self.end_s

    def time_text(self, race: Race) -> str:
        """The time of the round, with an arrow where it goes on beyond the axis."""
        return f"{seconds(race.seconds)}{ARROW if self.cuts(race) else ''}"

    @property
    def limit(self) -> float:
        """The ideal time of the models that overlap: sequential has another, at a concurrency of 1."""
        return min((one.cell.limit for one in self.every if math.isfinite(one.cell.limit)), default=math.nan)

    @property
    def ceiling(self) -> float:
        """The time of a client that only sends and receives."""
        return min((one.cell.ceiling for one in self.every if math.isfinite(one.cell.ceiling)), default=math.nan)

    def title(self) -> str:
        """As in `raw HTTP/1.1 (h11), concurrency 20`."""
        cell = self.every[0].cell
        return f"{work(cell.workload)}, concurrency {cell.concurrency}"

    def about(self) -> str:
        """As in `raw HTTP/1.1 (h11): 40 tasks waiting 20 ms, concurrency 20`."""
        cell = self.every[0].cell
        kind = f"waiting {tick(seconds)(cell.wait_s)}" if cell.wait_s else f"computing {tick(seconds)(cell.compute_s)}"
        return f"{work(cell.workload)}: {cell.tasks} tasks {kind}, concurrency {cell.concurrency}"


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    every = races(run)
    models = distinct(model for column in every.values() for model in column)
    shown = models[:SLIDE_MODELS] if theme.height_in else models
    kept = [{key: one for key, one in column.items() if key in shown} for column in every.values()]
    columns = [Column(column) for column in kept if column]
    if not columns:
        return None
    cells = [one.cell for column in columns for one in column.every]
    page = open_page(
        theme,
        title=TITLE,
        reading=f"Each bar is a task of one round. Grey: start-up and clean-up, also timed. {limits_words(cells)}",
        footer=footing(run, columns, models[len(shown) :]),
        body_in=[0.8 + ROW_IN * len(shown)] * len(columns),
    )
    left_in = widest_in(map(short, shown), theme.text_pt, "bold") + 0.12
    for column, axes in zip(columns, page.columns(left_in, 0), strict=True):
        draw_column(page, column, shown, axes)
        head(axes, column.title(), theme, left_in)
    return page.figure


def footing(run: Run, columns: Sequence[Column], left_out: Sequence[str]) -> str:
    """The footer, which says which round is shown and what is not."""
    every = [(column, one) for column in columns for one in column.every]
    return footer(
        run,
        "; ".join(column.about() for column in columns),
        [one.cell for _, one in every],
        f"{ARROW.strip()} goes on beyond the axis" if any(column.cuts(one) for column, one in every) else "",
        f"Only the first {MOST_SPANS} tasks are drawn" if any(one.in_all > len(one.starts) for _, one in every) else "",
        f"Not shown: {', '.join(left_out)}" if left_out else "",
        sure=f"Shown: each model's round nearest the median, of {block_words(run)}",
        markers=False,
    )


def draw_column(page: Page, column: Column, models: Sequence[str], axes: Axes) -> None:
    """The lanes of each model below each other over one time axis, and the ideal across all of them."""
    theme, wide_in = page.theme, axes.get_position().width * page.theme.width_in
    label_in = widest_in([column.time_text(one) for one in column.every], theme.text_pt) + 0.12
    axes.set(xlim=(0, column.end_s / (1 - label_in / wide_in)), ylim=(len(models), 0), yticks=[])
    for row, model in enumerate(models):
        name = axes.annotate(short(model), (0, row + 0.5), (-8, 0), textcoords="offset points", ha="right")
        name.set(fontsize=theme.text_pt, color=theme.text_colour(model), va="center")
        if model in column.races:
            draw_race(axes, column, column.races[model], row, theme)
    for name_of, value, dashes in (("limit", column.limit, (2, 1.2)), ("ceiling", column.ceiling, (0.6, 1.2))):
        if 0 < value < axes.get_xlim()[1]:
            line = axes.axvline(value, color=theme.ink, linewidth=1.2, linestyle=(0, dashes), zorder=4)
            line.set_gid(f"{name_of}-{column.every[0].cell.workload}")
    rule_time(axes, column.end_s, theme)


def rule_time(axes: Axes, end_s: float, theme: Theme) -> None:
    """The time axis, under the lowest lanes."""
    wide_in = axes.get_position().width * theme.width_in * end_s / axes.get_xlim()[1]
    room_in = widest_in(map(tick(seconds), even_ticks(end_s)), theme.small_pt) + 0.12
    ticks = even_ticks(end_s, max(int(wide_in / room_in), 1))
    rule_axis(axes, "x", ticks, tick(seconds), "time since the round began", theme)


def draw_race(axes: Axes, column: Column, one: Race, row: int, theme: Theme) -> None:
    """The tasks in their lanes, on the grey of the whole round, with the time."""
    lanes = max(one.lanes) + 1
    each = ROW_SHARE / max(lanes, THINNEST)
    top = row + 0.5 - each * lanes / 2
    cut_s = column.end_s if column.cuts(one) else one.end_s
    grey = Rectangle((0, row + (1 - ROW_SHARE) / 2), min(one.seconds, cut_s), ROW_SHARE, linewidth=0, zorder=2)
    grey.set(color=theme.rule, alpha=0.6)
    axes.add_patch(grey)
    placed: Counter[int] = Counter()  # neighbours in a lane wear different shades
    for place, (start, end, lane) in enumerate(zip(one.starts, one.ends, one.lanes, strict=True)):
        placed[lane] += 1
        if start < cut_s:
            bar = Rectangle((start, top + lane * each), min(end, cut_s) - start, 0.86 * each, linewidth=0, zorder=3)
            bar.set(facecolor=colour(one.cell.model), alpha=1.0 if placed[lane] % 2 else 0.62)
            axes.add_patch(bar).set_gid(f"task-{one.cell.workload}-{one.cell.model}-{place}")
    text = axes.annotate(column.time_text(one), (cut_s, row + 0.5), (6, 0), textcoords="offset points", va="center")
    text.set(fontsize=theme.text_pt, color=theme.ink, zorder=5)
    text.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 1})


def finding(run: Run) -> str:
    """How long the same tasks took in the rounds that are shown, where they wait: an example, not a ranking."""
    for column in races(run).values():
        about = Column(column).about().partition(": ")[2]
        rounds = [f"{model} {seconds(one.seconds)}{flags_text(one.cell)}" for model, one in column.items()]
        return f"{about}: " + listed(first_few(rounds, MOST_NAMED))
    return ""


def caption(run: Run) -> str:
    """How long the round of each model took."""
    parts = [
        f"{Column(column).about()}: "
        + listed(f"{model} {seconds(one.seconds)}{flags_text(one.cell)}" for model, one in column.items())
        for column in races(run).values()
    ]
    return f"The round nearest the median. {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every round as text: its time, and the most tasks in flight."""
    parts = [
        f"{one.cell.workload} {model}: {one.in_all} tasks in {seconds(one.seconds)}, {max(one.lanes) + 1} in flight"
        for column in races(run).values()
        for model, one in column.items()
    ]
    return f"{TITLE} {'; '.join(parts)}." if parts else ""


def table(run: Run) -> Table:
    """The data of the chart as a table: the rounds shown."""
    every = [one for column in races(run).values() for one in column.values()]
    head = ("model", "workload", "concurrency", "tasks", "most in flight", "took", "ideal")
    return table_of(head, [
        [
            word(one.cell.model), word(one.cell.workload), number(one.cell.concurrency, count_text),
            number(one.in_all, count_text), number(max(one.lanes) + 1, count_text), number(one.seconds, seconds),
            number(one.cell.limit, seconds),
        ]
        for one in every
    ])  # fmt: skip
