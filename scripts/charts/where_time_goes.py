"""Where the time of each cell goes: stacked from what was waited as asked to what was measured."""

from itertools import accumulate
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from benchmarks.core.time_terms import (
    ASKED,
    BLOCKING,
    CORE,
    CPU,
    GIL,
    LATE,
    LOCK,
    NETWORK,
    POOL,
    TERM_WORDS,
    TERMS,
    UNATTRIBUTED,
)
from scripts.analysis.attribution import FILE, Attribution, read
from scripts.analysis.footer import machine_words
from scripts.analysis.model_order import order
from scripts.analysis.points import Run, cached_on_run
from scripts.charts.lib.layout import Page, open_page, rule_axis, widest_in, width_in
from scripts.charts.lib.table import Table, Value, number, table_of, word
from scripts.charts.lib.theme import Theme
from scripts.util.format import count_text, listed, seconds, times

NAME = "where-time-goes"
POSITION = 35
NEEDS = "make why RUN=results/latest"
CAVEAT = (
    "These rounds were watched, so they take somewhat longer than the rounds of the other charts. What a task waits "
    "while the server has its request is beside every other term."
)
TITLE = "Where does the time go?"
MOST_BARS = 12  # that a slide has room for
BAR_IN, SWATCH_IN = 0.3, 0.14
COLOURS = {
    ASKED: "#9aa3ad",
    LATE: "#8a5af0",
    NETWORK: "#0c78b4",
    CPU: "#cc6600",
    GIL: "#8a785a",
    LOCK: "#cc248a",
    CORE: "#247236",
    BLOCKING: "#fc5490",
    POOL: "#00a884",
}


@cached_on_run
def chart_cells(run: Run) -> tuple[Attribution, ...]:
    """The cells in the order of the chart: by experiment, workload and concurrency, then by model."""
    typical = [cell for cell in read(run.path / FILE) if cell.typical]
    ordered = sorted(typical, key=lambda cell: (cell.experiment, cell.workload, cell.concurrency, order(cell.model)))
    return tuple(ordered[:MOST_BARS])


def label(cell: Attribution) -> str:
    """The label before a bar."""
    return f"{cell.experiment} {cell.workload} {cell.concurrency}: {cell.model}"


def time_label(cell: Attribution) -> str:
    """The label behind a bar: the measured time, also as a multiple of the ideal time."""
    ratio = f" ({times(cell.seconds / cell.ideal_seconds)} ideal)" if cell.ideal_seconds else ""
    return f"{seconds(cell.seconds)}{ratio}"


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells = chart_cells(run)
    if not cells:
        return None
    page = open_page(
        theme,
        title=TITLE,
        reading="Share of the measured time. Black line: the ideal time; dotted: a client without a protocol.",
        footer=f"{machine_words(run)}. Rounds of the attribution: {rounds_words(cells)}.{left_out_words(run)}",
        body_in=BAR_IN * len(cells) * (2 if theme.narrow else 1) + 1.5,
    )
    used = [term for term in TERMS if any(dict(cell.large()).get(term) for cell in cells)]
    legend_in = legend(page, used)
    left_in, right_in = margins_in(cells, theme)
    below_in = page.line_in * 2.4
    high_in = page.top_in - legend_in - page.bottom_in - below_in
    wide_in = theme.width_in - 2 * theme.margin_in - left_in - right_in
    axes = page.panel(theme.margin_in + left_in, page.bottom_in + below_in, wide_in, high_in)
    axes.set(xlim=(0, 1), ylim=(len(cells) - 0.5, -0.5), yticks=[])
    rule_axis(axes, "x", [0, 0.25, 0.5, 0.75, 1], lambda share: f"{100 * share:g} %", "of the measured time", theme)
    for place, cell in enumerate(cells):
        bar(axes, place, cell, theme)
    return page.figure


def margins_in(cells: tuple[Attribution, ...], theme: Theme) -> tuple[float, float]:
    """Room at both ends of the bars: for their texts, or on a narrow page, where those stand above, for their ticks."""
    if theme.narrow:
        return 0.2, 0.25
    left_in, right_in = (widest_in(map(text, cells), theme.text_pt) + 0.1 for text in (label, time_label))
    return left_in, right_in


def bar(axes: Axes, place: int, cell: Attribution, theme: Theme) -> None:
    """One cell: its terms from left to right, the ideal time, and the texts at both ends."""
    widths = [cell.terms[term] / cell.seconds for term in TERMS]
    top, high = (place - 0.02, 0.4) if theme.narrow else (place - 0.36, 0.72)
    for term, width, end in zip(TERMS, widths, accumulate(widths), strict=True):
        patch = Rectangle((end - width, top), width, high, gid=f"term-{cell.cell}-{term}", **paint(term, theme))
        axes.add_patch(patch)
    for name, value, style in (("ideal", cell.ideal_seconds, "-"), ("ceiling", cell.ceiling_seconds, ":")):
        if 0 < value <= cell.seconds:
            share, ends = value / cell.seconds, [top - 0.1, top + high + 0.1]
            (line,) = axes.plot([share, share], ends, color=theme.ink, linewidth=2, linestyle=style)
            line.set_gid(f"{name}-{cell.cell}")
    sides = ((0, label(cell), "left", "right"), (1, time_label(cell), "right", "left"))
    for share, text, inside, outside in sides:
        y, shift, side = (place - 0.28, 0, inside) if theme.narrow else (place, 6 if share else -6, outside)
        written = axes.annotate(text, (share, y), (shift, 0), textcoords="offset points", ha=side, va="center")
        written.set(fontsize=theme.text_pt, color=theme.ink)


def paint(term: str, theme: Theme) -> dict[str, Any]:
    """The fill of a term; unattributed time is hatched."""
    if term == UNATTRIBUTED:
        return {"facecolor": theme.paper, "edgecolor": theme.muted, "hatch": "////", "linewidth": 0}
    return {"facecolor": COLOURS[term], "linewidth": 0}


def legend(page: Page, used: list[str]) -> float:
    """The terms in lines of swatches and words; the height that they take, in inches."""
    theme, x_in, line = page.theme, page.theme.margin_in, 0
    for term in used:
        needed_in = SWATCH_IN + 0.08 + width_in(TERM_WORDS[term], theme.small_pt) + 0.2
        if x_in + needed_in > theme.width_in - theme.margin_in:
            x_in, line = theme.margin_in, line + 1
        top_in = page.top_in - 0.06 - line * page.line_in * 1.1
        place = (x_in / theme.width_in, (top_in - SWATCH_IN) / page.height_in)
        size = (SWATCH_IN / theme.width_in, SWATCH_IN / page.height_in)
        page.figure.add_artist(Rectangle(place, *size, transform=page.figure.transFigure, **paint(term, theme)))
        page.write(x_in + SWATCH_IN + 0.08, top_in + 0.01, [TERM_WORDS[term]], theme.small_pt, theme.ink)
        x_in += needed_in
    return (line + 1) * page.line_in * 1.1 + 0.12


def rounds_words(cells: tuple[Attribution, ...]) -> str:
    """How many rounds there were, and how much slower than usual ones."""
    slow = sorted(cell.slowdown for cell in cells)
    counts = sorted({cell.rounds for cell in cells})
    return f"{counts[0]} to {counts[-1]} of each cell, {times(slow[0])} to {times(slow[-1])} as long as usual ones"


def left_out_words(run: Run) -> str:
    """The cells whose rounds of the attribution took so long that they show nothing of the usual ones."""
    cells = [cell for cell in read(run.path / FILE) if not cell.typical]
    words = listed([f"{label(cell)} ({times(cell.slowdown)} as long)" for cell in cells])
    return f" Left out, because theirs took far longer: {words}." if cells else ""


def finding(run: Run) -> str:
    """The largest term beside waiting of the cell that has most to explain, as a title."""
    cells = [cell for cell in chart_cells(run) if cell.seconds > cell.ideal_seconds > 0 and cell.model != "sequential"]
    if not cells:
        return ""
    cell = max(cells, key=lambda each: each.seconds / each.ideal_seconds)
    parts = sorted(((value, term) for term, value in cell.terms.items() if term != ASKED), reverse=True)[:2]
    terms = listed(f"{seconds(value)} {cell.words(term)}" for value, term in parts)
    return f"{label(cell)}: {seconds(cell.seconds)} measured, {seconds(cell.ideal_seconds)} ideal; {terms}"


def caption(run: Run) -> str:
    """The sums of all cells."""
    return " ".join(f"{label(cell)}: {cell.sentence()}." for cell in chart_cells(run))


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    return f"{TITLE} {caption(run)}" if chart_cells(run) else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    head = (
        "model",
        "experiment",
        "workload",
        "concurrency",
        "measured",
        "ideal",
        "ceiling",
        *(TERM_WORDS[term] for term in TERMS),
        "longer by",
    )
    return table_of(head, [row(cell) for cell in chart_cells(run)])


def row(cell: Attribution) -> list[Value]:
    """The row of a cell: its names, its seconds by term, and how much longer its rounds were."""
    times_s = [cell.seconds, cell.ideal_seconds, cell.ceiling_seconds, *(cell.terms[term] for term in TERMS)]
    return [
        word(cell.model),
        word(cell.experiment),
        word(cell.workload),
        number(cell.concurrency, count_text),
        *(number(value, seconds) for value in times_s),
        number(cell.slowdown, times),
    ]
