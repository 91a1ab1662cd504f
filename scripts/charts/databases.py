"""Databases: how much faster is each driver than the blocking one of that database, one question after another?"""

import math
from dataclasses import replace

from matplotlib.figure import Figure

from benchmarks.backends.database_workloads import BRIEF, KEYS
from benchmarks.backends.databases import NOT_MONGODB
from scripts.analysis.footer import footer, interval_words, sure
from scripts.analysis.points import Point, Run, distinct, points, remembered, warned
from scripts.charts.lib import forest
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, value_text
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import columns, paired, summary_for
from scripts.util.format import between, listed, times

NAME = "databases"
POSITION = 170
NEEDS = "a cell of databases"
CAVEAT = "Server and drivers share the cores of one machine; over a network every query waits for that, too."
TITLE = "Databases: what does each driver gain?"
QUERIES = {"wait": "the server waits", "rows": "100 rows come", "write": "a row is written"}
CALLED = {
    "postgres": "PostgreSQL",
    "mariadb": "MariaDB",
    "mongo": "MongoDB's protocol",
    "valkey": "Valkey (Redis)",
    "sqlite": "SQLite",
}
YARDSTICK = {"postgres": "psycopg", "mariadb": "pymysql", "mongo": "pymongo", "valkey": "redis", "sqlite": "sqlite3"}
SERVICE = {driver.driver: driver.service for driver in (*BRIEF, *KEYS)}

SHORT = {"MongoDB's protocol": "MongoDB", "Not MongoDB: a stand-in": "not MongoDB", "Valkey (Redis)": "Valkey"}

Line = tuple[str, str]  # a driver and a model


def driver(cell: Point) -> str:
    """The name of a cell's driver."""
    return cell.workload.rpartition("-")[0]


def query(cell: Point) -> str:
    """The name of a cell's query."""
    return cell.workload.rpartition("-")[2]


@remembered
def chart_cells(run: Run) -> list[Point]:
    """The cells with their ratio to the yardstick's, which is left out; database by database."""
    rounds = run.rounds[run.rounds["experiment"].eq("databases") & ~run.rounds["twin"].astype(bool)]
    cells = dict(list(rounds.groupby(CELL)))
    summary = summary_for(ranges_only=run.ranges_only)
    shown_cells = list[Point]()
    for each in points(run, ["databases"], "seconds"):
        alone = f"{YARDSTICK[SERVICE[driver(each)]]}-{query(each)}"
        base = next((key for key in cells if key[1:3] == (alone, "sequential")), None)
        if base and base != each.key:
            blocks = paired(cells[base], cells[each.key])
            value, low, high = columns("it", blocks, summary).values()
            if math.isfinite(value):
                low, high = (end if math.isfinite(end) else value for end in (low, high))
                ratio = replace(each, value=value, low=low, high=high, blocks=tuple(blocks))
                shown_cells.append(replace(ratio, limit=math.nan, ceiling=math.nan))
    order = {name: place for place, name in enumerate(SERVICE)}
    return sorted(shown_cells, key=lambda each: (list(CALLED).index(SERVICE[driver(each)]), order[driver(each)]))


def panels(run: Run, theme: Theme) -> dict[str, list[Group]]:
    """A panel for each query, and in each of them a group for each database."""
    cells = chart_cells(run)
    if theme.height_in:
        cells = plain(cells)  # a slide has no room for pools and pipelines; the page shows them
    named = {name: [each for each in cells if query(each) == name] for name in QUERIES}
    return {heading(name, here): by_service(run, here, theme) for name, here in named.items() if here}


def plain(cells: list[Point]) -> list[Point]:
    """The cells without pools or pipelines, which differ in concurrency alone."""
    return [each for each in cells if "-" not in driver(each)]


def heading(name: str, here: list[Point]) -> str:
    """A query, and what the title says of it: `the server waits: 17.6–26.4×`."""
    values = [each.value for each in plain(here) if not each.flags]
    return f"{QUERIES[name]}: {between(min(values), max(values), times)}" if values else QUERIES[name]


def by_service(run: Run, here: list[Point], theme: Theme) -> list[Group]:
    """The drivers of each database; on a slide, which has no room for headings, with its name before them."""
    services_here = [name for name in CALLED if any(SERVICE[driver(each)] == name for each in here)]
    groups = [
        Group(service_name(run, name), same, names=[label(line(each)) for each in same])
        for name in services_here
        for same in [[each for each in here if SERVICE[driver(each)] == name]]
    ]
    if not theme.height_in:
        return groups
    names = [f"{SHORT.get(group.title, group.title)}: {name}" for group in groups for name in group.names]
    return [Group("", [row for group in groups for row in group.rows], names=names)]


def line(cell: Point) -> Line:
    """The row of a cell: driver and model."""
    return driver(cell), cell.model


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return forest.draw_page(
        theme,
        panels(run, theme),
        Axis("times as fast (logarithmic)", times, 1.0, also=(0.8, 1.25)),
        title=TITLE,
        reading="Times as fast as the blocking driver of that database, one query after another; connecting included.",
        footer=lambda rows, rest: footer(run, measured(run), rows, rest, sure=sure(run)),
        shared=True,
    )


def label(line: Line) -> str:
    """As in `psycopg, threads`."""
    return ", ".join(line)


def services(run: Run) -> set[str]:
    """The databases that were measured."""
    return {SERVICE[driver(each)] for each in chart_cells(run)}


def service_name(run: Run, service: str) -> str:
    """The name of the database; a stand-in is named as one."""
    stands_in = service == "mongo" and run.environment.get("databases", {}).get("mongo") == NOT_MONGODB
    return "Not MongoDB: a stand-in" if stands_in else CALLED[service]


def measured(run: Run) -> str:
    """The tasks, for the footer."""
    sizes = distinct((QUERIES[query(each)], each.concurrency) for each in chart_cells(run))
    parts = [f"{many} connections where {what}" for what, many in sizes]
    yardsticks = listed(YARDSTICK[service] for service in CALLED if service in services(run))
    return f"Measured: {listed(parts)}. 1× is {yardsticks}, over one connection"


def finding(run: Run) -> str:
    """From how many times to how many the drivers are as fast as the blocking one, for each query."""
    named = {name: [each for each in plain(chart_cells(run)) if query(each) == name] for name in QUERIES}
    parts = [heading(name, here).partition(": ") for name, here in named.items() if here]
    text = listed(f"{gains} where {what}" for what, _, gains in parts if gains)
    return f"Concurrent drivers beside the blocking one: {text}" if text else ""


def compared_value(cell: Point) -> float:
    """The speed-up that the chart compares."""
    return cell.value


def caption(run: Run) -> str:
    """The best and the worst driver for each query."""
    parts = []
    for name, what in QUERIES.items():
        if here := sorted((each for each in chart_cells(run) if query(each) == name), key=compared_value):
            ends = [f"{label(line(each))} {value_text(each, times)}{warned(each)}" for each in (here[0], here[-1])]
            parts.append(f"where {what}, from {' to '.join(ends)}")
    return f"Times as fast as the blocking driver ({interval_words(run)}): {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    parts = [
        f"{service_name(run, SERVICE[driver(each)])}, {QUERIES[query(each)]}, {label(line(each))} "
        f"{value_text(each, times)}"
        for each in chart_cells(run)
    ]
    return f"{TITLE} {'; '.join(parts)}." if parts else ""


def table(run: Run) -> Table:
    """The data behind it."""
    return of_points(chart_cells(run), "speed-up", times)
