"""Two runs side by side: how many times the seconds, or the speed-up, of one the other needed, for each cell."""

import math
from collections.abc import Sequence
from itertools import groupby

from matplotlib.figure import Figure

from scripts.analysis.comparison import Row
from scripts.analysis.points import Point
from scripts.charts.lib import forest
from scripts.charts.lib.layout import head, open_page
from scripts.charts.lib.theme import Theme
from scripts.util.format import times

TITLE = "Does the second run say the same as the first?"
PANELS = {"seconds": "Seconds: below 1× B is faster", "speedup": "Speed-up: above 1× B gains more"}


def point(row: Row) -> Point:
    """The ratio of a cell as a dot."""
    cell = row.cell
    return Point(
        experiment=cell["experiment"],
        workload=cell["workload"],
        model=cell["model"],
        concurrency=cell["concurrency"],
        tasks=0,
        wait_s=cell["wait_seconds"],
        compute_s=cell["compute_seconds"],
        value=row.ratio.estimate,
        low=row.ratio.low,
        high=row.ratio.high,
        limit=math.nan,
        flags="",
    )


def groups(compared: Sequence[Row]) -> dict[str, list[forest.Group]]:
    """The rows of each panel, an experiment's workload under its heading."""
    panels: dict[str, list[forest.Group]] = {}
    ordered = sorted(compared, key=lambda row: (row.what, title(row)))
    for (what, name), same in groupby(ordered, key=lambda row: (row.what, title(row))):
        panels.setdefault(what, []).append(forest.Group(name, [point(row) for row in same]))
    return panels


def title(row: Row) -> str:
    """As in `mixed: 20 % CPU`."""
    share = f", {row.cpu_percent:.0f} % CPU" if 0 < row.cpu_percent < 100 else ""
    return f"{row.cell['experiment']}: {row.cell['workload']}{share}"


def draw(compared: Sequence[Row], theme: Theme, about: Sequence[str]) -> Figure | None:
    """The figure; None when there is nothing to compare. `about` says which runs these are."""
    fits = {name: forest.fitted(each, theme) for name, each in groups(compared).items()}
    panels = {name: kept for name, (kept, _) in fits.items() if kept}
    left_out = [each for _, dropped in fits.values() for each in dropped]
    if not panels:
        return None
    page = open_page(
        theme,
        title=TITLE,
        reading="B over A for each cell; 1× is no difference. Bars: 95 % CIs (Welch), over the blocks of both.",
        footer=" ".join(about) + (f" Not shown: {', '.join(left_out)}." if left_out else ""),
        body_in=forest.height_in(list(panels.values()), theme),
    )
    every = [group for kept in panels.values() for group in kept]
    left_in, right_in = forest.margins_in(every, times, theme)
    for axes, (name, kept) in zip(page.columns(len(panels), left_in, right_in), panels.items(), strict=True):
        axes.set_xscale("log")
        axes.set_xlim(*forest.limits(list(panels.values()), 0.9, 1.1))
        head(axes, PANELS[name], theme, left_in)
        axes.axvline(1, color=theme.muted, linewidth=1)
        forest.draw(axes, kept, times, page, start=1.0, rows=forest.depth(list(panels.values())))
        forest.rule(axes, times, "B over A", page)
    return page.figure


def alt(compared: Sequence[Row]) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{title(row)} {row.cell['model']} {row.cell['concurrency'] or ''}: {forest.value_text(point(row), times)}"
        for row in compared
    ]
    return f"{TITLE} {'; '.join(rows)}."
