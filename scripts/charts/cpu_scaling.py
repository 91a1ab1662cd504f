"""How computing speeds up with more workers, against the parallel capacity that was measured, not `cpu_count()`."""

import math
from collections.abc import Iterator
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.analysis.amdahl import Law, fitted_law
from scripts.analysis.footer import footer, interval_words, legend_words
from scripts.analysis.points import Point, Run, by_model, distinct, flags_text, points
from scripts.charts.lib import interactive_panel, lines
from scripts.charts.lib.groups import value_text
from scripts.charts.lib.layout import head, open_page, rule_axis
from scripts.charts.lib.names import work
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme, colour
from scripts.util.format import Format, between, count_text, digits, listed, rate, seconds, tick, times

NAME = "cpu-scaling"
POSITION = 50
NEEDS = "a cell of cpu_scaling"
CAVEAT = (
    "No more cores can be seen than this machine has; Amdahl's line is fitted to few points, so its shape is assumed."
)
TITLE = "How much faster does computing get with more workers?"
BODY_IN = 4.0


def chart_cells(run: Run) -> tuple[list[Point], Format]:
    """The cells of this chart as speed-ups; as throughput in a run that has nothing to compare with.

    The experiment `cpu` has the point with as many workers as there are cores, so `cpu_scaling` leaves it out.
    """
    scaled = {(each.workload, each.model) for each in points(run, ["cpu_scaling"], "seconds")}
    ratios = [each for each in points(run, ["cpu", "cpu_scaling"], "speedup") if (each.workload, each.model) in scaled]
    ratios = sorted((each for each in ratios if each.model != "sequential"), key=lambda each: each.concurrency)
    return (ratios, times) if ratios else (points(run, ["cpu_scaling"], "tasks_per_second"), rate)


def capacity(run: Run) -> tuple[float, float, float]:
    """Median, lowest and highest parallel capacity while these cells were measured; NaN when not recorded."""
    rounds = run.rounds
    if "parallel_capacity" not in rounds:
        return math.nan, math.nan, math.nan
    here = rounds.loc[rounds["experiment"].eq("cpu_scaling") & ~rounds["warmup"].astype(bool), "parallel_capacity"]
    return float(here.median()), float(here.min()), float(here.max())


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells, form = chart_cells(run)
    if not cells:
        return None
    unit = "Speed-up over sequential" if form is times else "Tasks finished in a second"
    workloads = [
        list(same) for _, same in groupby(sorted(cells, key=lambda each: each.workload), lambda each: each.workload)
    ]
    page = open_page(
        theme,
        title=TITLE,
        reading=f"{unit}, start-up included. Dashed: the ideal, by the parallel capacity measured in every block.",
        footer=footer(run, tasks_text(run), cells, law_words(run), sure=legend_words(run)),
        body_in=[BODY_IN] * len(workloads),
    )
    scale = lines.scale(cells, form, page, *([1.0] if form is times else []))
    columns = page.columns(scale.left_in, lines.room_in(cells, page))
    for axes, here in zip(columns, workloads, strict=True):
        sizes = sorted({each.concurrency for each in here})
        axes.set(xscale="log", xlim=(sizes[0] / 1.15, sizes[-1] * 1.15))
        head(axes, work(here[0].workload), theme, scale.left_in)
        rule_axis(axes, "x", [float(size) for size in sizes], count_text, "workers", theme)
        scale.rule(axes, theme)
        lines.draw(axes, here, lambda each: each.concurrency, page, limit=max)
        if form is times:
            draw_laws(axes, run, here)
    return page.figure


def draw_laws(axes: Axes, run: Run, here: list[Point]) -> None:
    """Amdahl's line for each model, dotted; a model measured once has none."""
    for model, law in laws_by_model(run, here).items():
        xs = np.geomspace(*axes.get_xlim(), 60)
        ys = [law.speedup(max(float(x), 1.0), capacity(run)[0]) for x in xs]
        line = axes.plot(xs, ys, color=colour(model), linewidth=1.3, linestyle=(0, (1, 1.6)), zorder=2)[0]
        line.set_gid(f"amdahl-{here[0].workload}-{model}")


def laws_by_model(run: Run, cells: list[Point]) -> dict[str, Law]:
    """Amdahl's law for each model of which there are two cells or more, and which it can describe."""
    laws_of = {model: fitted_law(run, line) for model, line in by_model(cells).items() if len(line) > 1}
    return {model: law for model, law in laws_of.items() if law and law.possible}


def law_words(run: Run) -> str:
    """The serial share of each model."""
    cells, form = chart_cells(run)
    parts = [f"{model} {law}" for model, law in laws_by_model(run, cells).items()] if form is times else []
    return f"Dotted: Amdahl's law as it fits best, {', '.join(parts)}" if parts else ""


def tasks_text(run: Run) -> str:
    """The tasks and the capacity, for the footer."""
    each, (median, low, high) = chart_cells(run)[0][0], capacity(run)
    suffix = f"; parallel capacity {times(median)} ({between(low, high, times)})" if math.isfinite(median) else ""
    return f"Measured: {each.tasks} tasks computing {tick(seconds)(each.compute_s)} each{suffix}"


def finding(run: Run) -> str:
    """Each model at its most workers, as a title."""
    cells, form = chart_cells(run)
    most = {(each.workload, each.model): each for each in sorted(cells, key=lambda each: each.concurrency)}
    parts = [
        f"{form(each.value)} with {each.concurrency} workers in {each.model}{flags_text(each)}"
        for each in most.values()
    ]
    return f"Computing{'' if form is rate else ', times as fast as sequential'}: {listed(parts)}" if parts else ""


def caption(run: Run) -> str:
    """Each model at its most workers, against the capacity."""
    cells, form = chart_cells(run)
    if not cells:
        return ""
    most = {(each.workload, each.model): each for each in sorted(cells, key=lambda each: each.concurrency)}
    parts = [
        f"{each.workload} with {each.concurrency} workers in {each.model}: {value_text(each, form)}{flags_text(each)}"
        for each in most.values()
    ]
    median = capacity(run)[0]
    suffix = f" on a machine with a parallel capacity of {digits(median)}" if math.isfinite(median) else ""
    return f"{'; '.join(parts)}{suffix} ({interval_words(run)})."


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    cells, form = chart_cells(run)
    rows = [f"{each.workload} {each.model} with {each.concurrency}: {value_text(each, form)}" for each in cells]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    cells, form = chart_cells(run)
    return of_points(cells, "speed-up" if form is times else "tasks/s", form)


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """Speed-up over workers, for each workload."""
    cells, form = chart_cells(run)
    unit = "times as fast as sequential" if form is times else "tasks finished in a second"
    for workload in distinct(each.workload for each in cells):
        here = [each for each in cells if each.workload == workload]
        yield interactive_panel.lines(workload, unit, form, here, "workers", lambda each: each.concurrency)
