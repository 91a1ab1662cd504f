"""The charts of a run: one module per chart, found in this folder. Adding a chart is adding a file here."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol

from matplotlib.figure import Figure

from scripts.analysis.points import Run
from scripts.charts.lib.table import Table
from scripts.charts.lib.theme import THEMES, Theme, save


class Chart(Hashable, Protocol):
    """The interface of a chart's module, beside POSITION: its place among the charts, in tens.

    It may also have `interactive_panels(run)`, for the chart in the report whose models can be hidden.
    """

    NAME: str  # of the files
    NEEDS: str  # what a run must have for it to be drawn
    CAVEAT: str  # what it cannot tell

    def draw(self, run: Run, theme: Theme) -> Figure | None:
        """The figure; None when the run has nothing for it."""

    def finding(self, run: Run) -> str:
        """The finding, short enough for the title of a slide; empty when there is none."""

    def caption(self, run: Run) -> str:
        """A sentence about what the chart shows; empty when the run has nothing for it."""

    def alt(self, run: Run) -> str:
        """The chart as text, every number of it."""

    def table(self, run: Run) -> Table:
        """The data of the chart as a table; without rows when there is none."""


def find_charts() -> Iterator[Chart]:
    """The charts of this folder's modules, by their POSITION: a module is a `Chart` itself, or has one called CHART."""
    names = [module.name for module in iter_modules(__path__) if not module.ispkg and module.name != "__main__"]
    modules = [import_module(f"{__name__}.{name}") for name in names]
    for module in sorted(modules, key=lambda module: int(module.POSITION)):
        yield getattr(module, "CHART", module)


CHARTS = tuple(find_charts())


def draw_all(
    run: Run, folder: Path, say: Callable[[str], None] = print, themes: Sequence[Theme] = THEMES
) -> list[Path]:
    """Draw every chart that the run has data for, in each of the themes; say in a line what the others would need."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    needed = dict[str, str]()
    for chart in CHARTS:
        figures = [(theme, chart.draw(run, theme)) for theme in themes]
        if any(figure is None for _, figure in figures):
            needed[chart.NAME] = chart.NEEDS
        described = chart.alt(run)
        for theme, figure in figures:
            if figure is not None:
                written += save(figure, theme, folder / chart.NAME, described)
    if needed:
        say(f"overlap: not drawn: {'; '.join(f'{name} needs {what}' for name, what in needed.items())}")
    return written
