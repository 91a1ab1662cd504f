"""How throughput grows with the tasks in flight, and where each model leaves the ideal."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from scripts.analysis.footer import footer, interval_words, legend_words, limits_words
from scripts.analysis.points import Point, Run, distinct, points
from scripts.charts.lib import interactive_panel, lines
from scripts.charts.lib.groups import value_text
from scripts.charts.lib.layout import head, open_page, rule_axis
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.util.format import count_text, digits, listed, rate, seconds, tick

NAME = "scaling"
POSITION = 40
NEEDS = "a cell of scaling"
CAVEAT = "Client and server share the machine's cores: a hollow marker says that it is at its limit, not the model."
TITLE = "How far does throughput grow with concurrency?"
BODY_IN = 4.2


def chart_cells(run: Run) -> list[Point]:
    """The cells of this chart."""
    return points(run, ["scaling"], "tasks_per_second")


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells = chart_cells(run)
    if not cells:
        return None
    workloads = distinct(each.workload for each in cells)
    waits = listed(distinct(tick(seconds)(each.wait_s) for each in cells if each.wait_s))
    page = open_page(
        theme,
        title=TITLE,
        reading=f"Tasks finished in a second, start-up included. {limits_words(cells)} Both axes are logarithmic.",
        footer=footer(
            run,
            f"Measured: tasks that wait {waits} each" if waits else "",
            cells,
            sure=legend_words(run),
        ),
        body_in=[BODY_IN] * len(workloads),
    )
    scale = lines.scale(cells, rate, page)
    columns = page.columns(scale.left_in, lines.room_in(cells, page))
    for axes, workload in zip(columns, workloads, strict=True):
        here = [each for each in cells if each.workload == workload]
        sizes = sorted({each.concurrency for each in here})
        axes.set(xscale="log", xlim=(sizes[0] / 1.25, sizes[-1] * 1.25))
        head(axes, work(workload), theme, scale.left_in)
        rule_axis(axes, "x", [float(size) for size in sizes], count_text, "concurrency (logarithmic)", theme)
        scale.rule(axes, theme)
        lines.draw(axes, here, lambda each: each.concurrency, page, limit=max)
    return page.figure


def largest(run: Run) -> dict[tuple[str, str], Point]:
    """Of each model and workload the cell with the most tasks in flight among those without a warning."""
    return {(each.workload, each.model): each for each in chart_cells(run) if not each.flags}


def finding(run: Run) -> str:
    """The throughput of each model where nothing limited it but itself, as a title; in the order of models."""
    parts = [f"{each.model} {rate(each.value)} (concurrency {each.concurrency:,})" for each in largest(run).values()]
    return f"Throughput at the largest concurrency without a warning: {', '.join(parts)}" if parts else ""


def caption(run: Run) -> str:
    """The throughput of each model at its largest concurrency without a warning, and its share of the ideal."""
    parts = [
        f"{each.model} {rate(each.value)} at {each.concurrency:,} ({workload}"
        + (f", {digits(100 * each.value / each.limit)} % of the ideal)" if each.limit > 0 else ")")
        for (workload, _), each in largest(run).items()
    ]
    intro = "Throughput at the largest concurrency without a warning"
    return f"{intro}: {listed(parts)} (in the chart: {interval_words(run, 's')})." if parts else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{each.workload} {each.model} at {each.concurrency:,}: {value_text(each, rate)}" for each in chart_cells(run)
    ]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return of_points(chart_cells(run), "tasks/s", rate)


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """Throughput over tasks in flight, for each workload."""
    cells = chart_cells(run)
    for workload in distinct(each.workload for each in cells):
        here = [each for each in cells if each.workload == workload]
        unit, place = "tasks finished in a second", "concurrency"
        yield interactive_panel.lines(workload, unit, rate, here, place, lambda each: each.concurrency)
