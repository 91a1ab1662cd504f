"""The time by the share of computing, to show from which share on one thread is no longer enough."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from scripts.analysis.footer import footer, interval_words, legend_words
from scripts.analysis.mix_winners import mixed_cells, panels, share, tiles
from scripts.analysis.points import Point, Run, by_model, distinct
from scripts.analysis.wording import no_winner_text, winners
from scripts.charts.lib import interactive_panel, lines
from scripts.charts.lib.groups import value_text
from scripts.charts.lib.layout import head, open_page, rule_axis
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.util.format import Format, listed, seconds, tick

NAME = "mixed"
POSITION = 60
NEEDS = "a cell of mixed"
CAVEAT = "Several models named for a share are tied: the run shows no difference between them."
TITLE = "How much computing until the winner changes?"
BODY_IN = 4.0


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    cells = mixed_cells(run)
    if not cells:
        return None
    parts = panels(cells)
    page = open_page(
        theme,
        title=TITLE,
        reading="Time for all tasks, start-up included, by the share of a task that computes. Dashed: the ideal.",
        footer=footer(run, tasks_text(cells), cells, sure=legend_words(run)),
        body_in=[BODY_IN] * len(parts),
    )
    shares = sorted({share(each) for each in cells})
    scale = lines.scale(cells, seconds, page)
    columns = page.columns(scale.left_in, lines.room_in(cells, page))
    for axes, (size, here) in zip(columns, parts.items(), strict=True):
        axes.set_xlim(-0.3, len(shares) - 0.7)
        head(axes, f"concurrency {size}", theme, scale.left_in)
        places = [float(place) for place in range(len(shares))]
        rule_axis(axes, "x", places, lambda at: f"{shares[round(at)]:g} %", "share that computes (not to scale)", theme)
        scale.rule(axes, theme)
        lines.draw(axes, here, lambda each: shares.index(share(each)), page, limit=min)
    return page.figure


def tasks_text(cells: list[Point]) -> str:
    """The tasks, for the footer."""
    sizes = listed(str(size) for size in sorted({each.tasks for each in cells}))
    lengths = listed(distinct(tick(seconds)(round(each.wait_s + each.compute_s, 6)) for each in cells))
    return f"Measured: {sizes} tasks that take {lengths} each on an idle machine"


def finding(run: Run) -> str:
    """The fastest models at each share, at the highest concurrency."""
    return caption(run).partition(" (in the chart")[0]


def caption(run: Run) -> str:
    """The fastest models at each share, at the highest concurrency; all of them where several are tied."""
    if not (cells := mixed_cells(run)):
        return ""
    size = max(panels(cells))
    chart = f"(in the chart: {interval_words(run, 's')})."
    if not (here := [tile for tile in tiles(run) if tile.concurrency == size]):
        return f"Time by the share that computes, concurrency {size}; no model can be called the fastest {chart}"
    fastest: dict[str, list[str]] = {}
    for tile in here:
        fastest.setdefault(winners(tile.family) or no_winner_text(tile.family), []).append(f"{tile.share:g} %")
    parts = [f"{models} at {listed(percents)}" for models, percents in fastest.items()]
    return f"Fastest by the share that computes, concurrency {size}: {'; '.join(parts)} {chart}"


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{model}, concurrency {size}: "
        + ", ".join(f"{share(each):g} % {value_text(each, seconds)}" for each in sorted(line, key=share))
        for size, here in panels(mixed_cells(run)).items()
        for model, line in by_model(here).items()
    ]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data of the chart as a table."""
    return of_points(mixed_cells(run), "time", seconds)


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """Time over the share that computes, for each concurrency."""
    percent: Format = lambda at: f"{at:g} %"  # noqa: E731 - one line
    cells = mixed_cells(run)
    for size, here in panels(cells).items() if cells else ():
        title, unit = f"concurrency {size}", "time for all tasks"
        yield interactive_panel.lines(title, unit, seconds, here, "computing", share, percent, min)
