"""The main charts to play with: hide a model, linear or logarithmic, a value and its interval under the pointer.

Both scales of every panel stand in the page as SVG (`scripts.report.panel_svg`). The page's script
(`templates/interactive.js`) shows one, and works controls that are ordinary check boxes and radio buttons.
"""

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from scripts.analysis.points import Run, distinct
from scripts.charts import CHARTS, Chart
from scripts.charts.lib.interactive_panel import Panel
from scripts.charts.lib.theme import style
from scripts.report import panel_svg, svg_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def charts(run: Run) -> dict[str, dict[str, Any]]:
    """For each interactive chart: its models with their colours, and its panels, drawn on both scales."""
    return {chart.NAME: panels_json(panels) for chart in CHARTS if (panels := panels_of(chart, run))}


def panels_of(chart: Chart, run: Run) -> list[Panel]:
    """The panels of a chart; none when it has no interactive form, or the run nothing for it."""
    make: Callable[[Run], Iterable[Panel]] = getattr(chart, "interactive_panels", lambda run: ())
    return list(make(run))


def panels_json(panels: list[Panel]) -> dict[str, Any]:
    """The models of some panels with their colours, and the panels as the page shows them."""
    models = distinct(series.model for panel in panels for series in panel.series)
    return {
        "models": [(model, style(model)[0]) for model in models],
        "panels": [
            {"title": panel.title, "ideal": bool(panel.limits), "scales": both_scales(panel, panels)}
            for panel in panels
        ],
    }


def both_scales(panel: Panel, panels: list[Panel]) -> dict[str, Markup]:
    """A panel on both scales; panels whose values mean the same share their axes."""
    shared = svg_axes.axes([each for each in panels if each.value == panel.value])
    label = f"{panel.title or panel.value}, by model"
    return {kind: panel_svg.draw(panel, axis, label) for kind, axis in shared.items()}
