"""The charts of a run: one module per chart, which is a `Chart` or has one."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Protocol

from matplotlib.figure import Figure

from scripts.analysis.points import Run
from scripts.charts import (
    cpu_cost,
    cpu_scaling,
    databases,
    decision,
    gil_convoy,
    gil_release,
    interpreters,
    loop_blocking,
    lost_updates,
    memory,
    mixed,
    offload_cost,
    scaling,
    speedup,
    startup_cost,
    task_handover,
    task_latency,
    timeline,
    web_latency,
    web_throughput,
)
from scripts.charts.lib.table import Table
from scripts.charts.lib.theme import THEMES, Theme, save


class Chart(Hashable, Protocol):
    """What a chart's module offers."""

    NAME: str  # of the files
    NEEDS: str  # what a run must have for it to be drawn
    CAVEAT: str  # what it cannot tell

    def draw(self, run: Run, theme: Theme) -> Figure | None:
        """The figure; None when the run has nothing for it."""

    def finding(self, run: Run) -> str:
        """The finding, short enough for the title of a slide; empty when there is none."""

    def caption(self, run: Run) -> str:
        """What it shows in one sentence; empty when there is nothing."""

    def alt(self, run: Run) -> str:
        """The chart as text, every number of it."""

    def table(self, run: Run) -> Table:
        """The data behind it; without rows when there is none."""


CHARTS: tuple[Chart, ...] = (
    speedup,
    timeline,
    task_latency,
    scaling,
    cpu_scaling,
    mixed,
    decision,
    cpu_cost,
    startup_cost.CHART,
    task_handover.CHART,
    memory.CHART,
    loop_blocking.CHART,
    gil_release,
    gil_convoy.CHART,
    lost_updates.CHART,
    offload_cost,
    databases,
    web_throughput,
    web_latency,
    interpreters,
)


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
