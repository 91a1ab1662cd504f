"""Databases: how much faster is each driver than the blocking one of that database, one question after another?"""

import math
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.backends.database_workloads import BRIEF, KEYS
from benchmarks.backends.databases import NOT_MONGODB
from scripts.analysis.points import Point, Run, distinct, footer, interval_words, points, remembered
from scripts.charts.lib import forest
from scripts.charts.lib.layout import BELOW, MARGIN_IN, head, open_page, widest_in
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import WIDTH_IN, Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import columns, paired, with_interval, with_range
from scripts.util.format import between, listed, times

NAME = "databases"
POSITION = 170
NEEDS = "a cell of databases"
CAVEAT = "Server and drivers share the cores of one machine; over a network every query waits, and overlap gains more."
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

Line = tuple[str, str]  # a driver and a model


def driver(each: Point) -> str:
    """Which driver that is."""
    return each.workload.rpartition("-")[0]


def query(each: Point) -> str:
    """What was asked."""
    return each.workload.rpartition("-")[2]


@remembered
def chart_cells(run: Run) -> list[Point]:
    """The cells with their ratio to the yardstick's, which is left out; database by database."""
    rounds = run.rounds[run.rounds["experiment"].eq("databases") & ~run.rounds["twin"].astype(bool)]
    cells = dict(list(rounds.groupby(CELL)))
    summary = with_range if run.ranges_only else with_interval
    shown_cells = list[Point]()
    for each in points(run, ["databases"], "seconds"):
        alone = f"{YARDSTICK[SERVICE[driver(each)]]}-{query(each)}"
        base = next((key for key in cells if key[1:3] == (alone, "sequential")), None)
        if base and base != each.key:
            ratio = columns("it", paired(cells[base], cells[each.key]), summary)
            if math.isfinite(ratio["it"]):
                value, low, high = ratio.values()
                low, high = (end if math.isfinite(end) else value for end in (low, high))
                shown_cells.append(replace(each, value=value, low=low, high=high, limit=math.nan))
    order = {name: place for place, name in enumerate(SERVICE)}
    return sorted(shown_cells, key=lambda each: (list(CALLED).index(SERVICE[driver(each)]), order[driver(each)]))


def rows(run: Run, theme: Theme) -> dict[str, list[Line]]:
    """Who stands in which row, database by database: as many databases as the page has room for."""
    by_service: dict[str, list[Point]] = {}
    for each in chart_cells(run):
        if theme.height_in and "-" in driver(each):
            continue  # a slide has no room for pools and pipelines; the page shows them
        same = by_service.setdefault(SERVICE[driver(each)], [])
        if not any(line(each) == line(other) for other in same):
            same.append(each)
    aired = [
        forest.Group(service, [*each, each[0]]) for service, each in by_service.items()
    ]  # a row for the air between
    return {group.title: [line(each) for each in group.rows[:-1]] for group in forest.fitted(aired, theme)[0]}


def line(each: Point) -> Line:
    """Its row: driver and model."""
    return driver(each), each.model


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    if not (table := rows(run, theme)):
        return None
    drawn = [each for each in chart_cells(run) if SERVICE[driver(each)] in table]
    groups = [forest.Group(service_name(run, service), [drawn[0]] * len(same)) for service, same in table.items()]
    dropped = [service_name(run, service) for service in CALLED if service in services(run) - table.keys()]
    page = open_page(
        theme,
        title=TITLE,
        reading="Times as fast as the blocking driver of that database, one query after another; connecting included.",
        footer=footer(
            run,
            measured(run),
            drawn,
            f"Not shown: {', '.join(dropped)}" if dropped else "",
            sure=f"Bars: {interval_words(run)}",
        ),
        body_in=forest.height_in([groups], theme),
    )
    names = [f"{name}  " for same in table.values() for name in map(label, same)]
    titles = [f"{group.title}  " for group in groups]
    left_in = max(widest_in(names, theme.text_pt), widest_in(titles, theme.text_pt, "bold"))
    right_in = widest_in((times(each.value) for each in drawn), theme.text_pt) + 0.2
    queries = [name for name in QUERIES if any(query(each) == name for each in drawn)]
    wide_in = (WIDTH_IN - 2 * MARGIN_IN - left_in) / len(queries) - right_in
    for place, name in enumerate(queries):
        left = MARGIN_IN + left_in + place * (wide_in + right_in)
        axes = page.panel(left, page.bottom_in + page.line_in * BELOW, wide_in, page.panel_in)
        here = {line(each): each for each in drawn if query(each) == name}
        axes.set_xscale("log")
        axes.set_xlim(*forest.limits([[forest.Group("", list(here.values()))]], 0.8, 1.25))
        head(axes, QUERIES[name], theme)
        axes.axvline(1, color=theme.muted, linewidth=1)
        fill(axes, here, [(group, table[service]) for service, group in zip(table, groups, strict=True)], theme, place)
        axes.set_ylim(forest.depth([groups]) - 0.4, -0.6)
        axes.set_yticks([])
        forest.rule(axes, times, "times as fast", page)
    return page.figure


def fill(
    axes: Axes, here: dict[Line, Point], groups: list[tuple[forest.Group, list[Line]]], theme: Theme, place: int
) -> None:
    """The dots of a panel; the first panel has the names."""
    y = 0.0
    for group, same in groups:
        if not place:
            forest.heading(axes, group, y, times, theme)
        y += 1
        for each in same:
            if not place:
                forest.write_beside(axes, f"{label(each)} ", y, 0, theme.text_pt, theme.text_colour(each[1]))
            if each in here:
                forest.draw_row(axes, here[each], "", y, times, theme, 1.0, brief=True)
            y += 1
        y += forest.AIR


def label(each: Line) -> str:
    """As in `psycopg, threads`."""
    return ", ".join(each)


def services(run: Run) -> set[str]:
    """The databases that were measured."""
    return {SERVICE[driver(each)] for each in chart_cells(run)}


def service_name(run: Run, service: str) -> str:
    """What the database is called; what only stands in for one, says so."""
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
    parts = []
    for name, what in QUERIES.items():
        if values := [each.value for each in chart_cells(run) if query(each) == name]:
            parts.append(f"{between(min(values), max(values), times)} where {what}")
    return f"As fast as the blocking driver, from the least gain to the most: {listed(parts)}" if parts else ""


def worth(each: Point) -> float:
    """What is compared."""
    return each.value


def caption(run: Run) -> str:
    """The best and the worst of each question."""
    parts = []
    for name, what in QUERIES.items():
        if here := sorted((each for each in chart_cells(run) if query(each) == name), key=worth):
            ends = [f"{label(line(each))} {forest.value_text(each, times)}" for each in (here[0], here[-1])]
            parts.append(f"where {what}, from {' to '.join(ends)}")
    return f"Times as fast as the blocking driver ({interval_words(run)}): {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    parts = [
        f"{service_name(run, SERVICE[driver(each)])}, {QUERIES[query(each)]}, {label(line(each))} "
        f"{forest.value_text(each, times)}"
        for each in chart_cells(run)
    ]
    return f"{TITLE} {'; '.join(parts)}." if parts else ""


def table(run: Run) -> Table:
    """The data behind it."""
    return of_points(chart_cells(run), "speed-up", times)
