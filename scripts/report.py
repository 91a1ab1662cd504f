"""`make report`: one self-contained page about a run, to read or to send to a colleague; it asks nothing of a network.

The answers come first, then what is missing or disturbed, then every chart with its sentence, the code of the models,
the table behind it all, and the machine. Names from result files are escaped: they can become no markup.
"""

import argparse
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from benchmarks.models import NAMES
from scripts.answers import answers, disturbance, noise
from scripts.charts import CHARTS, draw_all
from scripts.charts.beside import slides_beside
from scripts.charts.theme import PAGES, SLIDES
from scripts.console import groups, heading, line
from scripts.dataset import LATEST, Run, load
from scripts.exits import Stop, leave

MODELS = Path(__file__).parents[1] / "benchmarks" / "models"


def figures(run: Run) -> list[dict[str, str]]:
    """Each chart of the run: its sentence, its text equivalent, and the drawing in light and dark."""
    folder = run.path / "charts"
    drawn = [chart for chart in CHARTS if (folder / f"{chart.NAME}.svg").exists()]
    return [
        {
            "caption": chart.caption(run),
            "alt": chart.alt(run),
            "light": data_uri(folder / f"{chart.NAME}.svg"),
            "dark": data_uri(folder / f"{chart.NAME}-dark.svg"),
        }
        for chart in drawn
    ]


def data_uri(svg: Path) -> str:
    """The drawing inside the page: as an image of its own, so that ids of two drawings never meet."""
    return "data:image/svg+xml;base64," + b64encode(svg.read_bytes()).decode()


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


def capacity(run: Run) -> str:
    """How many cores' worth of work this machine did at once, over the run."""
    if "parallel_capacity" not in run.rounds:
        return "not measured"
    found = run.rounds["parallel_capacity"].dropna()
    return f"{found.median():.2f} cores ({found.min():.2f} to {found.max():.2f})"


def code_style(name: str) -> Markup:
    """The colours of highlighted code."""
    return Markup(HtmlFormatter(style=name).get_style_defs("pre"))  # type: ignore[no-untyped-call]


def write_report(run: Run) -> Path:
    """Write report.html into the run's folder."""
    environment = Environment(loader=PackageLoader("scripts"), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("report.html").render(
        run=run,
        answers=answers(run),
        noise=noise(run),
        figures=figures(run),
        tables=tables(run),
        code=code(),
        disturbance=disturbance(run),
        light=code_style("default"),
        dark=code_style("github-dark"),
        capacity=capacity(run),
    )
    path = run.path / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def draw_and_write(run: Run) -> Path:
    """Draw every chart, and write the page while the last of them are drawn."""
    with slides_beside(run.path) as drawn:
        draw_all(run, run.path / "charts", themes=PAGES)
        page = write_report(run)
        if not drawn():
            draw_all(run, run.path / "charts", lambda _: None, SLIDES)
    return page


def main() -> None:
    """Write the report of the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.report", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    try:
        print(draw_and_write(load(parser.parse_args().run)))
    except Stop as stop:
        leave(stop)
    sys.exit(0)


if __name__ == "__main__":
    main()
