"""Waiting beside computing: how much faster is each model than sequential?"""

from collections.abc import Iterator
from itertools import groupby

from matplotlib.figure import Figure

from scripts.analysis.contests import beside_sequential
from scripts.analysis.footer import footer, interval_words, legend_words, limits_words
from scripts.analysis.points import Point, Run, cached_on_run, distinct, points
from scripts.analysis.wording import either, first_few
from scripts.charts.lib import forest, interactive_panel
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, limit_text, value_text
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.tables.summary import kind_of_work
from scripts.util.format import listed, seconds, tick, times

NAME = "speedup"
POSITION = 10
NEEDS = "a cell of io, cpu or user_work measured beside sequential"
CAVEAT = "All runs on one machine, with set waits: your network's are others. Only wire compares models alone."
TITLE = "How much faster than sequential?"
LEADING = ("wire", "http", "sleep", "primes", "digest")
PANELS = {"io": "I/O-bound: the tasks wait", "cpu": "CPU-bound: the tasks compute", "user_work": "Your own work"}
MOST_NAMED = 3  # of tied models, in a title
WHERE = {"io": "where tasks wait", "cpu": "where tasks compute", "user_work": "in your own work"}


def chart_cells(run: Run) -> list[Point]:
    """The cells of this chart."""
    return [each for each in points(run, list(PANELS), "speedup") if each.model != "sequential"]


def sort_key(workload: str) -> tuple[int, str]:
    """The workloads that a verdict rests on first."""
    return (LEADING.index(workload) if workload in LEADING else len(LEADING), workload)


@cached_on_run
def groups(run: Run) -> dict[str, list[Group]]:
    """The workloads of each panel, as often as they come in different sizes."""
    by_experiment: dict[str, list[Group]] = {}
    panels = list(PANELS)
    ordered = sorted(
        chart_cells(run),
        key=lambda each: (panels.index(each.experiment), sort_key(each.workload), each.concurrency, each.tasks),
    )
    for _, same in groupby(ordered, key=lambda each: (each.experiment, each.workload, each.concurrency, each.tasks)):
        rows = list(same)
        by_experiment.setdefault(rows[0].experiment, []).append(Group(title(rows[0]), rows))
    return by_experiment


def title(row: Point) -> str:
    """The workload; of a user's own, which is measured at several sizes, the size."""
    return f"concurrency {row.concurrency}" if row.experiment == "user_work" else work(row.workload)


def heading(name: str, panel: list[Group]) -> str:
    """The title of a panel."""
    return (
        f"{PANELS[name]}: {panel[0].rows[0].workload}"
        if name == "user_work"
        else f"{PANELS[name]}, {concurrency(panel)}"
    )


def leading(name: str, panel: list[Group]) -> Group:
    """The group that a panel's finding rests on: its first; of a user's own work the one that went furthest."""
    return max(panel, key=lambda group: max(row.value for row in group.rows)) if name == "user_work" else panel[0]


def concurrency(groups: list[Group]) -> str:
    """The concurrency of a panel."""
    sizes = sorted({group.rows[0].concurrency for group in groups})
    return f"concurrency {listed(map(str, sizes))}"


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    panels = groups(run)
    floors = {name: floor.value for name, panel in panels.items() if (floor := run.noise_floors.get(kind(panel)))}
    controls = listed(f"{100 * floor:.2g}\N{NO-BREAK SPACE}% {kind(panels[name])}" for name, floor in floors.items())
    noise = f"Grey: A/A controls differed by {controls}" if controls else ""
    return forest.draw_page(
        theme,
        {heading(name, panel): panel for name, panel in panels.items()},
        Axis("times as fast as sequential (logarithmic)", times, 1.0, also=(1.0, 1.1), common=False),
        title=TITLE,
        reading=f"Speed-up over sequential, start-up included; 1× is no gain. {limits_words(chart_cells(run))}",
        footer=lambda rows, rest: footer(run, tasks_text(run), rows, noise, rest, sure=legend_words(run)),
        bands={heading(name, panels[name]): floor for name, floor in floors.items()},
    )


def kind(panel: list[Group]) -> str:
    """The kind of work of a panel, which selects its noise floor."""
    return kind_of_work(panel[0].rows[0].wait_s, panel[0].rows[0].compute_s)


def tasks_text(run: Run) -> str:
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
    parts = [panel_finding(run, name, leading(name, panel)) for name, panel in groups(run).items()]
    return f"Beside sequential: {listed(parts)}" if parts else ""


def panel_finding(run: Run, name: str, group: Group) -> str:
    """As in `asyncio (9.11×) or threads (8.56×) fastest where tasks wait (wire)`."""
    where = f"{WHERE[name]} ({group.title})"
    if gaining := [row.model for row in faster_than_sequential(run, group)]:
        fastest = [
            f"{row.model} ({times(row.value)})" if row.model in gaining else row.model for row in winners_of(run, group)
        ]
        return f"{either(first_few(fastest, MOST_NAMED))} fastest {where}"
    if run.ranges_only:
        return f"too few blocks for a conclusion {where}"
    return f"nothing shown to be faster {where}"


def winners_of(run: Run, group: Group) -> list[Point]:
    """The rows that are the fastest; all of them where several are tied."""
    winners = [cell.name for cell in beside_sequential(run, list(group.rows)).winners]
    return [row for name in winners for row in group.rows if row.model == name]


def faster_than_sequential(run: Run, group: Group) -> list[Point]:
    """The fastest rows that are faster than sequential by themselves, not only tied with one that is."""
    faster = [cell.name for cell in beside_sequential(run, list(group.rows)).faster_than("sequential")]
    return [row for row in winners_of(run, group) if row.model in faster]


def caption(run: Run) -> str:
    """The fastest models of each workload."""
    parts = [
        f"for {group_name(group)}, {winners_text(run, group)}" for panel in groups(run).values() for group in panel
    ]
    return f"Times as fast as sequential ({interval_words(run)}): {'; '.join(parts)}." if parts else ""


def group_name(group: Group) -> str:
    """The workload, and the size where that is the group's title."""
    row = group.rows[0]
    return f"{row.workload} {group.title}" if row.experiment == "user_work" else group.title


def winners_text(run: Run, group: Group) -> str:
    """The fastest of a group, against its ideal time."""
    fastest = [f"{row.model} {value_text(row, times)}" for row in winners_of(run, group)]
    names = either(first_few(fastest, MOST_NAMED)) if faster_than_sequential(run, group) else "none shown to be faster"
    return "; ".join(filter(None, [names, limit_text(group, times)]))


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    lines = [
        f"{group_name(group)} ({limit_text(group, times) or 'no known ideal'}): "
        + ", ".join(f"{row.model} {value_text(row, times)}" for row in group.rows)
        for panel in groups(run).values()
        for group in panel
    ]
    return f"{TITLE} {'; '.join(lines)}." if lines else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return of_points(chart_cells(run), "speed-up", times)


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """Waiting and computing, workload by workload."""
    for name, panel in groups(run).items():
        cells = [row for group in panel for row in group.rows]
        yield interactive_panel.rows(PANELS[name], "times as fast as sequential", times, cells)
