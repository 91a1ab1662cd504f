"""The deck: one finding a slide, readable from the back row, with the command that finds it again."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scripts.charts import CHARTS
from scripts.charts.lib.theme import Theme
from scripts.deck import files
from scripts.deck.files import write_deck
from scripts.deck.pages import NOT_MEASURED, result_text
from scripts.deck.slides import MOST_SLIDES, PAPERS, Slide, command, deck, small_print
from scripts.deck.titles import MOST_WORDS, keep_units_together, title
from scripts.run.preflight import every_experiment
from scripts.tables.block_entries import Omission
from scripts.tables.load import Run
from scripts.util.exit_codes import CommandError, Exit
from tests.browser import Look
from tests.scripts.charts.legible import defects, visible_texts
from tests.scripts.synthetic import ENVIRONMENT, make
from tests.scripts.verdicts_sample import claim, claims, measure

pytestmark = pytest.mark.slow

LARGE, DARK = (theme for _, theme in PAPERS)
PLAN = {"only": "", "blocks": 10, "seed": 7, "quick": False}


def run_in(folder: Path, *, experiments: tuple[str, ...] = (), **plan: object) -> Run:
    environment = ENVIRONMENT | {"run": "20260102-030405", "plan": PLAN | plan}
    made = make(experiments=experiments)
    run = Run(folder, environment, made.rounds, [Omission(0, "io", "lost a task")], cells=[])
    vars(run)["summary"] = made.summary
    return run


def words(slide: Slide, theme: Theme = LARGE) -> str:
    drawn = " ".join(text.get_text().strip() for text in visible_texts(slide.draw(theme)))
    return drawn.replace("\N{NO-BREAK SPACE}", " ")


def test_every_slide_is_legible_from_the_back_row(tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(json.dumps(claims(claims=[claim(f"x{n}") for n in range(30)])))
    run = run_in(tmp_path)
    charts = [chart.NAME for chart in CHARTS if chart.caption(run)]
    for slide in deck(run, ["title", *charts, "verdicts", "how-sure"]):
        figure = slide.draw(LARGE)
        assert (slide.name, defects(figure)) == (slide.name, [])
        assert (figure.get_size_inches() * float(LARGE.dpi)).tolist() == [1920, 1080]
        assert min(float(text.get_fontsize()) for text in visible_texts(figure)) * LARGE.dpi / 72 >= 24


def test_what_a_chart_names_and_says_is_32_pixels_high(tmp_path: Path) -> None:
    assert LARGE.text_pt * LARGE.dpi / 72 >= 32
    (slide,) = deck(run_in(tmp_path), ["speedup"])
    sizes = {
        text.get_text().strip(): float(text.get_fontsize()) * LARGE.dpi / 72
        for text in visible_texts(slide.draw(LARGE))
    }
    assert {sizes[model] for model in ("threads", "processes", "asyncio")} == {32.0}


def test_a_title_is_one_message_of_twelve_words_whole_and_without_ids(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    for chart in (chart for chart in CHARTS if chart.caption(run)):
        text = title(run, chart)
        assert 0 < len(text.split(" ")) <= MOST_WORDS, text
        assert not text.endswith(("…", "within", "of", "at", ":", ",")), text
        assert not any("-" in word and word.replace("-", "").isalpha() and word.islower() for word in text.split()), (
            text
        )


def test_the_notes_hold_the_whole_finding_and_the_small_print_the_command(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    charts = [chart for chart in CHARTS if chart.caption(run)]
    slides = {slide.name: slide for slide in deck(run, [chart.NAME for chart in charts])}
    for chart in charts:
        slide = slides[chart.NAME]
        assert chart.finding(run) in slide.notes[0]
        assert "make bench BLOCKS=10 SEED=7" in slide.notes[-1]
        assert slide.title.replace("\N{NO-BREAK SPACE}", " ") in words(slide)
        assert "make bench BLOCKS=10 SEED=7" in words(slide)


def test_the_deck_begins_with_the_machine_and_ends_with_how_sure_it_is(tmp_path: Path) -> None:
    first, *_, last = deck(run_in(tmp_path))
    assert all(
        part in words(first) for part in ("Xeon", "2 cores usable", "Python 3.11.15", "2 January 2026", "10 blocks")
    )
    assert all(part in words(last) for part in ("A/A controls", "1 cells of a block are no results", "can't tell"))


def test_an_audience_is_shown_twelve_slides_unless_more_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(json.dumps(claims(claims=[claim(f"c{n}") for n in range(30)])))
    run = run_in(tmp_path)
    names = [slide.name for slide in deck(run)]
    assert MOST_SLIDES == 12
    assert 8 < len(names) <= MOST_SLIDES
    assert (names[0], names[-2:]) == ("title", ["verdicts", "how-sure"])
    assert {"speedup", "scaling"} < set(names)
    assert [slide.name for slide in deck(run, ["scaling", "speedup"])] == ["scaling", "speedup"]
    assert len(deck(run, ["verdicts"])) > 2


@pytest.mark.parametrize(("name", "why"), [
    ("sped-up", "sped-up is no slide. There are: title, startup-cost, how-sure. Example: make slides ONLY="),
    ("databases", "databases was not measured in this run. There are: title, startup-cost, how-sure."),
])  # fmt: skip
def test_a_slide_that_there_is_not_is_refused_with_those_that_there_are(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"is no slide|was not measured in this run") as stop:
        deck(run_in(tmp_path, experiments=("startup_cost",)), ["title", name])
    assert stop.value.code == Exit.USAGE
    assert why in str(stop.value)


def test_no_sentence_of_a_claim_is_cut_and_every_measure_has_its_result(tmp_path: Path) -> None:
    long = "Built for async, FastAPI beats its blocking counterpart: Flask under gunicorn, threads as it comes. " * 2
    parts = [measure(name="at 10"), measure(name="at 50", estimate=None, low=None, high=None)]
    talk = claims(claims=[claim("long", text=long.strip()), claim("two", parts=parts)])
    (tmp_path / "claims.json").write_text(json.dumps(talk))
    (slide,) = deck(run_in(tmp_path, experiments=("startup_cost",)), ["verdicts"])
    assert long.strip() in words(slide)
    assert "measures" not in words(slide)
    assert f"at 10: 35.2× (33.1–37.4×), bound > 5×; at 50: {NOT_MEASURED}" in words(slide)
    assert "make claim ID=long" in " ".join(slide.notes)


def test_a_claim_that_nothing_measured_says_so() -> None:
    assert result_text(claim("x", parts=[measure(estimate=None, low=None, high=None)])) == NOT_MEASURED


def test_claims_that_differ_from_their_author_are_shown_first(tmp_path: Path) -> None:
    others = [claim(f"c{n}") for n in range(20)]
    other = claim("other", verdict="refuted", as_expected=False)
    (tmp_path / "claims.json").write_text(json.dumps(claims(claims=[*others, other])))
    run = run_in(tmp_path, experiments=("startup_cost",))
    assert [slide.name for slide in deck(run)] == ["title", "claims", "startup-cost", "verdicts", "how-sure"]
    slide = deck(run)[3]
    assert slide.title == "20 of 21 claims hold, 1 refuted"
    assert "A sentence about other." in words(slide)


@pytest.mark.parametrize(("plan", "typed"), [
    ({}, "make bench BLOCKS=10 SEED=7"),
    ({"only": "io and wire"}, 'make bench BLOCKS=10 SEED=7 ONLY="io and wire"'),
    ({"only": " or ".join(["io"] * 50)}, "make bench BLOCKS=10 SEED=7 ONLY=… (as in environment.json)"),
    ({"quick": True, "only": "quick"}, "make quick SEED=7"),
    ({"only": every_experiment()}, "make full BLOCKS=10 SEED=7"),
    ({"only": every_experiment(), "bench_blocks": 3}, "make full SEED=7"),
])  # fmt: skip
def test_the_small_print_says_what_to_type(plan: dict[str, Any], typed: str, tmp_path: Path) -> None:
    run = run_in(tmp_path, **plan)
    assert command(run) == typed
    assert small_print(run) == f"Run 20260102-030405. Repeat it: {typed}; make slides"


def test_a_number_is_not_parted_from_its_unit() -> None:
    assert (
        keep_units_together("742 µs of CPU, 12.4 ms, 5 %, 3.2 MiB")
        == "742\xa0µs of CPU, 12.4\xa0ms, 5\xa0%, 3.2\xa0MiB"
    )


def test_the_deck_is_written_anew_light_and_dark(tmp_path: Path) -> None:
    run = run_in(tmp_path, experiments=("startup_cost",))
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "99-old.png").write_bytes(b"")
    write_deck(run, deck(run))
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
        assert words(slide) == words(slide, DARK)


def test_presentation_programs_get_every_slide_with_title_description_and_notes(tmp_path: Path) -> None:
    pptx = pytest.importorskip("pptx")
    run = run_in(tmp_path, experiments=("startup_cost",))
    slides = deck(run)
    write_deck(run, slides)
    pages = list(pptx.Presentation(str(tmp_path / "slides.pptx")).slides)
    assert [page.shapes.title.text for page in pages] == [slide.title for slide in slides]
    for page, slide in zip(pages, slides, strict=True):
        notes = page.notes_slide.notes_text_frame.text
        assert all(note in notes for note in slide.notes)
        assert [shape.shape_type.name for shape in page.shapes] == ["PLACEHOLDER", "PICTURE"]


def test_without_python_pptx_the_others_are_written_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pptx", None)
    run, messages = run_in(tmp_path, experiments=("startup_cost",)), list[str]()
    written = write_deck(run, deck(run, ["startup-cost"]), messages.append)
    assert messages == [files.NO_PPTX]
    assert [path.suffix for path in written] == [".png", ".pdf", ".png", ".pdf", ".html"]


@pytest.mark.browser
def test_a_speaker_turns_the_page_deck_by_keys_and_reads_the_notes(look: Look, tmp_path: Path) -> None:
    run = run_in(tmp_path, experiments=("startup_cost",))
    slides = deck(run)
    write_deck(run, slides)
    view = look((tmp_path / "slides.html").as_uri(), width=1920, height=1080)
    page = view.page
    assert page.locator("section:visible h1").all_inner_texts() == [slides[0].title]
    box = page.locator("section:visible img").bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (1920, 1080)
    page.keyboard.press("ArrowRight")
    assert page.locator("section:visible img").get_attribute("alt") == slides[1].alt
    assert page.locator(".notes:visible").count() == 0
    page.keyboard.press("n")
    assert small_print(run) in page.locator(".notes:visible").inner_text()
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    assert page.locator("#place").inner_text() == f"{len(slides)} of {len(slides)}"
    assert (view.complaints, [url.partition(":")[0] for url in view.requests if not url.startswith("data:")]) == (
        [],
        ["file"],
    )
