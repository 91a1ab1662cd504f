"""The speed-up by task length: from which length on a process pool, Dask or Ray is worth its cost."""

from dataclasses import replace

from matplotlib.figure import Figure

from benchmarks.probes.offload_cost import LENGTHS, WORKERS
from scripts.analysis.conclusions import of_ratios, unusable
from scripts.analysis.families import Sizes
from scripts.analysis.footer import footer, interval_words, sure
from scripts.analysis.points import Point, Run, by_model, remembered, warned
from scripts.charts.lib import lines, unit_cost
from scripts.charts.lib.groups import value_text
from scripts.charts.lib.layout import open_page, rule_axis
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.tables.summary import block_medians
from scripts.util.format import listed, seconds, tick, times

NAME = "offload-cost"
POSITION = 160
NEEDS = "a cell of offload_cost"
CAVEAT = "One machine: what a network adds between a scheduler and its workers is not in it."
RAY = "Ray ignores SIGCHLD: the CPU of its workers is in no account when they end, and counts as other load"
TITLE = "From what length on does a task pay to be sent away?"
BODY_IN = 4.2


def chart_cells(run: Run) -> list[Point]:
    """The speed-up of each model at each task length, which is the point's computing time."""
    cells = [
        replace(each, workload="", compute_s=length_s, limit=float(WORKERS))
        for name, (length_s, _) in LENGTHS.items()
        for each in unit_cost.measured_cells(run, "offload_cost", f"speedup_{name}")
    ]
    return [undisturbed(each) if each.model == "ray" else each for line in by_model(cells).values() for each in line]


def undisturbed(cell: Point) -> Point:
    """The flags without `disturbed`: Ray's own CPU time counts as a disturbance; other warnings stay."""
    return replace(cell, flags=", ".join(flag for flag in cell.flags.split(", ") if not flag.startswith("disturbed")))


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells = chart_cells(run)
    if not cells:
        return None
    page = open_page(
        theme,
        title=TITLE,
        reading=f"Times as fast as the same tasks run sequentially. Dashed: {WORKERS} workers that lose no time.",
        footer=footer(
            run,
            "Measured: tasks that compute prime numbers, until all answers are back",
            cells,
            RAY if any(each.model == "ray" for each in cells) else "",
            sure=sure(run),
        ),
        body_in=BODY_IN,
    )
    scale = lines.scale(cells, times, page)
    (axes,) = page.columns(scale.left_in, lines.room_in(cells, page))
    lengths = sorted({each.compute_s for each in cells})
    axes.set(xscale="log", xlim=(lengths[0] / 1.25, lengths[-1] * 1.25))
    rule_axis(axes, "x", lengths, tick(seconds), "a task computes", theme)
    scale.rule(axes, theme)
    axes.axhline(1.0, color=theme.ink, linewidth=1).set_gid("even")
    lines.draw(axes, cells, lambda each: each.compute_s, page, limit=max)
    return page.figure


@remembered
def pays(run: Run) -> dict[str, float]:
    """The shortest measured length from which on tasks are done faster in it, for each model with a clear one."""
    lengths = {model: from_length(run, line) for model, line in by_model(chart_cells(run)).items()}
    return {model: length_s for model, length_s in lengths.items() if length_s is not None}


def from_length(run: Run, line: list[Point]) -> float | None:
    """The shortest such length of one model; None where it is not clear."""
    rounds = run.rounds[run.rounds["experiment"].eq("offload_cost") & run.rounds["model"].eq(line[0].model)]
    rounds = rounds.assign(disturbed=False) if line[0].model == "ray" else rounds  # RAY
    why = unusable(rounds, timed=False)
    gains = {length_s: block_medians(rounds, f"speedup_{name}") for name, (length_s, _) in LENGTHS.items()}
    floor = run.noise_floors.get("computing")
    return Sizes({length_s: of_ratios(1 / gain, floor, why) for length_s, gain in sorted(gains.items())}).onset


def finding(run: Run) -> str:
    """The shortest length at which each model is faster, as a title."""
    parts = [f"{model} from {tick(seconds)(length_s)}" for model, length_s in pays(run).items()]
    return f"Of the lengths measured, sending a task away pays with {listed(parts)}" if parts else ""


def caption(run: Run) -> str:
    """The shortest length at which each model is faster, and its speed-up at the longest."""
    if not (cells := chart_cells(run)):
        return ""
    longest_s = max(each.compute_s for each in cells)
    parts = [f"{each.model} {value_text(each, times)}{warned(each)}" for each in cells if each.compute_s == longest_s]
    start = f"{sentence}. " if (sentence := finding(run)) else ""
    return f"{start}At tasks of {tick(seconds)(longest_s)}: {listed(parts)} ({interval_words(run, 's')})."


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [f"{each.model} at {tick(seconds)(each.compute_s)}: {value_text(each, times)}" for each in chart_cells(run)]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data behind it."""
    return of_points(chart_cells(run), "speed-up", times)
