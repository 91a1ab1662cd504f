"""Waiting beside computing: how much faster is each model than sequential?"""

from collections.abc import Iterator
from itertools import groupby

from matplotlib.figure import Figure

from scripts.analysis.contests import beside_sequential
from scripts.analysis.points import Point, Run, distinct, footer, interval_words, points
from scripts.analysis.wording import either, faster_than
from scripts.charts.lib import forest, interactive_panel
from scripts.charts.lib.layout import head, open_page
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import WIDTH_IN, Theme
from scripts.tables.summary import kind_of_work
from scripts.util.format import listed, seconds, tick, times

NAME = "speedup"
POSITION = 10
NEEDS = "a cell of io, cpu or user_work measured beside sequential"
CAVEAT = "All runs on one machine: real networks wait longer, which favours overlap. Only wire compares models alone."
TITLE = "How much faster than sequential?"
LEADING = ("wire", "http", "sleep", "primes", "digest")
PANELS = {"io": "I/O-bound: the tasks wait", "cpu": "CPU-bound: the tasks compute", "user_work": "Your own work"}
LEAST_IN = 1.5  # of a panel, its margins apart: below it no difference can be seen
MOST_NAMED = 3  # of tied models, in a title
WHERE = {"io": "where tasks wait", "cpu": "where tasks compute", "user_work": "in your own work"}


def chart_cells(run: Run) -> list[Point]:
    """The cells of this chart."""
    return [each for each in points(run, list(PANELS), "speedup") if each.model != "sequential"]


def place(workload: str) -> tuple[int, str]:
    """The workloads that a verdict rests on first."""
    return (LEADING.index(workload) if workload in LEADING else len(LEADING), workload)


def groups(run: Run) -> dict[str, list[forest.Group]]:
    """The workloads of each panel, as often as they come in different sizes."""
    by_experiment: dict[str, list[forest.Group]] = {}
    panels = list(PANELS)
    ordered = sorted(
        chart_cells(run),
        key=lambda each: (panels.index(each.experiment), place(each.workload), each.concurrency, each.tasks),
    )
    for _, same in groupby(ordered, key=lambda each: (each.experiment, each.workload, each.concurrency, each.tasks)):
        rows = list(same)
        by_experiment.setdefault(rows[0].experiment, []).append(forest.Group(title(rows[0]), rows))
    return by_experiment


def title(row: Point) -> str:
    """The workload; of a user's own, which is measured at several sizes, the size."""
    return f"concurrency {row.concurrency}" if row.experiment == "user_work" else work(row.workload)


def heading(name: str, panel: list[forest.Group]) -> str:
    """What a panel is about."""
    return (
        f"{PANELS[name]}: {panel[0].rows[0].workload}"
        if name == "user_work"
        else f"{PANELS[name]}, {concurrency(panel)}"
    )


def leading(name: str, panel: list[forest.Group]) -> forest.Group:
    """The group that a panel's finding rests on: its first; of a user's own work the one that went furthest."""
    return max(panel, key=lambda group: max(row.value for row in group.rows)) if name == "user_work" else panel[0]


def concurrency(groups: list[forest.Group]) -> str:
    """The concurrency of a panel."""
    sizes = sorted({group.rows[0].concurrency for group in groups})
    return f"concurrency {listed(map(str, sizes))}"


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    fits = {name: forest.fitted(each, theme) for name, each in groups(run).items()}
    panels = {name: kept for name, (kept, _) in fits.items() if kept}
    left_out = [each for _, dropped in fits.values() for each in dropped]
    if not panels:
        return None
    kinds = {name: kind(kept) for name, kept in panels.items()}
    floors = {name: floor.value for name in panels if (floor := run.noise_floors.get(kinds[name]))}
    controls = listed(f"{100 * floor:.2g}\N{NO-BREAK SPACE}% {kinds[name]}" for name, floor in floors.items())
    noise = f"Grey: A/A controls differed by {controls}" if controls else ""
    page = open_page(
        theme,
        title=TITLE,
        reading="Speed-up over sequential, the same tasks, start-up included; 1× is no gain. Dashed: the ideal.",
        footer=footer(
            run,
            measured(run),
            chart_cells(run),
            noise,
            f"Not shown: {', '.join(left_out)}" if left_out else "",
            sure=f"Bars: {interval_words(run)}",
        ),
        body_in=forest.height_in(list(panels.values()), theme),
    )
    every = [group for kept in panels.values() for group in kept]
    left_in, right_in, brief = margins(every, len(panels), theme)
    for axes, (name, kept) in zip(page.columns(len(panels), left_in, right_in), panels.items(), strict=True):
        axes.set_xscale("log")
        axes.set_xlim(*forest.limits([kept], 1.0, 1.1))
        head(axes, heading(name, kept), theme, left_in)
        if band := floors.get(name):
            axes.axvspan(1 / (1 + band), 1 + band, color=theme.muted, alpha=0.35, linewidth=0)
        axes.axvline(1, color=theme.muted, linewidth=1)
        forest.draw(axes, kept, times, page, start=1.0, rows=forest.depth(list(panels.values())), brief=brief)
        forest.rule(axes, times, "times as fast as sequential (logarithmic)", page)
    return page.figure


def margins(every: list[forest.Group], panels: int, theme: Theme) -> tuple[float, float, bool]:
    """Room at the left and the right of each panel, and whether intervals are left to the bars to have it."""
    left_in, right_in = forest.margins_in(every, times, theme)
    brief = WIDTH_IN / panels - left_in - right_in < LEAST_IN
    return (*forest.margins_in(every, times, theme, brief=brief), brief)


def kind(panel: list[forest.Group]) -> str:
    """The kind of work of a panel, to whose A/A controls it is held."""
    return kind_of_work(panel[0].rows[0].wait_s, panel[0].rows[0].compute_s)


def measured(run: Run) -> str:
    """The tasks, for the footer."""
    sizes = distinct((each.tasks, each.wait_s, each.compute_s) for each in chart_cells(run))
    parts = [f"{tasks} tasks {work_text(wait_s, compute_s)} each" for tasks, wait_s, compute_s in sizes]
    return f"Measured: {listed(parts)}"


def work_text(wait_s: float, compute_s: float) -> str:
    """As in `waiting 20 ms`."""
    parts = {"waiting": wait_s, "computing": compute_s}
    return " and ".join(f"{verb} {tick(seconds)(value)}" for verb, value in parts.items() if value)


def finding(run: Run) -> str:
    """The fastest models where tasks wait and where they compute, if they are faster than sequential at all."""
    parts = [found_in_panel(run, name, leading(name, panel)) for name, panel in groups(run).items()]
    return f"Beside sequential: {listed(parts)}" if parts else ""


def found_in_panel(run: Run, name: str, group: forest.Group) -> str:
    """As in `asyncio (9.11×) or threads (8.56×) fastest where tasks wait (wire)`."""
    where = f"{WHERE[name]} ({group.title})"
    if fastest := winners_of(run, group):
        return f"{either(f'{row.model} ({times(row.value)})' for row in fastest[:MOST_NAMED])} fastest {where}"
    if run.ranges_only:
        return f"too few blocks for a conclusion {where}"
    return f"nothing shown to be faster {where}"


def winners_of(run: Run, group: forest.Group) -> list[Point]:
    """The rows that are the fastest and faster than sequential; all of them where several are tied."""
    rows = {row.model: row for row in group.rows}
    return [rows[name] for name in faster_than(beside_sequential(run, list(group.rows)), "sequential")]


def caption(run: Run) -> str:
    """The fastest models of each workload."""
    parts = [
        f"for {group_name(group)}, {winners_text(run, group)}" for panel in groups(run).values() for group in panel
    ]
    return f"Times as fast as sequential ({interval_words(run)}): {'; '.join(parts)}." if parts else ""


def group_name(group: forest.Group) -> str:
    """The workload, and the size where that is the group's title."""
    row = group.rows[0]
    return f"{row.workload} {group.title}" if row.experiment == "user_work" else group.title


def winners_text(run: Run, group: forest.Group) -> str:
    """The fastest of a group, against its ideal time."""
    fastest = [f"{row.model} {forest.value_text(row, times)}" for row in winners_of(run, group)[:MOST_NAMED]]
    winners = either(fastest) if fastest else "none shown to be faster"
    return "; ".join(filter(None, [winners, forest.limit_text(group, times)]))


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    lines = [
        f"{group_name(group)} ({forest.limit_text(group, times) or 'no known ideal'}): "
        + ", ".join(f"{row.model} {forest.value_text(row, times)}" for row in group.rows)
        for panel in groups(run).values()
        for group in panel
    ]
    return f"{TITLE} {'; '.join(lines)}." if lines else ""


def table(run: Run) -> Table:
    """The data behind it."""
    return of_points(chart_cells(run), "speed-up", times)


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """Waiting and computing, workload by workload."""
    for name, panel in groups(run).items():
        cells = [row for group in panel for row in group.rows]
        yield interactive_panel.rows(PANELS[name], "times as fast as sequential", times, cells)
