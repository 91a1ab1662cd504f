"""`make report`: one self-contained page about a run, to read or to send to a colleague; it asks nothing of a network.

The answers and two charts come first, then what they mean for a reader's program, the claims in a line each, every
chart with its sentence, its caveats and its data. Folded: the models' code, the numbers, the machine. Names from
result files are escaped: they can become no markup.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.core.registry import catalogue
from benchmarks.models import NAMES
from scripts.analysis.answers import disturbance, disturbed_warning, noise_floors_text
from scripts.analysis.crossover import crossovers
from scripts.analysis.interpreter_ratios import notes, sentences
from scripts.analysis.model_order import order
from scripts.analysis.wording import interval_kind, interval_meaning, repeats
from scripts.charts import CHARTS, Chart, draw_all
from scripts.charts.lib.parallel import parallel_drawing
from scripts.charts.lib.theme import DARKS, LIGHTS
from scripts.report import html, interactive, work_document
from scripts.report.answer_table import answer_rows
from scripts.report.claim_pages import code_of, read_claims, talk_view
from scripts.report.facts import blocks, capacity, facts, model_table, numbers
from scripts.report.svg import adaptive, data_uri
from scripts.report.terminal import groups, heading
from scripts.tables.load import Run
from scripts.util.format import plural


def figures(run: Run, live: dict[str, Any]) -> list[dict[str, Any]]:
    """Each chart of the run: its finding, its sentence, its caveats, its data, and the drawing in light and dark."""
    folder = run.path / "charts"
    drawn = [chart for chart in CHARTS if (folder / f"{chart.NAME}.svg").exists() and chart.caption(run)]
    return [
        {
            "name": chart.NAME,
            "finding": chart.finding(run) or f"{chart.alt(run).partition('?')[0]}?",  # else the question that it asks
            "caption": chart.caption(run),
            "caveats": caveats(run, chart),
            "alt": chart.alt(run),
            "table": chart.table(run),
            "live": live.get(chart.NAME),
        }
        | drawings(folder / f"{chart.NAME}.svg", folder / f"{chart.NAME}-dark.svg")
        for chart in drawn
    ]


def drawings(light: Path, dark: Path) -> dict[str, str]:
    """The light and the dark drawing as one adaptive SVG, or as two where they differ in more than colours."""
    one, other = light.read_text(encoding="utf-8"), dark.read_text(encoding="utf-8")
    both = adaptive(one, other)
    return {"light": data_uri(both or one), "dark": "" if both else data_uri(other)}


def caveats(run: Run, chart: Chart) -> list[str]:
    """The caveat of a chart, and the warnings about its cells."""
    table = chart.table(run)
    marks = [row[table.head.index("warnings")][0] for row in table.rows] if "warnings" in table.head else []
    counts = [(sum(word in mark for mark in marks), word) for word in ("saturated", "disturbed", "missing")]
    words = [f"{count} of {len(marks)} cells are marked {word}." for count, word in counts if count]
    return [chart.CAVEAT, *words, *([interval_meaning(run)] if run.ranges_only else [])]


def tables(run: Run) -> list[dict[str, Any]]:
    """The summary, group by group, as the terminal shows it."""
    return [{"heading": heading(*key), "data": numbers(run, group)} for key, group in groups(run.summary)]


def models(run: Run) -> list[dict[str, Any]]:
    """The file of each model that was measured, with its results."""
    measured = [name for name in sorted(NAMES, key=order) if run.summary["model"].eq(name).any()]
    files = html.listing(f"benchmarks/models/{name}.py" for name in measured)
    return [file | {"name": (name := Path(file["path"]).stem), "table": model_table(run, name)} for file in files]


def other_code(talks: list[dict[str, Any]], run: Run) -> list[dict[str, Any]]:
    """The workloads that were run and whatever else the claims name; not the models, which have their own place."""
    files = {cell.workload.name: f"{cell.workload.module.replace('.', '/')}.py" for cell in catalogue()}
    workloads = [files[name] for name in dict.fromkeys(run.summary["workload"]) if name in files]
    named = [path for path in [*workloads, *code_of(talks)] if not path.startswith("benchmarks/models/")]
    return html.listing(sorted(named))


def first_panels(live: dict[str, Any]) -> list[dict[str, Any]]:
    """The two panels of the first screen: those of the first chart that has panels."""
    return [panel for chart in live.values() for panel in chart["panels"]][:2]


def write_report(run: Run) -> Path:
    """Write report.html into the run's folder."""
    talks, live, measured = read_claims(run.path), interactive.charts(run), models(run)
    page = html.render(
        "report.html",
        [html.script("page.js"), html.script("interactive.js")],
        run=run,
        unit="whole runs" if repeats(run) > 1 else "blocks",
        interval=interval_kind(run),
        meaning=interval_meaning(run),
        rows=answer_rows(run),
        sizes=list(map(str, crossovers(run))),
        own=work_document.comparison_sentences(run.path),
        first=first_panels(live),
        noise=noise_floors_text(run),
        disturbance=disturbance(run),
        disturbed=disturbed_warning(run),
        capacity=capacity(run),
        cores=plural(run.environment["machine"]["cores_usable"], "usable core"),
        interpreters=[*sentences(run), *notes(run)] if run.other_interpreters else [],
        talks=[talk_view(talk) for talk in talks],
        figures=figures(run, live),
        models=measured,
        shown=[model["path"] for model in measured],
        code=other_code(talks, run),
        tables=tables(run),
        blocks=blocks(run),
        facts=list(facts(run.environment)),
    )
    return html.write_page(run.path / "report.html", page)


def draw_and_write(run: Run, say: Callable[[str], None] = print) -> Path:
    """Draw every chart and write the page; say which charts the run is not for."""
    with parallel_drawing(run.path) as drawn:
        draw_all(run, run.path / "charts", say, LIGHTS)
        if not drawn():
            draw_all(run, run.path / "charts", lambda _: None, DARKS)
    return write_report(run)
