"""What overlapping looks like: when each task of one real round ran, for each model, on one time axis.

The round is the measured one whose time is nearest the cell's median, so that no lucky one is shown. A task is put
into the first lane that is free when it starts (greedy interval partitioning), so the number of lanes is the most
tasks that were ever in flight.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.charts.data import Point, Run, block_count, footer, points
from scripts.charts.page import MARGIN_IN, Page, open_page, rule_axis, widest_in, width_in
from scripts.charts.theme import WIDTH_IN, Theme, colour
from scripts.charts.words import listed, seconds, tick

NAME = "timeline"
NEEDS = "the spans of an io or cpu cell"
TITLE = "How do the tasks overlap?"
PREFERRED = {"io": ("wire", "http", "sleep"), "cpu": ("primes", "digest")}
MOST_SPANS = 300  # more would be a smear on a slide and megabytes in an SVG
SLIDE_MODELS = 8  # rows of at least half a centimetre
ROW_IN = 0.78
MOST_CUT = 1.02  # a row that is longer than the axis by less is not worth an arrow
THINNEST = 4  # a panel with fewer lanes than this does not make them thicker


@dataclass(frozen=True)
class Race:
    """One round of one cell: when its tasks started and ended, in seconds since the round began."""

    cell: Point
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    seconds: float
    in_all: int

    @property
    def end_s(self) -> float:
        """When all was over."""
        return max(self.seconds, *self.ends)

    @property
    def lanes(self) -> list[int]:
        """The lane of each task."""
        return lanes(self.starts, self.ends)


def lanes(starts: Sequence[float], ends: Sequence[float]) -> list[int]:
    """The first lane that is free, for each span in the order of their starts."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    placed: list[int] = []
    for start, end in zip(starts, ends, strict=True):
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (end, lane))
        placed.append(lane)
    return placed


def cells(run: Run) -> dict[str, list[Point]]:
    """The cells of each panel column: one workload of each experiment, one cell of each model."""
    chosen: dict[str, list[Point]] = {}
    for experiment, preferred in PREFERRED.items():
        found = points(run, [experiment], "seconds")
        names = sorted(
            {each.workload for each in found}, key=lambda name: (name not in preferred, rank(preferred, name))
        )
        largest = {each.model: each for each in found if each.workload in names[:1]}
        if largest:
            chosen[experiment] = list(largest.values())
    return chosen


def rank(preferred: Sequence[str], name: str) -> tuple[int, str]:
    """Where the name stands among those preferred, the others by name."""
    return (preferred.index(name) if name in preferred else len(preferred), name)


def race(run: Run, cell: Point) -> Race | None:
    """The round of the cell whose time is nearest the median; None when no spans were kept."""
    rounds = rounds_of(run, cell)
    distance = (rounds["seconds"] - rounds["seconds"].median()).abs()
    for row in rounds.loc[distance.sort_values(kind="stable").index].to_dict("records"):
        spans = run.spans(
            experiment=cell.experiment,
            workload=cell.workload,
            model=cell.model,
            concurrency=cell.concurrency,
            tasks=cell.tasks,
            twin=False,
            block=row["block"],
        )
        one = spans[spans["round"].eq(row["round"])].sort_values(["start_s", "end_s"])
        if len(one):
            first = one.head(MOST_SPANS)
            return Race(cell, tuple(first["start_s"]), tuple(first["end_s"]), float(row["seconds"]), len(one))
    return None


def rounds_of(run: Run, cell: Point) -> pd.DataFrame:
    """The measured rounds of the cell."""
    rounds = run.rounds
    wanted = ~rounds["twin"].astype(bool) & ~rounds["discarded"].astype(bool) & rounds["seconds"].notna()
    for column in ("experiment", "workload", "model", "concurrency", "tasks"):
        wanted &= rounds[column].eq(getattr(cell, column))
    return rounds[wanted]


def races(run: Run) -> dict[str, dict[str, Race]]:
    """The races of each column, by model."""
    found = {
        name: {cell.model: one for cell in column if (one := race(run, cell))} for name, column in cells(run).items()
    }
    return {name: column for name, column in found.items() if column}


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    columns = races(run)
    models = list(dict.fromkeys(model for column in columns.values() for model in column))
    shown = models[:SLIDE_MODELS] if theme.height_in else models
    columns = {name: {key: one for key, one in column.items() if key in shown} for name, column in columns.items()}
    columns = {name: column for name, column in columns.items() if column}
    if not columns:
        return None
    page = open_page(
        theme,
        title=TITLE,
        reading="Each bar is a task of one round. Grey: start-up and clean-up, which count. Dashed: the limit.",
        footer=footing(run, columns, models[len(shown) :]),
        body_in=0.8 + ROW_IN * len(shown),
    )
    left_in = widest_in(shown, theme.text_pt, "bold") + 0.12
    for place, column in enumerate(columns.values()):
        draw_column(page, column, shown, place, len(columns), left_in)
    return page.figure


def footing(run: Run, columns: dict[str, dict[str, Race]], left_out: Sequence[str]) -> str:
    """The footer, which says which round is shown and what is not."""
    every = [one for column in columns.values() for one in column.values()]
    cut = any(one.in_all > len(one.starts) for one in every)
    return footer(
        run,
        "Shown: for each model the measured round nearest the median of its cell",
        [one.cell for one in every],
        f"Only the first {MOST_SPANS} tasks are drawn" if cut else "",
        f"Not shown: {', '.join(left_out)}" if left_out else "",
        sure=f"Chosen from {block_count(run)} blocks",
    )


def draw_column(
    page: Page, column: dict[str, Race], models: Sequence[str], place: int, count: int, left_in: float
) -> None:
    """A column of panels, one row for each model, over one time axis."""
    theme, last = page.theme, [model for model in models if model in column][-1]
    wide_in = (WIDTH_IN - 2 * MARGIN_IN - left_in - 0.3 * (count - 1)) / count
    left = MARGIN_IN + left_in + place * (wide_in + 0.3)
    row_in = (page.top_in - page.bottom_in - page.line_in * 4.1) / len(models)
    end_s = horizon(column)
    room_in = widest_in([time_text(one, end_s) for one in column.values()], theme.text_pt) + 0.12
    across_s = end_s / (1 - room_in / wide_in)
    for row, model in enumerate(models):
        bottom = page.top_in - page.line_in * 1.5 - (row + 1) * row_in
        if model in column:
            axes = page.panel(left, bottom + row_in * 0.08, wide_in, row_in * 0.84)
            draw_race(axes, column[model], end_s, across_s, theme)
            axis(axes, end_s, theme, labelled=model == last)
        if place == 0:
            middle = (bottom + row_in / 2) / page.height_in
            right = (left - 0.1) / WIDTH_IN
            paint = theme.text_colour(model)
            page.figure.text(right, middle, model, fontsize=theme.text_pt, color=paint, ha="right", va="center")
    about = about_cell(next(iter(column.values())).cell)
    points_ = theme.text_pt * min(1, wide_in / width_in(about, theme.text_pt, "bold"))
    page.write(left, page.top_in - 0.02, [about], max(points_, 9.0), theme.ink, "bold")


def horizon(column: dict[str, Race]) -> float:
    """Where the time axis ends. One after another often takes ten times as long: then its row is cut, and says so."""
    overlapping = [one.end_s for model, one in column.items() if model != "sequential"]
    return max(overlapping or [one.end_s for one in column.values()])


def time_text(one: Race, end_s: float) -> str:
    """The time of the round, with an arrow where it goes on beyond the axis."""
    return f"{seconds(one.seconds)}{' →' if one.end_s > end_s * MOST_CUT else ''}"


def about_cell(cell: Point) -> str:
    """As in `wire: 40 tasks waiting 20 ms, 20 at once`."""
    kind = f"waiting {tick(seconds)(cell.wait_s)}" if cell.wait_s else f"computing {tick(seconds)(cell.compute_s)}"
    return f"{cell.workload}: {cell.tasks} tasks {kind}, {cell.concurrency} at once"


def axis(axes: Axes, end_s: float, theme: Theme, *, labelled: bool) -> None:
    """The time axis; its numbers stand only under the lowest panel."""
    step = max(size for size in STEPS_S if end_s / size >= 2.5)
    ticks = [count * step for count in range(int(end_s / step) + 1)]
    label = "time since the round began" if labelled else ""
    rule_axis(axes, "x", ticks, tick(seconds) if labelled else lambda _: "", label, theme)


STEPS_S = [size * 10.0**power for power in range(-7, 5) for size in (1, 2, 5)]


def draw_race(axes: Axes, one: Race, end_s: float, across_s: float, theme: Theme) -> None:
    """The tasks in their lanes, on the grey of the whole round, and its time."""
    placed = one.lanes
    high = max(*placed, THINNEST - 1) + 1
    offset = (high - max(placed) - 1) / 2
    axes.set(xlim=(0, across_s), ylim=(high, 0), yticks=[])
    cut_s = end_s if one.end_s > end_s * MOST_CUT else one.end_s
    axes.add_patch(Rectangle((0, 0), min(one.seconds, cut_s), high, color=theme.rule, linewidth=0, alpha=0.6))
    bars = list(zip(one.starts, one.ends, placed, strict=True))
    for parity, alpha in ((0, 1.0), (1, 0.62)):
        for start, end, lane in bars[parity::2]:
            wide = min(end, cut_s) - start
            if wide > 0:
                bar = Rectangle(
                    (start, offset + lane), wide, 0.86, facecolor=colour(one.cell.model), alpha=alpha, zorder=3
                )
                axes.add_patch(bar)
    if 0 < one.cell.limit < across_s:
        axes.axvline(one.cell.limit, color=theme.ink, linewidth=1.2, linestyle=(0, (2, 1.2)), zorder=4)
    axes.annotate(
        time_text(one, end_s),
        (cut_s, high / 2),
        (6, 0),
        textcoords="offset points",
        va="center",
        fontsize=theme.text_pt,
        color=theme.ink,
        bbox={"facecolor": theme.paper, "edgecolor": "none", "pad": 1},
    )


def caption(run: Run) -> str:
    """How long the round of each model took."""
    parts = [
        f"{about_cell(next(iter(column.values())).cell)}: "
        + listed(f"{model} {seconds(one.seconds)}" for model, one in column.items())
        for column in races(run).values()
    ]
    return f"The round nearest the median. {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every round as text: its time, and the most tasks in flight."""
    parts = [
        f"{one.cell.workload} {model}: {one.in_all} tasks in {seconds(one.seconds)}, at most {max(one.lanes) + 1} at once"
        for column in races(run).values()
        for model, one in column.items()
    ]
    return f"{TITLE} {'; '.join(parts)}." if parts else ""
