"""Requests a second of every web framework: a page that does nothing, and one that waits."""

from dataclasses import replace

from matplotlib.figure import Figure

from benchmarks.probes.web_stacks import CLIENTS, WAIT_MS
from scripts.analysis.footer import interval_words
from scripts.analysis.points import Run, flags_text
from scripts.charts.lib import web_panels
from scripts.charts.lib.groups import Group, Panels
from scripts.charts.lib.table import Table
from scripts.charts.lib.theme import Theme
from scripts.util.format import between, rate

NAME = "web-throughput"
POSITION = 180
EXPERIMENT = "web_throughput"
NEEDS = "a cell of web_throughput"
CAVEAT = "Client and server share the machine: more workers have no core of their own here."
LIMITS = {"hello": float("nan"), "wait": 1000 * CLIENTS / WAIT_MS}
HEADS = {"hello": "A page that does nothing", "wait": f"A page that waits {WAIT_MS} ms"}
WORKERS = {1: "one worker", 2: "two workers"}
QUESTION = web_panels.Question(
    title="Which web framework answers the most requests?",
    reading=f"Requests a second to {CLIENTS} clients. Dashed: what they can ask at most. Colour: {web_panels.COLOURS}.",
    measured="Measured: wrk, or our own client where there is none; every page checked before",
    axis="requests a second (logarithmic)",
    form=rate,
)


def panels(run: Run) -> Panels:
    """Both pages, the stacks in the order of the one that does nothing."""
    quickest = [
        cell.key
        for cell in sorted(web_panels.measured_cells(run, EXPERIMENT, "hello_per_second"), key=lambda cell: -cell.value)
    ]
    by_page = {}
    for page, limit in LIMITS.items():
        cells = [
            replace(cell, limit=limit) for cell in web_panels.measured_cells(run, EXPERIMENT, f"{page}_per_second")
        ]
        cells.sort(key=lambda cell: quickest.index(cell.key) if cell.key in quickest else len(quickest))
        by_workers = {title: [cell for cell in cells if cell.concurrency == size] for size, title in WORKERS.items()}
        by_page[HEADS[page]] = [web_panels.group(title, rows) for title, rows in by_workers.items() if rows]
    return {page: groups for page, groups in by_page.items() if groups}


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return web_panels.draw(run, theme, QUESTION, panels(run))


def finding(run: Run) -> str:
    """How far the ends are apart, where a page does nothing and where it waits."""
    parts = [f"{page[0].lower()}{page[1:]}: {ends(groups[0])}" for page, groups in panels(run).items()]
    return f"Requests a second, {'; '.join(parts)}" if parts else ""


def ends(group: Group) -> str:
    """From the least to the most of a group, which is no ranking: neighbours may be tied."""
    values = [row.value for row in group.rows]
    if len(values) == 1:
        return f"{group.rows[0].model} {rate(values[0])}{flags_text(group.rows[0])}"
    marked = sum(bool(row.flags) for row in group.rows)
    warning = f" ({marked} with a warning)" if marked else ""
    return f"{between(min(values), max(values), rate)} from {len(values)} stacks{warning}"


def caption(run: Run) -> str:
    """The ends of every group."""
    parts = [f"{page}, {group.title}: {ends(group)}" for page, groups in panels(run).items() for group in groups]
    return f"Requests a second, in the chart with {interval_words(run, 's')}: {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return web_panels.alt(QUESTION, panels(run))


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return web_panels.table(QUESTION, panels(run), "requests/s")
