"""The deck: one finding a slide, readable from the back row, with the command that finds it again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scripts.charts import CHARTS
from scripts.charts.lib.theme import SLIDE, SLIDE_DARK, Theme
from scripts.slides import PAPERS, Slide, command, deck, small_print, unbroken, write_slides
from scripts.tables.load import Omission, Run
from tests.scripts.charts.legible import defects, visible_texts
from tests.scripts.synthetic import ENVIRONMENT, make
from tests.scripts.verdicts_sample import claim, claims

pytestmark = pytest.mark.slow

PLAN = {"only": "", "blocks": 10, "seed": 7, "quick": False}


def run_in(folder: Path, *, experiments: tuple[str, ...] = (), **plan: object) -> Run:
    environment = ENVIRONMENT | {"run": "20260102-030405", "plan": PLAN | plan}
    made = make(experiments=experiments)
    run = Run(folder, environment, made.rounds, [Omission(0, "io", "lost a task")], cells=[])
    vars(run)["summary"] = made.summary
    return run


def words(slide: Slide, theme: Theme = SLIDE) -> str:
    found = " ".join(text.get_text().strip() for text in visible_texts(slide.draw(theme)))
    return found.replace("\N{NO-BREAK SPACE}", " ")


def test_every_slide_is_legible_from_the_back_row(tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(json.dumps(claims(claims=[claim("x") for _ in range(30)])))
    for slide in deck(run_in(tmp_path)):
        figure = slide.draw(SLIDE)
        assert (slide.name, defects(figure)) == (slide.name, [])
        assert (figure.get_size_inches() * float(SLIDE.dpi)).tolist() == [1920, 1080]
        assert min(float(text.get_fontsize()) for text in visible_texts(figure)) * SLIDE.dpi / 72 >= 24


def test_the_title_of_a_chart_is_its_finding_and_the_small_print_the_command(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    slides = {slide.name: slide for slide in deck(run)}
    for chart in (chart for chart in CHARTS if chart.caption(run)):
        said = words(slides[chart.NAME])
        assert chart.finding(run).replace("\N{NO-BREAK SPACE}", " ") in said
        assert "make bench BLOCKS=10 SEED=7" in said


def test_the_deck_begins_with_the_machine_and_ends_with_how_sure_it_is(tmp_path: Path) -> None:
    first, *_, last = deck(run_in(tmp_path))
    assert all(
        part in words(first) for part in ("Xeon", "2 cores usable", "Python 3.11.15", "2 January 2026", "10 blocks")
    )
    assert all(part in words(last) for part in ("A/A controls", "1 cells of a block are no results", "can't tell"))


def test_claims_stand_on_slides_of_their_own_only_where_there_are_any(tmp_path: Path) -> None:
    run = run_in(tmp_path, experiments=("startup_cost",))
    assert [slide.name for slide in deck(run)] == ["title", "startup-cost", "how-sure"]
    (tmp_path / "claims.json").write_text(json.dumps(claims(claims=[claim(f"c{n}") for n in range(12)])))
    assert [slide.name for slide in deck(run)][2:4] == ["claims-async_await-1", "claims-async_await-2"]
    said = words(list(deck(run))[2])
    assert "✓ holds" in said
    assert "A sentence about c10." in said
    assert "35.2× [33.1, 37.4]" in said


@pytest.mark.parametrize(("plan", "typed"), [
    ({}, "make bench BLOCKS=10 SEED=7"),
    ({"only": "io and wire"}, 'make bench BLOCKS=10 SEED=7 ONLY="io and wire"'),
    ({"only": " or ".join(["io"] * 50)}, "make bench BLOCKS=10 SEED=7 ONLY=… (as in environment.json)"),
    ({"quick": True, "only": "quick"}, "make quick SEED=7"),
])  # fmt: skip
def test_the_small_print_says_what_to_type(plan: dict[str, Any], typed: str, tmp_path: Path) -> None:
    run = run_in(tmp_path, **plan)
    assert command(run) == typed
    assert small_print(run) == f"Run 20260102-030405. Find it yourself: {typed}; make slides"


def test_a_number_is_not_parted_from_its_unit() -> None:
    assert unbroken("742 µs of CPU, 12.4 ms, 5 %, 3.2 MiB") == "742\xa0µs of CPU, 12.4\xa0ms, 5\xa0%, 3.2\xa0MiB"


def test_the_deck_is_written_anew_light_and_dark(tmp_path: Path) -> None:
    run = run_in(tmp_path, experiments=("startup_cost",))
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "99-old.png").write_bytes(b"")
    write_slides(run)
    names = sorted(path.name for path in (tmp_path / "slides").iterdir())
    assert names == [
        f"{stem}{ending}.png" for stem in ("01-title", "02-startup-cost", "03-how-sure") for ending in ("-dark", "")
    ]
    for name in names:
        with Image.open(tmp_path / "slides" / name) as picture:
            assert picture.size == (1920, 1080)
    for suffix, _ in PAPERS:
        pdf = (tmp_path / f"slides{suffix}.pdf").read_bytes()
        assert pdf.startswith(b"%PDF")
        assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 3


def test_the_dark_deck_says_the_same(tmp_path: Path) -> None:
    for slide in deck(run_in(tmp_path, experiments=("startup_cost", "task_memory"))):
        assert words(slide) == words(slide, replace(SLIDE_DARK))
