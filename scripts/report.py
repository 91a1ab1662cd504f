"""`make report`: one self-contained page about a run, to read or to send to a colleague; it asks nothing of a network.

The answers come first, then what is missing or disturbed, then every chart with its sentence, the code of the models,
the table behind it all, and the machine. Names from result files are escaped: they can become no markup.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from benchmarks.models import NAMES
from scripts.answers import answers
from scripts.charts import CHARTS
from scripts.charts.theme import DARK, LIGHT, as_svg
from scripts.console import groups, heading, line
from scripts.dataset import LATEST, Run, load
from scripts.exits import Stop, leave

MODELS = Path(__file__).parents[1] / "benchmarks" / "models"


def figures(run: Run) -> list[dict[str, Any]]:
    """Each chart that has something to show: name, sentence, and the drawing in light and dark."""
    found = []
    for chart in CHARTS:
        drawings = {theme.name: chart.draw(run, theme) for theme in (LIGHT, DARK)}
        if all(drawings.values()):
            svgs = {name: Markup(as_svg(figure, f"{chart.NAME}-{name}")) for name, figure in drawings.items()}
            found.append({"name": chart.NAME, "caption": chart.caption(run), **svgs})
    return found


def tables(run: Run) -> list[dict[str, Any]]:
    """The summary, group by group, as the terminal shows it."""
    return [
        {"heading": heading(*key), "rows": [line(row) for _, row in group.iterrows()]}
        for key, group in groups(run.summary)
    ]


def code() -> list[dict[str, Any]]:
    """Each model's file, highlighted."""
    formatter = HtmlFormatter(nowrap=True)
    sources = {name: (MODELS / f"{name}.py").read_text() for name in NAMES}
    return [{"name": name, "html": Markup(highlight(text, PythonLexer(), formatter))} for name, text in sources.items()]


def disturbance(run: Run) -> str:
    """What share of the measured rounds others disturbed."""
    measured = run.rounds[~run.rounds["discarded"]]
    return f"{measured['disturbed'].mean():.0%} of {len(measured)} measured rounds"


def write_report(run: Run) -> Path:
    """Write report.html into the run's folder."""
    environment = Environment(loader=PackageLoader("scripts"), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("report.html").render(
        run=run,
        answers=answers(run),
        figures=figures(run),
        tables=tables(run),
        code=code(),
        disturbance=disturbance(run),
        style=Markup(HtmlFormatter(style="default").get_style_defs("pre")),  # type: ignore[no-untyped-call]
    )
    path = run.path / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def main() -> None:
    """Write the report of the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.report", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    try:
        print(write_report(load(parser.parse_args().run)))
    except Stop as stop:
        leave(stop)
    sys.exit(0)


if __name__ == "__main__":
    main()
