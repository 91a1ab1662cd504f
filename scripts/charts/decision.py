"""The decision map: which model to take for how much computing and how many tasks at once."""

import math
from collections import Counter

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.analysis.mix_winners import Tile, tiles
from scripts.analysis.model_order import order
from scripts.analysis.points import Run, distinct, footer, interval_words
from scripts.charts.lib.layout import LEADING, Page, open_page, rule_axis, widest_in, width_in
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import WIDTH_IN, Theme, colour
from scripts.charts.mixed import measured
from scripts.stats.intervals import Interval
from scripts.util.format import between, count_text, digits, listed, short, times

NAME = "decision-map"
POSITION = 70
NEEDS = "cells of mixed in six blocks or more"
CAVEAT = (
    "A map of this machine and of tasks of this length: longer tasks, other libraries or more cores move its borders."
)
TITLE = "Which model for which mix of waiting and computing?"
ROW_IN = 1.15
HATCH = "////"
LONGEST = 16  # letters that fit a tile


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    decided = tiles(run)
    if not decided:
        return None
    sizes, shares = distinct(each.concurrency for each in decided), sorted({each.share for each in decided})
    twins = listed(f"{digits(100 * floor.value)} % {kind}" for kind, floor in run.noise_floors.items() if floor)
    noise = f"A/A controls differed by {twins}" if twins else ""
    page = open_page(
        theme,
        title=TITLE,
        reading="Coloured: the fastest model, and how much longer the next takes. Hatched: any of those may be it.",
        footer=footer(
            run,
            measured([cell for each in decided for cell in each.cells]),
            [cell for each in decided for cell in each.cells],
            noise,
            sure=f"A difference: beyond the noise floor, {interval_words(run, 's')}, Holm over the whole map",
            markers=False,
        ),
        body_in=0.9 + ROW_IN * len(sizes),
    )
    left_in = widest_in([f"{size} at once" for size in sizes], theme.text_pt) + 0.15
    axes = page.columns(1, left_in, 0.02)[0]
    axes.set(xlim=(0, len(shares)), ylim=(0, len(sizes)))
    for each in decided:
        draw_tile(axes, each, shares.index(each.share), sizes.index(each.concurrency), page)
    middles = [place + 0.5 for place in range(len(shares))]
    rule_axis(
        axes, "x", middles, lambda at: f"{shares[int(at)]:g} %", "share of a task that computes (not to scale)", theme
    )
    rule_axis(
        axes, "y", [place + 0.5 for place in range(len(sizes))], lambda at: f"{sizes[int(at)]} at once", "", theme
    )
    axes.tick_params(axis="y", labelsize=theme.text_pt)
    axes.grid(False)
    return page.figure


def draw_tile(axes: Axes, tile: Tile, column: int, row: int, page: Page) -> None:
    """A tile in its winner's colour, with its words; hatched where nobody wins."""
    theme, winner = page.theme, tile.winner
    paint = colour(winner) if winner else theme.rule
    box = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, linewidth=0, facecolor=theme.paper)
    axes.add_patch(box)
    face = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, linewidth=0, zorder=2)
    face.set(facecolor=paint if winner else "none", edgecolor=paint, alpha=0.28 if winner else 1.0)
    face.set_hatch("" if winner else HATCH)
    face.set_gid(f"tile-{tile.share:g}-{tile.concurrency}")
    axes.add_patch(face)
    box_in = axes.get_position().width * WIDTH_IN / axes.get_xlim()[1]
    lines = tile_lines(tile)
    small = min(1.0, 0.9 * box_in / max(width_in(line, theme.text_pt) for line in lines))
    size_pt = max(theme.small_pt, theme.text_pt * small)
    row_in = axes.get_position().height * page.height_in / axes.get_ylim()[1]
    step = size_pt * LEADING / 72 / row_in
    for place, line in enumerate(lines):
        text = axes.text(
            column + 0.5, row + 0.5 + ((len(lines) - 1) / 2 - place) * step, line, ha="center", va="center"
        )
        text.set(fontsize=size_pt, color=theme.ink, zorder=4, weight="bold" if winner and not place else "normal")
        if not winner:
            text.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 0.8})


def tile_lines(tile: Tile) -> list[str]:
    """The winner and by how much; or who may be the fastest."""
    ratio = next_ratio(tile)
    if tile.winner and ratio:
        return [short(tile.winner, LONGEST), times(ratio.estimate), f"({between(ratio.low, ratio.high, times)})"]
    return [short(model, LONGEST) for model in sorted(tile.contenders, key=order)] or ["not usable"]


def finding(run: Run) -> str:
    """In how many mixes one model is faster than every other."""
    decided = tiles(run)
    won = Counter(each.winner for each in decided if each.winner)
    if not decided:
        return ""
    if not won:
        return f"No model is faster than every other in any of {len(decided)} mixes of waiting and computing"
    parts = listed(f"{model} in {count}" for model, count in sorted(won.items(), key=lambda item: order(item[0])))
    return f"One model is faster than every other in {won.total()} of {len(decided)} mixes: {parts}"


def caption(run: Run) -> str:
    """The finding, and what the others are."""
    decided = tiles(run)
    if not decided:
        return ""
    rest = "" if all(each.winner for each in decided) else "; hatched, several may be the fastest"
    return f"{finding(run)}{rest} ({interval_words(run, 's')})."


def alt(run: Run) -> str:
    """Every tile as text."""
    rows = [f"{each.share:g} % computing, {each.concurrency} at once: {tile_text(each)}" for each in tiles(run)]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def tile_text(tile: Tile) -> str:
    """One tile in words."""
    if tile.winner and (ratio := next_ratio(tile)):
        return (
            f"{tile.winner}; {next_name(tile)} takes {times(ratio.estimate)} ({between(ratio.low, ratio.high, times)})"
        )
    if not tile.contenders:
        return "not usable"
    return f"any of {listed(tile.contenders)}"


def next_name(tile: Tile) -> str:
    """The usable model that comes next to the fastest."""
    return next((cell.name for cell, one in tile.family.others if one.ratio), "")


def next_ratio(tile: Tile) -> Interval | None:
    """How many times the time of the fastest it takes."""
    return next((one.ratio for _, one in tile.family.others if one.ratio), None)


def table(run: Run) -> Table:
    """The data behind it."""
    head = ("fastest", "share that computes", "concurrency", "may be the fastest", "next", "takes", "low", "high")
    return table_of(head, [
        [
            word(each.winner or "several"), number(each.share, lambda value: f"{value:g} %"),
            number(each.concurrency, count_text), word(", ".join(each.contenders)), word(next_name(each)),
            *(number(value, times) for value in numbers(each)),
        ]
        for each in tiles(run)
    ])  # fmt: skip


def numbers(tile: Tile) -> tuple[float, float, float]:
    """The ratio of the next and its interval; NaN where there is none."""
    ratio = next_ratio(tile)
    return (ratio.estimate, ratio.low, ratio.high) if ratio else (math.nan, math.nan, math.nan)
