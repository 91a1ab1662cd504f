"""Runs that never happened and what their charts hold, read back from the figures."""

from functools import cache
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from scripts.charts import Chart
from scripts.charts.lib.theme import LIGHT, OTHERS, Theme
from tests.scripts.charts.legible import visible_texts
from tests.scripts.synthetic import CLASSICAL, SyntheticRun, make

RUNS: dict[str, dict[str, Any]] = {
    "full": {},
    "one model": {"models": ["asyncio"]},
    "three blocks": {"blocks": 3},
    "one block": {"blocks": 1, "experiments": ["io", "cpu", "scaling", "task_memory"]},
    "huge differences": {"stretch": 30.0, "blocks": 6},
    "many models": {
        "models": [*CLASSICAL, *list(OTHERS)[:4], "somebodys-own-model-with-a-name-without-an-end"],
        "experiments": ["io", "cpu", "scaling"],
        "blocks": 2,
    },
}


@cache
def a_run(name: str = "full") -> SyntheticRun:
    """One of RUNS, made once."""
    return make(**RUNS[name])


@cache
def of_full_run(module: Chart, theme: Theme = LIGHT) -> Figure:
    """A chart of the full run, drawn once."""
    return drawn(module, a_run(), theme)


def drawn(module: Chart, run: SyntheticRun, theme: Theme = LIGHT) -> Figure:
    figure = module.draw(run, theme)
    assert isinstance(figure, Figure)
    return figure


def artists(figure: Figure, kind: type[Artist], prefix: str) -> dict[str, Any]:
    """The artists whose name begins so, by the rest of it."""
    named = [(str(artist.get_gid() or ""), artist) for artist in figure.findobj(kind)]
    return {name.removeprefix(prefix): artist for name, artist in named if name.startswith(prefix)}


def texts(figure: Figure) -> list[str]:
    return [text.get_text().strip() for text in visible_texts(figure)]


def cells(run: SyntheticRun, *experiments: str) -> list[dict[Any, Any]]:
    summary = run.summary[run.summary["experiment"].isin(experiments) & ~run.summary["twin"]]
    return summary.to_dict("records")
