"""The report as its reader has it: a file, opened by a browser, with nobody else to ask."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from scripts.charts import draw_all
from scripts.charts.lib.theme import PAGES
from scripts.report.claim_pages import write_claims_page
from scripts.report.report import write_report
from scripts.tables.load import Run
from tests.browser import Look, View
from tests.scripts.recorded import environment
from tests.scripts.synthetic import make
from tests.scripts.verdicts_sample import HOSTILE, claims

pytestmark = pytest.mark.browser
EXPERIMENTS = ("io", "cpu", "scaling", "mixed", "task_memory")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the report of a run in which one model has a name that would like to be markup."""
    folder, made = tmp_path_factory.mktemp("run"), make(experiments=EXPERIMENTS)
    (folder / "claims.json").write_text(json.dumps(claims()))
    rounds = made.rounds.assign(model=made.rounds["model"].replace("processes", HOSTILE))
    run = Run(folder, environment("20260101-000000", 10), rounds, [], cells=[])
    draw_all(run, folder / "charts", lambda _: None, PAGES)
    return write_report(run).as_uri()


def explore(view: View, chart: str) -> Locator:
    """Open the chart to play with, as a keyboard does."""
    box = view.page.locator(f'.chart[data-chart="{chart}"]')
    box.locator(".opener input").press("Space")
    expect(box.locator(".explore")).to_be_visible()
    return box


def test_it_opens_from_disk_and_asks_nobody_for_anything(look: Look, url: str) -> None:
    view = look(url)
    for chart in ("speedup", "scaling", "mixed", "memory"):
        explore(view, chart)
    view.page.mouse.wheel(0, 20_000)
    view.page.wait_for_timeout(100)
    assert [each for each in view.requests if not each.startswith("data:")] == [url]
    assert view.complaints == []


def test_every_drawing_is_shown(look: Look, url: str) -> None:
    view = look(url)
    drawn = "all => Promise.all(all.map(one => one.decode().then(() => one.naturalWidth, () => 0)))"
    widths = view.page.eval_on_selector_all("figure img", drawn)
    assert len(widths) >= 5
    assert min(widths) > 500


def test_a_hidden_model_is_gone_from_the_chart_and_comes_back(look: Look, url: str) -> None:
    chart = explore(look(url), "scaling")
    box = chart.get_by_role("checkbox", name="threads")
    line, other = (chart.locator(f'svg[data-scale=Log] g[data-model="{name}"]').last for name in ("threads", "asyncio"))
    expect(line).to_be_visible()
    box.press("Space")
    expect(line).to_be_hidden()
    expect(other).to_be_visible()
    box.press("Space")
    expect(line).to_be_visible()


def test_no_row_stays_empty_where_a_model_is_hidden(look: Look, url: str) -> None:
    chart = explore(look(url), "speedup")
    svg = chart.locator("svg[data-scale=Log]").first
    places = "all => all.map(one => one.getCTM().f)"

    def rows() -> list[float]:
        return list(svg.locator(".row:not(.off)").evaluate_all(places))

    before, high = rows(), svg.bounding_box()
    chart.get_by_role("checkbox", name="asyncio").press("Space")
    after, low = rows(), svg.bounding_box()
    assert len(after) < len(before)
    gaps = [later - earlier for earlier, later in pairwise(after)]
    assert gaps == pytest.approx([before[1] - before[0]] * (len(after) - 1), abs=0.1)
    assert high
    assert low
    assert low["height"] < high["height"]


def test_the_scale_can_be_linear_from_zero_and_logarithmic_again(look: Look, url: str) -> None:
    chart = explore(look(url), "scaling")
    log, linear = (chart.locator(f"svg[data-scale={kind}]").first for kind in ("Log", "Linear"))
    for label, shown, gone in (("linear", linear, log), ("logarithmic", log, linear)):
        chart.get_by_label(label, exact=True).check()
        expect(shown).to_be_visible()
        expect(gone).to_be_hidden()
    assert "0" in linear.locator(".tick").all_text_contents()
    assert "0" not in log.locator(".tick").all_text_contents()


def test_the_pointer_is_told_the_value_and_its_interval(look: Look, url: str) -> None:
    chart = explore(look(url), "memory")
    mark = chart.locator("svg[data-scale=Log] .mark").first
    words = mark.locator("title").text_content() or ""
    assert re.match(r".+: [\d.]+ \w+ \(.+\)", words)
    mark.locator("circle").last.hover(force=True)
    expect(chart.locator("output")).to_have_text(words)


def test_factors_have_a_line_at_1_and_panels_of_one_measure_share_their_axis(look: Look, url: str) -> None:
    chart = explore(look(url), "speedup")
    panels = chart.locator("svg[data-scale=Log]")
    assert panels.count() > 1
    ticks = [panel.locator(".axis .tick").all_text_contents() for panel in panels.all()]
    assert "1×" in ticks[0]
    assert all(each == ticks[0] for each in ticks)
    assert all(panel.locator(".one").count() == 1 for panel in panels.all())
    assert all(panel.locator(".grid").count() >= 2 for panel in panels.all())


def test_a_table_is_sorted_by_number_and_not_by_digits(look: Look, url: str) -> None:
    view = look(url)
    chart = view.page.locator('.chart[data-chart="scaling"]')
    chart.locator("details > summary").press("Enter")
    table = chart.locator("details table")
    heads = table.locator("thead th")
    place = [text.strip() for text in heads.all_inner_texts()].index("tasks")
    head = heads.nth(place)
    for order, reverse in (("ascending", False), ("descending", True)):
        head.get_by_role("button").press("Enter")
        assert head.get_attribute("aria-sort") == order
        shown = [
            int(text.replace(",", "")) for text in table.locator(f"tbody tr :nth-child({place + 1})").all_inner_texts()
        ]
        assert shown == sorted(shown, reverse=reverse)
        assert len(set(shown)) > 3
    assert table.locator("[aria-sort]").count() == 1


def test_a_link_to_a_claim_opens_it_with_its_code(look: Look, url: str) -> None:
    view = look(f"{url}#claim-network-io")
    claim = view.page.locator("#claim-network-io")
    assert claim.evaluate("one => one.open")
    assert view.page.locator("details.claim[open]").count() == 1
    claim.get_by_text("benchmarks/models/asyncio.py", exact=True).click()
    assert "TaskGroup" in claim.locator("pre").inner_text()
    view.page.goto(f"{url}#claim-cpu-bound")
    assert view.page.locator("#claim-cpu-bound").evaluate("one => one.open")


def test_claims_are_found_by_their_words_and_by_their_verdict(look: Look, url: str) -> None:
    page = look(url).page
    shown = page.locator("details.claim:not([hidden])")
    every = shown.count()
    page.get_by_label("Search").fill("NETWORK io")
    assert [one.get_attribute("id") for one in shown.all()] == ["claim-network-io"]
    assert page.locator("form output").inner_text() == f"1 of {every} claims"
    page.get_by_label("Search").fill("")
    page.get_by_label("Verdict").select_option("refuted")
    assert 0 < shown.count() < every
    assert {one.get_attribute("data-verdict") for one in shown.all()} == {"refuted"}
    page.goto(f"{url}#claim-network-io")
    expect(page.locator("#claim-network-io")).to_be_visible()


def test_a_name_that_would_like_to_be_markup_is_shown_as_it_is(look: Look, url: str) -> None:
    view = look(f"{url}#claim-hostile")
    explore(view, "speedup")
    assert HOSTILE in view.page.locator("#claim-hostile > summary").inner_text()
    assert view.page.locator("img[src=x]").count() == 0
    assert view.page.title() == "Overlap: 20260101-000000"
    assert view.page.get_by_role("checkbox", name=HOSTILE).count() >= 1


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
def test_nothing_sticks_out_and_the_paper_is_as_asked(width: int, dark: bool, look: Look, url: str) -> None:
    view = look(url, width=width, dark=dark)
    for chart in ("speedup", "scaling"):
        explore(view, chart)
    assert view.page.evaluate("document.documentElement.scrollWidth") <= width
    red = int(re.findall(r"\d+", view.page.evaluate("getComputedStyle(document.body).backgroundColor"))[0])
    assert (red < 60) is dark
    inks = view.page.eval_on_selector_all(
        "svg.panel text:not(.tick)", "all => all.map(one => getComputedStyle(one).fill)"
    )
    assert set(inks) == {view.page.evaluate("getComputedStyle(document.body).color")}


def test_on_a_phone_every_chart_has_a_form_whose_text_can_be_read(look: Look, url: str) -> None:
    page = look(url, width=390).page
    for chart in page.locator(".chart:has(.explore)").all():
        assert not chart.locator("figure").is_visible()
        boxes = [one.bounding_box() for one in chart.locator("svg[data-scale=Log]").all()]
        assert boxes
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
        size = "one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a"
        assert chart.locator("svg[data-scale=Log] text").first.evaluate(size) > 11.5


def test_on_a_phone_no_value_of_a_table_lies_outside_the_screen(look: Look, url: str) -> None:
    page = look(url, width=390).page
    page.evaluate("document.querySelectorAll('details:not(.claim)').forEach(one => one.open = true)")
    outside = """all => all.filter(one => one.textContent.trim()).map(one => one.getBoundingClientRect())
      .filter(box => box.left < 0 || box.right > 390.5).length"""
    for table in page.locator("table").all():
        assert table.locator("tbody td, tbody th").evaluate_all(outside) == 0, table.inner_text()[:80]
    assert page.locator("table.sortable td[data-head='time']").count() > 10


def test_with_everything_folded_a_keyboard_is_through_in_200_stops(look: Look, url: str) -> None:
    page = look(url).page
    stops = page.evaluate("""[...document.querySelectorAll('a[href],button,input,select,summary,[tabindex]')]
      .filter(one => one.tabIndex >= 0 && one.checkVisibility()).length""")
    assert 20 < stops < 200


def test_no_two_landmarks_have_the_same_name(look: Look, url: str) -> None:
    page = look(url).page
    names = page.evaluate("""[...document.querySelectorAll('nav,section,form,[role=region],[role=search]')].map(one =>
      one.getAttribute('aria-label') ?? document.getElementById(one.getAttribute('aria-labelledby')).textContent)""")
    assert len(names) > 5
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_the_first_screen_answers(look: Look, url: str) -> None:
    page = look(url).page

    def bottom(what: str) -> float:
        box = page.locator(what).first.bounding_box()
        assert box
        return box["y"] + box["height"]

    assert bottom("table.answers") < 800
    answers = page.locator("table.answers").inner_text()
    for part in ("in this run", "× faster than sequential (95 % CI", "wait a task, concurrency 20", "start-up"):
        assert part in answers
    assert page.locator("table.answers + .plots svg").count() == 2
    box = page.locator("table.answers + .plots svg").first.bounding_box()
    assert box
    assert box["y"] < 700


def test_printed_it_is_light_whole_and_without_controls(look: Look, url: str) -> None:
    view = look(url, dark=True)
    view.page.emulate_media(media="print")
    assert view.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not any(one.is_visible() for one in view.page.locator(".explore").all())
    assert all(one.is_visible() for one in view.page.locator("figure img").all())


def test_without_scripts_it_can_still_be_read(look: Look, url: str) -> None:
    view = look(url, java_script_enabled=False)
    assert view.page.locator("figure img").first.is_visible()
    assert not view.page.locator(".explore").first.is_visible()
    view.page.locator(".chart summary").first.click()
    assert view.page.locator("details[open] table").first.is_visible()
    assert view.page.locator("th button").count() == 0


def test_a_keyboard_reaches_everything_in_the_order_of_the_page(look: Look, url: str) -> None:
    view = look(url)
    focused = []
    for _ in range(12):
        view.page.keyboard.press("Tab")
        focused.append(view.page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))
    assert focused[0] == "To the content"
    assert focused[1:5] == ["Answers", "What this means for ", "Claims", "Charts"]
    view.page.keyboard.press("Shift+Tab")
    assert view.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_every_picture_table_and_control_has_words(look: Look, url: str) -> None:
    page = look(url).page
    assert page.locator('img:not([alt]), img[alt=""]').count() == 0
    assert page.locator("svg:not([aria-label])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("[role=region]:not([aria-label])").count() == 0
    assert page.locator("input:not(label input), select:not(label select)").count() == 0
    levels = [int(tag[1]) for tag in page.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(one => one.tagName)")]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_page_of_claims_stands_alone(look: Look, tmp_path: Path) -> None:
    url = write_claims_page(tmp_path, claims()).as_uri()
    view = look(f"{url}#claim-two-parts", width=390)
    assert view.page.locator("#claim-two-parts svg").count() == 2
    assert view.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert view.requests == [url]
    assert view.complaints == []
