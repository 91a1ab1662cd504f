"""The decision map: which model to take for how much computing and how many tasks at once, where one is established."""

from collections import Counter

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.analysis.mix_winners import Tile, tiles
from scripts.analysis.model_order import order
from scripts.analysis.points import Run, distinct, footer, interval_words
from scripts.charts.lib.layout import LEADING, Page, open_page, rule_axis, widest_in, width_in
from scripts.charts.lib.table import Table, made, number, word
from scripts.charts.lib.theme import WIDTH_IN, Theme, colour
from scripts.charts.mixed import measured
from scripts.util.format import between, digits, listed, short, times, whole

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
    found = tiles(run)
    if not found:
        return None
    sizes, shares = distinct(each.concurrency for each in found), sorted({each.share for each in found})
    twins = listed(f"{digits(100 * floor)} % {kind}" for kind, floor in run.noise_floors.items() if floor)
    noise = f"Identical twins differed by up to {twins}" if twins else ""
    page = open_page(
        theme,
        title=TITLE,
        reading="Coloured: the fastest model, and how much longer the next takes. Hatched: any of those may be it.",
        footer=footer(
            run,
            measured([cell for each in found for cell in each.cells]),
            [cell for each in found for cell in each.cells],
            noise,
            sure=f"Established: beyond the noise of twins, {interval_words(run, 's')}, Holm over the whole map",
            markers=False,
        ),
        body_in=0.9 + ROW_IN * len(sizes),
    )
    left_in = widest_in([f"{size} at once" for size in sizes], theme.text_pt) + 0.15
    axes = page.columns(1, left_in, 0.02)[0]
    axes.set(xlim=(0, len(shares)), ylim=(0, len(sizes)))
    for each in found:
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
    paint = colour(winner.model) if winner else theme.rule
    box = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, linewidth=0, facecolor=theme.paper)
    axes.add_patch(box)
    face = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, linewidth=0, zorder=2)
    face.set(facecolor=paint if winner else "none", edgecolor=paint, alpha=0.28 if winner else 1.0)
    face.set_hatch("" if winner else HATCH)
    face.set_gid(f"tile-{tile.share:g}-{tile.concurrency}")
    axes.add_patch(face)
    box_in = axes.get_position().width * WIDTH_IN / axes.get_xlim()[1]
    lines = words(tile)
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


def words(tile: Tile) -> list[str]:
    """The winner and by how much; or who may be the fastest."""
    if tile.winner:
        return [
            short(tile.winner.model, LONGEST),
            times(tile.ratios[0].estimate),
            f"({between(tile.ratios[0].low, tile.ratios[0].high, times)})",
        ]
    return [short(model, LONGEST) for model in sorted((cell.model for cell in tile.contenders), key=order)]


def finding(run: Run) -> str:
    """In how many mixes one model is established to be the fastest."""
    found = tiles(run)
    won = Counter(each.winner.model for each in found if each.winner)
    if not found:
        return ""
    if not won:
        return f"No model is established as the fastest in any of {len(found)} mixes of waiting and computing"
    parts = listed(f"{model} in {count}" for model, count in sorted(won.items(), key=lambda item: order(item[0])))
    return f"A fastest model is established in {won.total()} of {len(found)} mixes: {parts}"


def caption(run: Run) -> str:
    """The finding, and what the others are."""
    found = tiles(run)
    if not found:
        return ""
    rest = "" if all(each.winner for each in found) else "; hatched, the difference is not established"
    return f"{finding(run)}{rest} ({interval_words(run, 's')})."


def alt(run: Run) -> str:
    """Every tile as text."""
    rows = [f"{each.share:g} % computing, {each.concurrency} at once: {said(each)}" for each in tiles(run)]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def said(tile: Tile) -> str:
    """One tile in words."""
    next_one = f"{times(tile.ratios[0].estimate)} ({between(tile.ratios[0].low, tile.ratios[0].high, times)})"
    if tile.winner:
        return f"{tile.winner.model}; {tile.cells[1].model} takes {next_one}"
    return f"not established: {listed(cell.model for cell in tile.contenders)}; {tile.cells[1].model} takes {next_one}"


def table(run: Run) -> Table:
    """The data behind it."""
    head = ("established", "share that computes", "at once", "fastest", "next", "takes", "low", "high")
    return made(head, [
        [
            word(each.winner.model if each.winner else "nobody"), number(each.share, lambda value: f"{value:g} %"),
            number(each.concurrency, whole), word(each.cells[0].model), word(each.cells[1].model),
            *(number(value, times) for value in (each.ratios[0].estimate, each.ratios[0].low, each.ratios[0].high)),
        ]
        for each in tiles(run)
    ])  # fmt: skip
