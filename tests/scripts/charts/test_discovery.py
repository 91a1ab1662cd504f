"""A chart is one file: where it is put, it is drawn, described, shown on a slide and made interactive."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.charts import CHARTS
from scripts.faults.sandbox import ROOT, Sandbox
from tests.scripts.recorded import record

PROGRAM = """
import json, sys
from pathlib import Path
from scripts.charts import CHARTS, draw_all
from scripts.charts.lib.theme import LIGHT
from scripts.report.interactive import charts
from scripts.deck.slides import deck
from scripts.tables.load import load

run = load(Path(sys.argv[1]))
written = draw_all(run, run.path / "charts", lambda _: None, [LIGHT])
print(json.dumps({
    "names": [chart.NAME for chart in CHARTS],
    "files": [path.name for path in written],
    "slides": [slide.name for slide in deck(run, [chart.NAME for chart in CHARTS if chart.caption(run)])],
    "interactive": list(charts(run)),
}))
"""
OWN_CHART = '''"""How long each model took, as a chart that somebody adds."""

from scripts.analysis.points import Run
from scripts.charts.lib import unit_cost
from scripts.charts.lib.groups import Group
from scripts.analysis.points import points
from scripts.util.format import seconds

POSITION = 45
CHART = unit_cost.Cost(
    NAME="own", NEEDS="a cell of io", CAVEAT="None.", experiment="io", metric="seconds", title="How long?",
    reading="Seconds.", measured="Measured: all tasks", noun="for all tasks", unit="time", form=seconds,
    rows=lambda run: [Group("io", points(run, ["io"], "seconds"))],
)
'''


@pytest.mark.slow
def test_a_chart_that_somebody_adds_as_one_file_is_never_left_out(tmp_path: Path) -> None:
    sandbox = Sandbox.build(tmp_path)
    (tmp_path / "scripts" / "charts" / "own.py").write_text(OWN_CHART)
    command = [sys.executable, "-c", PROGRAM, str(record(tmp_path / "results"))]
    answer = subprocess.run(command, cwd=tmp_path, env=sandbox.environment(), capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    shown = json.loads(answer.stdout)
    assert shown["names"].index("scaling") + 1 == shown["names"].index("own") == shown["names"].index("cpu-scaling") - 1
    assert {"own.svg", "own.png"} <= set(shown["files"])
    assert "own" in shown["slides"]
    assert "own" in shown["interactive"]


def test_every_file_of_the_folder_is_a_chart() -> None:
    files = {path.stem for path in (ROOT / "scripts" / "charts").glob("[!_]*.py")}
    assert len(CHARTS) == len(files)
    assert len({chart.NAME for chart in CHARTS}) == len(CHARTS)
