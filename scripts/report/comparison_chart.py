"""Two runs side by side: the ratio of their seconds, or of their speed-ups, for each cell."""

import math
from collections.abc import Sequence
from itertools import groupby

from matplotlib.figure import Figure

from scripts.analysis.comparison import Row
from scripts.analysis.points import Point
from scripts.charts.lib import forest
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, value_text
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


def groups(compared: Sequence[Row]) -> dict[str, list[Group]]:
    """The rows of each panel, an experiment's workload under its heading."""
    panels: dict[str, list[Group]] = {}
    ordered = sorted(compared, key=lambda row: (row.what, title(row)))
    for (what, name), same in groupby(ordered, key=lambda row: (row.what, title(row))):
        panels.setdefault(what, []).append(Group(name, [point(row) for row in same]))
    return panels


def title(row: Row) -> str:
    """As in `mixed: 20 % CPU`."""
    share = f", {row.cpu_percent:.0f} % CPU" if 0 < row.cpu_percent < 100 else ""
    return f"{row.cell['experiment']}: {row.cell['workload']}{share}"


def draw(compared: Sequence[Row], theme: Theme, about: Sequence[str]) -> Figure | None:
    """The figure; None when there is nothing to compare. `about` says which runs these are."""
    return forest.draw_page(
        theme,
        {PANELS[name]: each for name, each in groups(compared).items()},
        Axis("B over A (logarithmic)", times, 1.0, also=(0.9, 1.1)),
        title=TITLE,
        reading="B over A for each cell; 1× is no difference. Bars: 95 % CIs, with what differs from run to run.",
        footer=lambda _, rest: " ".join([*about, *([f"{rest}."] if rest else [])]),
    )


def alt(compared: Sequence[Row]) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{title(row)} {row.cell['model']} {row.cell['concurrency'] or ''}: {value_text(point(row), times)}"
        for row in compared
    ]
    return f"{TITLE} {'; '.join(rows)}."
