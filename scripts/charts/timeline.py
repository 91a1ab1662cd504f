"""What overlapping looks like: when each task of one real round ran, for each model, on one time axis."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.analysis.points import Run, block_count, distinct, footer
from scripts.charts.lib.layout import ABOVE, MARGIN_IN, Page, open_page, rule_axis, widest_in, width_in
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import WIDTH_IN, Theme, colour
from scripts.charts.lib.timeline_data import MOST_SPANS, Race, races
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
GAP_IN = 0.3  # between the columns
ARROW = " →"  # after the time of a row that goes on beyond the axis
MOST_CUT = 1.5  # a row that is longer than the others by less is shown whole
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

    def cuts(self, one: Race) -> bool:
        """Whether the race goes on beyond the axis."""
        return one.end_s > self.end_s

    def time_text(self, one: Race) -> str:
        """The time of the round, with an arrow where it goes on beyond the axis."""
        return f"{seconds(one.seconds)}{ARROW if self.cuts(one) else ''}"

    def about(self) -> str:
        """As in `wire: 40 tasks waiting 20 ms, 20 at once`."""
        cell = self.every[0].cell
        kind = f"waiting {tick(seconds)(cell.wait_s)}" if cell.wait_s else f"computing {tick(seconds)(cell.compute_s)}"
        return f"{cell.workload}: {cell.tasks} tasks {kind}, {cell.concurrency} at once"


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    rounds = races(run)
    models = distinct(model for column in rounds.values() for model in column)
    drawn = models[:SLIDE_MODELS] if theme.height_in else models
    kept = [{key: one for key, one in column.items() if key in drawn} for column in rounds.values()]
    columns = [Column(column) for column in kept if column]
    if not columns:
        return None
    page = open_page(
        theme,
        title=TITLE,
        reading="Each bar is a task of one round. Grey: start-up and clean-up, which count. Dashed: the limit.",
        footer=footing(run, columns, models[len(drawn) :]),
        body_in=0.8 + ROW_IN * len(drawn),
    )
    left_in = widest_in(map(short, drawn), theme.text_pt, "bold") + 0.12
    wide_in = (WIDTH_IN - 2 * MARGIN_IN - left_in - GAP_IN * (len(columns) - 1)) / len(columns)
    for place, column in enumerate(columns):
        draw_column(page, column, drawn, MARGIN_IN + left_in + place * (wide_in + GAP_IN), wide_in)
    name_rows(page, drawn, MARGIN_IN + left_in - 0.1)
    return page.figure


def footing(run: Run, columns: Sequence[Column], left_out: Sequence[str]) -> str:
    """The footer, which says which round is shown and what is not."""
    every = [(column, one) for column in columns for one in column.every]
    return footer(
        run,
        "Shown: for each model the measured round nearest the median of its cell",
        [one.cell for _, one in every],
        f"{ARROW.strip()} goes on beyond the axis" if any(column.cuts(one) for column, one in every) else "",
        f"Only the first {MOST_SPANS} tasks are drawn" if any(one.in_all > len(one.starts) for _, one in every) else "",
        f"Not shown: {', '.join(left_out)}" if left_out else "",
        sure=f"Chosen from {block_count(run)} block{'' if block_count(run) == 1 else 's'}",
        markers=False,
    )


def row_in(page: Page, models: Sequence[str]) -> float:
    """Height of a row."""
    return page.panel_in / len(models)


def row_bottom_in(page: Page, models: Sequence[str], row: int) -> float:
    """Where a row begins, from below."""
    return page.top_in - page.line_in * ABOVE - (row + 1) * row_in(page, models)


def name_rows(page: Page, models: Sequence[str], right_in: float) -> None:
    """The models, at the left of their rows."""
    for row, model in enumerate(models):
        middle_in = row_bottom_in(page, models, row) + row_in(page, models) / 2
        name = page.figure.text(right_in / WIDTH_IN, middle_in / page.height_in, short(model), ha="right", va="center")
        name.set(fontsize=page.theme.text_pt, color=page.theme.text_colour(model))


def draw_column(page: Page, column: Column, models: Sequence[str], left_in: float, wide_in: float) -> None:
    """A column of panels, one for each model, over one time axis."""
    theme, high_in = page.theme, row_in(page, models)
    label_in = widest_in([column.time_text(one) for one in column.every], theme.text_pt) + 0.12
    across_s = column.end_s / (1 - label_in / wide_in)
    for model, one in column.races.items():
        bottom_in = row_bottom_in(page, models, models.index(model))
        axes = page.panel(left_in, bottom_in + high_in * 0.08, wide_in, high_in * 0.84)
        axes.set_xlim(0, across_s)
        draw_race(axes, column, one, theme)
        rule_time(axes, column.end_s, theme, labelled=model == list(column.races)[-1])
    about = column.about()
    size_pt = theme.text_pt * min(1, wide_in / width_in(about, theme.text_pt, "bold"))
    page.write(left_in, page.top_in - 0.02, [about], max(size_pt, theme.small_pt), theme.ink, "bold")


def rule_time(axes: Axes, end_s: float, theme: Theme, *, labelled: bool) -> None:
    """The time axis; its numbers stand only under the lowest panel."""
    step = max(size * 10.0**power for power in range(-9, 6) for size in (1, 2, 5) if end_s >= 2.5 * size * 10.0**power)
    ticks = [count * step for count in range(int(end_s / step) + 1)]
    label = "time since the round began" if labelled else ""
    rule_axis(axes, "x", ticks, tick(seconds) if labelled else lambda _: "", label, theme)


def draw_race(axes: Axes, column: Column, one: Race, theme: Theme) -> None:
    """The tasks in their lanes, on the grey of the whole round, with the limit and the time."""
    lanes = max(one.lanes) + 1
    high = max(lanes, THINNEST)
    cut_s = column.end_s if column.cuts(one) else one.end_s
    axes.set(ylim=(high, 0), yticks=[])
    axes.add_patch(Rectangle((0, 0), min(one.seconds, cut_s), high, color=theme.rule, linewidth=0, alpha=0.6))
    placed: Counter[int] = Counter()  # neighbours in a lane wear different shades
    for place, (start, end, lane) in enumerate(zip(one.starts, one.ends, one.lanes, strict=True)):
        placed[lane] += 1
        if start < cut_s:
            bar = Rectangle((start, (high - lanes) / 2 + lane), min(end, cut_s) - start, 0.86, linewidth=0, zorder=3)
            bar.set(facecolor=colour(one.cell.model), alpha=1.0 if placed[lane] % 2 else 0.62)
            axes.add_patch(bar).set_gid(f"task-{one.cell.workload}-{one.cell.model}-{place}")
    if 0 < one.cell.limit < axes.get_xlim()[1]:
        axes.axvline(one.cell.limit, color=theme.ink, linewidth=1.2, linestyle=(0, (2, 1.2)), zorder=4)
    text = axes.annotate(column.time_text(one), (cut_s, high / 2), (6, 0), textcoords="offset points", va="center")
    text.set(fontsize=theme.text_pt, color=theme.ink)
    text.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 1})


def finding(run: Run) -> str:
    """How long the same tasks took in the rounds that are shown, where they wait: an example, not a ranking."""
    for column in races(run).values():
        about = Column(column).about().partition(": ")[2]
        rounds = list(column.items())[:MOST_NAMED]
        return f"{about}: " + listed(f"{model} {seconds(one.seconds)}" for model, one in rounds)
    return ""


def caption(run: Run) -> str:
    """How long the round of each model took."""
    parts = [
        f"{Column(column).about()}: " + listed(f"{model} {seconds(one.seconds)}" for model, one in column.items())
        for column in races(run).values()
    ]
    return f"The round nearest the median. {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every round as text: its time, and the most tasks in flight."""
    parts = [
        f"{one.cell.workload} {model}: {one.in_all} tasks in {seconds(one.seconds)}, {max(one.lanes) + 1} at once"
        for column in races(run).values()
        for model, one in column.items()
    ]
    return f"{TITLE} {'; '.join(parts)}." if parts else ""


def table(run: Run) -> Table:
    """The data behind it: the rounds shown."""
    every = [one for column in races(run).values() for one in column.values()]
    head = ("model", "workload", "allowed at once", "tasks", "most at once", "took", "limit")
    return table_of(head, [
        [
            word(one.cell.model), word(one.cell.workload), number(one.cell.concurrency, count_text),
            number(one.in_all, count_text), number(max(one.lanes) + 1, count_text), number(one.seconds, seconds),
            number(one.cell.limit, seconds),
        ]
        for one in every
    ])  # fmt: skip
