"""The committed reference: one run, and beside it one of several Pythons; neither takes the other's place."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scripts.charts import CHARTS, interpreters
from scripts.charts.lib.theme import DARK, LIGHT
from scripts.reference import clear, load_references, renewed, side_by_side, take
from scripts.report import readme
from scripts.tables.load import Run, load
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import REFERENCE, REFERENCE_MATRIX
from tests.scripts.recorded import record

ORDER = ("3.13", "3.13t", "3.13t", "3.13") * 3


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_pictures(run: Path) -> Path:
    (run / "charts").mkdir()
    for name in ("pythons.svg", "pythons-dark.svg", "pythons.png", "pythons-phone.svg", "speedup.svg"):
        (run / "charts" / name).write_text("a picture")
    (run / "report.html").write_text("a page")
    return run


@pytest.mark.slow
def test_a_matrix_is_kept_beside_the_reference_and_a_new_reference_keeps_it(here: Path) -> None:
    take(with_pictures(record(here, "one", blocks=6)))
    take(with_pictures(record(here, "matrix", blocks=12, pythons=ORDER)))
    run, matrix = load_references()
    assert matrix
    assert (run.environment["run"], matrix.environment["run"], len(matrix.other_interpreters)) == ("one", "matrix", 1)
    assert {file.name for file in (REFERENCE_MATRIX / "charts").iterdir()} == {"pythons.svg", "pythons-dark.svg"}
    assert not (REFERENCE_MATRIX / "report.html").exists()
    take(with_pictures(record(here, "two", blocks=6)))
    run, matrix = load_references()
    assert matrix
    assert (run.environment["run"], matrix.environment["run"]) == ("two", "matrix")
    assert (REFERENCE / "charts" / "speedup.svg").exists()


@pytest.mark.slow
def test_nothing_of_an_earlier_reference_is_left_in_a_new_one(here: Path) -> None:
    old = take(record(here, "one", blocks=8)).path
    assert old.exists()
    take(record(here, "two", blocks=6))
    assert len(list((REFERENCE / "blocks").glob("*.journal.xz"))) == 6
    clear(REFERENCE)
    assert not list(REFERENCE.glob("*"))


def test_a_matrix_whose_interpreters_have_few_blocks_is_no_reference(here: Path) -> None:
    with pytest.raises(
        CommandError, match=r"is no reference: it has 3 blocks and 0 omissions\. Next: make matrix"
    ) as stop:
        take(record(here, blocks=6, pythons=ORDER[:6]))
    assert stop.value.code == Exit.NOT_MEASURED
    assert not REFERENCE_MATRIX.exists()


def test_without_a_matrix_nothing_stands_between_the_markers(here: Path) -> None:
    take(record(here, "one", blocks=6))
    text = "<!-- pythons -->\nold\n<!-- /pythons -->"
    assert renewed(text, *load_references()) == "<!-- pythons -->\n\n<!-- /pythons -->"


def test_the_readme_shows_each_python_beside_the_first_with_its_build(here: Path) -> None:
    made = side_by_side(load(record(here, blocks=12, pythons=ORDER)))
    assert "| wire threads | " in made
    assert "|  | 3.13 takes | 3.13t, times as fast |" in made
    assert "../results/reference/matrix/charts/pythons.svg" in made
    assert "3.13t: CPython 3.13.1, optimised, free-threaded, GCC." in made
    assert "6 blocks of each; brackets are 95 % CIs." in made


@pytest.mark.slow
def test_what_a_matrix_decides_is_among_the_claims(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def verdicts_of(*runs: Run) -> list[Any]:
        names.extend(run.environment["run"] for run in runs)
        return []

    monkeypatch.setattr(readme, "verdicts_of", verdicts_of)
    take(record(here, "one", blocks=6))
    take(record(here, "matrix", blocks=12, pythons=ORDER))
    renewed("<!-- surprises -->\n<!-- /surprises -->", *load_references())
    assert names == ["one", "matrix"]


@pytest.mark.slow
def test_the_committed_charts_say_what_the_committed_run_and_its_verdicts_say() -> None:
    run = load(REFERENCE)
    for chart in CHARTS:
        if text := chart.alt(run) if chart is not interpreters else "":
            for theme in (LIGHT, DARK):
                svg = (REFERENCE / "charts" / f"{chart.NAME}{theme.suffix}.svg").read_text()
                written = re.search(r"<dc:description>(.*?)</dc:description>", svg, re.DOTALL)
                assert written
                assert unescape(written[1]) == text, chart.NAME
