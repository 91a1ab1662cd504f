"""The decision map: which model to take for how much computing and how many tasks at once."""

import math
from collections import Counter
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.analysis.footer import footer, interval_words
from scripts.analysis.mix_winners import Tile, tiles
from scripts.analysis.model_order import order
from scripts.analysis.points import Run, distinct
from scripts.analysis.wording import either, winners
from scripts.charts.lib.layout import LEADING, Page, open_page, rule_axis, widest_in, width_in
from scripts.charts.lib.table import Table, number, table_of, word
from scripts.charts.lib.theme import Theme, colour
from scripts.charts.mixed import measured
from scripts.stats.intervals import Interval
from scripts.util.format import between, count_text, digits, listed, short, times

NAME = "decision-map"
POSITION = 70
NEEDS = "cells of mixed in six blocks or more, in which some model is faster than another"
CAVEAT = (
    "A map of this machine and of tasks of this length: longer tasks, other libraries or more cores may move its borders."
)
TITLE = "Which model for which mix of waiting and computing?"
ROW_IN, NARROW_ROW_IN = 1.15, 0.95
HATCH = "////"
LONGEST = 16  # letters that fit a tile


def decided_tiles(run: Run) -> list[Tile]:
    """The map; empty where no mix of it is decided, because then it would say nothing."""
    every = tiles(run)
    return every if any(each.family.winners for each in every) else []


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    every = decided_tiles(run)
    if not every:
        return None
    sizes, shares = distinct(each.concurrency for each in every), sorted({each.share for each in every})
    floors = listed(f"{digits(100 * floor.value)} % {kind}" for kind, floor in run.noise_floors.items() if floor)
    page = open_page(
        theme,
        title=TITLE,
        reading="Coloured: the fastest, or those tied for it, and how much longer the next takes. Hatched: undecided.",
        footer=footer(
            run,
            measured([cell for each in every for cell in each.cells]),
            [cell for each in every for cell in each.cells],
            f"A/A controls differed by {floors}" if floors else "",
            sure=f"A difference: beyond the noise floor, {interval_words(run, 's')}, Holm over the whole map",
            markers=False,
        ),
        body_in=0.9 + (NARROW_ROW_IN * len(shares) if theme.narrow else ROW_IN * len(sizes)),
    )
    sides = (
        Side("concurrency", [f"{size}" for size in sizes]),
        Side("share of a task that computes (not to scale)", [f"{share:g} %" for share in shares]),
    )
    across, down = sides if theme.narrow else sides[::-1]
    left_in = widest_in(down.names, theme.text_pt) + 0.35
    axes = page.columns(left_in, 0.02)[0]
    axes.set(xlim=(0, len(across.names)), ylim=(len(down.names), 0))
    for each in every:
        place = (sizes.index(each.concurrency), shares.index(each.share))
        draw_tile(axes, each, *(place if theme.narrow else place[::-1]), page)
    for side, name in ((across, "x"), (down, "y")):
        middles = [place + 0.5 for place in range(len(side.names))]
        rule_axis(axes, name, middles, lambda at, side=side: side.names[int(at)], side.label, theme)  # type: ignore[misc]
    axes.tick_params(axis="both", labelsize=theme.text_pt)
    axes.grid(False)
    return page.figure


@dataclass(frozen=True)
class Side:
    """One axis of the map: its label, and the labels of its ticks."""

    label: str
    names: list[str]


def draw_tile(axes: Axes, tile: Tile, column: int, row: int, page: Page) -> None:
    """A tile in the colours of those that are the fastest, with its words; hatched where none is."""
    theme, fastest = page.theme, [cell.name for cell in tile.family.winners]
    box = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, linewidth=0, facecolor=theme.paper)
    box.set_gid(f"tile-{tile.share:g}-{tile.concurrency}")
    axes.add_patch(box)
    for place, model in enumerate(fastest or [""]):
        wide = 0.96 / max(len(fastest), 1)
        face = Rectangle((column + 0.02 + place * wide, row + 0.03), wide, 0.94, linewidth=0, zorder=2)
        face.set(facecolor=colour(model) if model else "none", edgecolor=theme.rule, alpha=0.28 if model else 1.0)
        face.set_hatch("" if model else HATCH)
        face.set_gid(f"winner-{tile.share:g}-{tile.concurrency}-{model}")
        axes.add_patch(face)
    box_in = axes.get_position().width * theme.width_in / axes.get_xlim()[1]
    lines = tile_lines(tile)
    small = min(1.0, 0.9 * box_in / max(width_in(line, theme.text_pt, "bold") for line in lines))
    size_pt = max(theme.small_pt, theme.text_pt * small)
    row_in = axes.get_position().height * page.height_in / axes.get_ylim()[0]
    step = size_pt * LEADING / 72 / row_in
    for place, line in enumerate(lines):
        y = row + 0.5 - ((len(lines) - 1) / 2 - place) * step
        text = axes.text(column + 0.5, y, line, ha="center", va="center")
        text.set(fontsize=size_pt, color=theme.ink, zorder=4, weight="bold" if place < len(fastest) else "normal")
        if not fastest:
            text.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 0.8})


def tile_lines(tile: Tile) -> list[str]:
    """The fastest, and how many times their time the next takes; or who may be the fastest."""
    if fastest := [short(cell.name, LONGEST) for cell in tile.family.winners]:
        ratio = next_ratio(tile)
        return [*fastest, *([times(ratio.estimate), f"({between(ratio.low, ratio.high, times)})"] if ratio else [])]
    return [short(model, LONGEST) for model in sorted(tile.contenders, key=order)] or ["not usable"]


def finding(run: Run) -> str:
    """Which models are the fastest in how many of the mixes, tied ones together."""
    every = decided_tiles(run)
    won = Counter(winners(each.family) for each in every if each.family.winners)
    parts = listed(f"{models} in {count}" for models, count in won.most_common())
    return f"Fastest in {won.total()} of {len(every)} mixes of waiting and computing: {parts}" if every else ""


def caption(run: Run) -> str:
    """The finding, and the undecided mixes."""
    every = decided_tiles(run)
    if not every:
        return ""
    rest = "" if all(each.family.winners for each in every) else "; hatched: undecided"
    return f"{finding(run)}{rest} ({interval_words(run, 's')})."


def alt(run: Run) -> str:
    """Every tile as text."""
    rows = [
        f"{each.share:g} % computing, concurrency {each.concurrency}: {tile_text(each)}" for each in decided_tiles(run)
    ]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def tile_text(tile: Tile) -> str:
    """One tile in words."""
    if best := winners(tile.family):
        after = [
            f"{cell.name} takes {times(one.ratio.estimate)} ({between(one.ratio.low, one.ratio.high, times)})"
            for cell, one in tile.family.runners_up
            if one.ratio
        ]
        return f"{best}; {listed(after)}"
    return f"any of {listed(tile.contenders)}" if tile.contenders else "not usable"


def next_names(tile: Tile) -> str:
    """The models that come next to the fastest, several where they are tied."""
    return either(cell.name for cell, _ in tile.family.runners_up) if tile.family.winners else ""


def next_ratio(tile: Tile) -> Interval | None:
    """How many times the time of the fastest the nearest of them takes."""
    return next((one.ratio for _, one in tile.family.runners_up), None)


def table(run: Run) -> Table:
    """The data behind it."""
    head = (
        "fastest",
        "share that computes",
        "concurrency",
        "may be the fastest",
        "next",
        "nearest takes",
        "low",
        "high",
    )
    return table_of(head, [
        [
            word(winners(each.family) or "undecided"), number(each.share, lambda value: f"{value:g} %"),
            number(each.concurrency, count_text), word(", ".join(each.contenders)), word(next_names(each)),
            *(number(value, times) for value in numbers(each)),
        ]
        for each in decided_tiles(run)
    ])  # fmt: skip


def numbers(tile: Tile) -> tuple[float, float, float]:
    """The ratio of the next and its interval; NaN where there is none."""
    ratio = next_ratio(tile)
    return (ratio.estimate, ratio.low, ratio.high) if ratio else (math.nan, math.nan, math.nan)
