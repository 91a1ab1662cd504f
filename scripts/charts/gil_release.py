"""Work that releases the GIL: the speed-up of two threads for each kind of work, beside two processes."""

from dataclasses import replace

from matplotlib.figure import Figure

from benchmarks.probes.gil_release import LEAST_GAIN
from scripts.analysis.conclusions import sign, unusable
from scripts.analysis.footer import footer, interval_words, legend_words
from scripts.analysis.points import Point, Run, cached_on_run, flags_text, points
from scripts.charts.lib import forest
from scripts.charts.lib.forest_layout import Axis
from scripts.charts.lib.groups import Group, value_text
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import FIRST_KIND, NEITHER, SECOND_KIND, Theme
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians
from scripts.util.format import listed, times

NAME = "gil-release"
POSITION = 130
NEEDS = "a cell of gil_release"
CAVEAT = "One size of one task of each kind: small arrays and short texts spend more of their time in Python."
TITLE = "What releases the GIL?"
METRIC, BESIDE = "threads_speedup", "processes_speedup"
HALF = 0.5  # of what processes gain


@cached_on_run
def chart_cells(run: Run) -> list[Point]:
    """The kinds of work, the freest first; the limit of each is what two processes do."""
    speedups = points(run, ["gil_release"], "value", METRIC)
    rounds = dict(list(run.rounds.groupby(CELL)))
    limited = [replace(each, limit=float(block_medians(rounds[each.key], BESIDE).median())) for each in speedups]
    return sorted(limited, key=lambda each: -each.value)


def groups(run: Run) -> list[Group]:
    """The kinds that release the GIL, those that hold it, and the undecided ones."""
    how = release_signs(run)
    kinds = (("releases the GIL", 1, FIRST_KIND), ("holds the GIL", -1, SECOND_KIND), ("inconclusive", 0, NEITHER))
    split = [
        Group(title, [each for each in chart_cells(run) if how.get(each.model, 0) == which], paint)
        for title, which, paint in kinds
    ]
    return [group for group in split if group.rows]


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    measured = "Measured: the same task alone, in threads, in processes, in turns; BLAS kept to one thread"
    return forest.draw_page(
        theme,
        {"": groups(run)},
        Axis("work of two threads ÷ work of one (logarithmic)", times, 1.0, also=(0.9, 2.1)),
        title=TITLE,
        reading="Work of two threads ÷ work of one, on two cores. Dashed: what two processes did.",
        footer=lambda rows, rest: footer(run, measured, rows, rest, sure=legend_words(run)),
    )


@cached_on_run
def release_signs(run: Run) -> dict[str, int]:
    """Whether threads gain more than half of what processes do (1), less (-1), or neither clearly (0), by kind.

    Nothing of a kind of work that not even processes gained anything by, nor of a cell that is not usable.
    """
    rounds, signs = dict(list(run.rounds.groupby(CELL))), dict[str, int]()
    for each in chart_cells(run):
        if unusable(rounds[each.key], timed=False):
            continue
        threads, processes = (block_medians(rounds[each.key], metric) - 1 for metric in (METRIC, BESIDE))
        if sign(processes - LEAST_GAIN) > 0:
            signs[each.model] = sign(threads - HALF * processes)
    return signs


def finding(run: Run) -> str:
    """Which kinds of work release the GIL, and which hold it; undecided ones are left out."""
    free, holding = ([kind for kind, how in release_signs(run).items() if how == one] for one in (1, -1))
    both = ((free, "release the GIL", "releases the GIL"), (holding, "hold it", "holds it"))
    parts = [f"{listed(kinds)} {one if len(kinds) == 1 else several}" for kinds, several, one in both if kinds]
    return "; ".join(parts)


def caption(run: Run) -> str:
    """The speed-up of two threads and of two processes at every kind of work."""
    parts = [
        f"{each.model} {times(each.value)} (processes {times(each.limit)}){flags_text(each)}"
        for each in chart_cells(run)
    ]
    return f"Two threads against one, {interval_words(run)} in the chart: {', '.join(parts)}." if parts else ""


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{each.model} {value_text(each, times)}, processes {times(each.limit)}"
        for each in chart_cells(run)
    ]  # fmt: skip
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return of_points(chart_cells(run), "two threads", times, limit="two processes")
