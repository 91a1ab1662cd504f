"""How long users of web servers wait whose pages compute: at half of what a server can do, and near its limit."""

from matplotlib.figure import Figure

from benchmarks.probes.web_stacks import COMPUTE_S, SHARES
from scripts.analysis.footer import interval_words
from scripts.analysis.points import Run, flags_text
from scripts.charts.lib import web_panels
from scripts.charts.lib.groups import Group, Panels
from scripts.charts.lib.table import Table
from scripts.charts.lib.theme import Theme
from scripts.util.format import listed, percent, seconds, tick

NAME = "web-latency"
POSITION = 190
EXPERIMENT = "web_tail_latency"
NEEDS = "a cell of web_tail_latency"
CAVEAT = "Each server is asked at a share of its own best, so the slower one gets fewer requests."
QUANTILES = {"p50": "half of the users (p50)", "p90": "9 of 10 (p90)", "p99": "99 of 100 (p99)", "p999": "999 of 1,000"}
QUESTION = web_panels.Question(
    title="Whose users wait longest where pages compute?",
    reading=f"Time within which so many users have their page. Colour: {web_panels.COLOURS}.",
    measured=f"Measured: pages of {tick(seconds)(COMPUTE_S)} of computing, two workers, users who come when they like",
    axis="time (logarithmic)",
    form=seconds,
)


def panels(run: Run) -> Panels:
    """Both loads, the quantiles below each other."""
    by_load = {}
    for load, share in SHARES.items():
        cells = {
            title: web_panels.measured_cells(run, EXPERIMENT, f"{load}_{name}_seconds")
            for name, title in QUANTILES.items()
        }
        groups = [
            web_panels.group(title, sorted(rows, key=lambda row: row.model)) for title, rows in cells.items() if rows
        ]
        by_load[f"At {percent(share)} of a server's best".replace(" %", "\N{NO-BREAK SPACE}%")] = groups
    return {load: groups for load, groups in by_load.items() if groups}


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    return web_panels.draw(run, theme, QUESTION, panels(run))


def finding(run: Run) -> str:
    """The longest tail of each load, from the shortest to the longest."""
    parts = [f"{load[0].lower()}{load[1:]}: {group_text(groups[-1])}" for load, groups in panels(run).items()]
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}"


def group_text(group: Group) -> str:
    """The latency of every stack, the shortest first."""
    rows = sorted(group.rows, key=lambda row: row.value)
    return f"{group.title} " + listed(f"{row.model} {seconds(row.value)}{flags_text(row)}" for row in rows)


def caption(run: Run) -> str:
    """The longest tail of each load."""
    parts = [f"{load}, {group_text(groups[-1])}" for load, groups in panels(run).items()]
    return f"In the chart with {interval_words(run, 's')}: {'; '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return web_panels.alt(QUESTION, panels(run))


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return web_panels.table(QUESTION, panels(run), "within")
