"""How much computing it takes until waiting in one thread no longer pays."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from scripts.analysis.mix_winners import panels, share, shown
from scripts.analysis.points import Point, Run, by_model, distinct, footer, interval_words
from scripts.charts.lib import interactive_panel, lines
from scripts.charts.lib.forest import value_text
from scripts.charts.lib.layout import head, open_page, rule_axis
from scripts.charts.lib.table import Table, of_points
from scripts.charts.lib.theme import Theme
from scripts.util.format import Format, listed, seconds, tick

NAME = "mixed"
POSITION = 60
NEEDS = "a cell of mixed"
CAVEAT = "The fastest of a share need not be established as such: the decision map says where one is."
TITLE = "How much computing until the winner changes?"
BODY_IN = 4.0


def draw(run: Run, theme: Theme) -> Figure | None:
    """The figure; None when the run has nothing for it."""
    found = shown(run)
    if not found:
        return None
    page = open_page(
        theme,
        title=TITLE,
        reading="Time for all tasks, start-up included, by the share of a task that computes. Dashed: the limit.",
        footer=footer(run, measured(found), found, sure=f"Bars and bands: {interval_words(run)}"),
        body_in=BODY_IN,
    )
    shares = sorted({share(each) for each in found})
    parts = panels(found)
    scale = lines.scale(found, seconds, page)
    columns = page.columns(len(parts), scale.left_in, lines.room_in(found, page))
    for axes, (size, here) in zip(columns, parts.items(), strict=True):
        axes.set_xlim(-0.3, len(shares) - 0.7)
        head(axes, f"{size} at once", theme, scale.left_in)
        places = [float(place) for place in range(len(shares))]
        rule_axis(axes, "x", places, lambda at: f"{shares[round(at)]:g} %", "share that computes (not to scale)", theme)
        scale.rule(axes, theme)
        lines.draw(axes, here, lambda each: shares.index(share(each)), page, limit=min)
    return page.figure


def measured(found: list[Point]) -> str:
    """The tasks, for the footer."""
    sizes = listed(str(size) for size in sorted({each.tasks for each in found}))
    lengths = listed(distinct(tick(seconds)(round(each.wait_s + each.compute_s, 6)) for each in found))
    return f"Measured: {sizes} tasks that take {lengths} each on an idle machine"


def finding(run: Run) -> str:
    """The fastest model at each share, at the highest concurrency."""
    return caption(run).partition(" (in the chart")[0]


def caption(run: Run) -> str:
    """The fastest model at each share, at the highest concurrency."""
    found = shown(run)
    if not found:
        return ""
    size, here = max(panels(found).items())
    winners: dict[str, list[str]] = {}
    for percent in sorted({share(each) for each in here}):
        best = min((each for each in here if share(each) == percent), key=lambda each: each.value)
        winners.setdefault(best.model, []).append(f"{percent:g} %")
    parts = [f"{model} at {listed(percents)}" for model, percents in winners.items()]
    said = f"Shortest time with {size} at once, by the share that computes: {', '.join(parts)}"
    return f"{said} (in the chart: {interval_words(run, 's')})."


def alt(run: Run) -> str:
    """Every number of the chart as text."""
    rows = [
        f"{model}, {size} at once: "
        + ", ".join(f"{share(each):g} % {value_text(each, seconds)}" for each in sorted(line, key=share))
        for size, here in panels(shown(run)).items()
        for model, line in by_model(here).items()
    ]
    return f"{TITLE} {'; '.join(rows)}." if rows else ""


def table(run: Run) -> Table:
    """The data behind it."""
    return of_points(shown(run), "time", seconds)


def interactive_panels(run: Run) -> Iterator[interactive_panel.Panel]:
    """Time over the share that computes, for each concurrency."""
    percent: Format = lambda at: f"{at:g} %"  # noqa: E731 - one line
    cells = shown(run)
    for size, here in panels(cells).items() if cells else ():
        title, unit = f"{size} at once", "time for all tasks"
        yield interactive_panel.lines(title, unit, seconds, here, "computing", share, percent, min)
