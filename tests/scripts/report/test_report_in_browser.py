"""The report as its reader has it: a file, opened by a browser, with nobody else to ask."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

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


def explore(view: View, chart: str) -> None:
    """Open the chart to play with, as a keyboard does, and wait until it is drawn."""
    view.page.locator(f'.explore[data-chart="{chart}"] > summary').press("Enter")
    view.page.wait_for_selector(f'.explore[data-chart="{chart}"][data-drawn="done"]')


def of_plots(view: View, what: str) -> list[Any]:
    """Something of every plot that is drawn: an expression over `plot`."""
    return list(view.page.evaluate(f"Bokeh.documents.flatMap(one => one.roots()).map(plot => {what})"))


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
    view = look(url)
    explore(view, "scaling")
    box = view.page.locator('.explore[data-chart="scaling"]').get_by_role("checkbox", name="threads")
    shown = "plot.renderers.filter(one => one.name === 'threads').map(one => one.visible)"
    others = "plot.renderers.filter(one => one.name !== 'threads').every(one => one.visible)"
    assert set(of_plots(view, shown)[0]) == {True}
    box.press("Space")
    assert set(of_plots(view, shown)[0]) == {False}
    assert of_plots(view, others) == [True]
    box.press("Space")
    assert set(of_plots(view, shown)[0]) == {True}


def test_the_scale_can_be_linear_from_zero_and_logarithmic_again(look: Look, url: str) -> None:
    view = look(url)
    explore(view, "scaling")
    state = "[plot.y_scale.type, plot.y_range.start, plot.left.filter(one => one.visible).map(one => one.type).join()]"
    before = of_plots(view, state)
    assert before == [["LogScale", before[0][1], "LogAxis"]]
    assert before[0][1] > 0
    controls = view.page.locator('.explore[data-chart="scaling"]')
    controls.get_by_label("linear").check()
    assert of_plots(view, state) == [["LinearScale", 0, "LinearAxis"]]
    controls.get_by_label("logarithmic").check()
    assert of_plots(view, state) == before


def test_the_pointer_is_told_the_value_and_its_interval(look: Look, url: str) -> None:
    view = look(url)
    explore(view, "memory")
    plot = view.page.locator('.explore[data-chart="memory"] .plot').first
    plot.scroll_into_view_if_needed()
    place = view.page.evaluate("""() => {
      const view = Bokeh.index.roots[0] ?? [...Bokeh.index][0], plot = view.model;
      const source = plot.renderers.find(one => one.glyph.type === 'Scatter').data_source;
      const frame = view.frame, box = view.canvas_view.el.getBoundingClientRect();
      return [box.x + frame.x_scale.compute(source.data.x[0]), box.y + frame.y_scale.compute(source.data.y[0]),
              source.data.value[0], source.data.interval[0]];
    }""")
    view.page.mouse.move(place[0] - 3, place[1])
    view.page.mouse.move(place[0], place[1])
    view.page.wait_for_timeout(150)
    tip = view.page.locator(".bk-Tooltip, .bk-tooltip-row-value").all_inner_texts()
    assert any(place[2] in text for text in tip)
    assert any(place[3] in text for text in tip)


def test_a_table_is_sorted_by_number_and_not_by_digits(look: Look, url: str) -> None:
    view = look(url)
    view.page.goto(f"{url}#numbers")
    table = view.page.locator("#numbers ~ .scroll table").filter(has_text="scaling: wire").first
    head = table.get_by_role("columnheader", name="at once")
    for order, reverse in (("ascending", False), ("descending", True)):
        head.get_by_role("button").press("Enter")
        assert head.get_attribute("aria-sort") == order
        shown = [int(text.replace(",", "")) for text in table.locator("tbody tr td:nth-child(2)").all_inner_texts()]
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
    view.page.get_by_role("link", name="A sentence about cpu-bound.").click()
    assert view.page.locator("#claim-cpu-bound").evaluate("one => one.open")


def test_a_name_that_would_like_to_be_markup_is_shown_as_it_is(look: Look, url: str) -> None:
    view = look(f"{url}#claim-hostile")
    explore(view, "speedup")
    assert view.page.locator("#claim-hostile > summary").inner_text().endswith(HOSTILE)
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
    inks = {str(each) for each in of_plots(view, "plot.left[0].major_label_text_color")}
    assert inks == {view.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--soft').trim()")}


def test_the_plots_change_their_colours_with_the_reader(look: Look, url: str) -> None:
    view = look(url)
    explore(view, "scaling")
    (before,) = of_plots(view, "plot.left[0].major_label_text_color")
    view.page.emulate_media(color_scheme="dark")
    now = "Bokeh.documents[0].roots()[0].left[0].major_label_text_color"
    view.page.wait_for_function(f"before => {now} !== before", arg=before)


def test_printed_it_is_light_whole_and_without_controls(look: Look, url: str) -> None:
    view = look(url, dark=True)
    view.page.emulate_media(media="print")
    assert view.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not any(one.is_visible() for one in view.page.locator(".explore").all())
    assert all(one.is_visible() for one in view.page.locator("figure img").all())
    assert view.page.locator("#numbers ~ .scroll table").first.is_visible()


def test_without_scripts_it_can_still_be_read(look: Look, url: str) -> None:
    view = look(url, java_script_enabled=False)
    assert view.page.locator("figure img").first.is_visible()
    assert not view.page.locator(".explore").first.is_visible()
    view.page.get_by_text("The data behind it").first.click()
    assert view.page.locator("details[open] table").first.is_visible()
    assert view.page.locator("th button").count() == 0


def test_a_keyboard_reaches_everything_in_the_order_of_the_page(look: Look, url: str) -> None:
    view = look(url)
    seen = []
    for _ in range(12):
        view.page.keyboard.press("Tab")
        seen.append(view.page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))
    assert seen[0] == "To the content"
    assert seen[1:4] == ["The answers", "The claims", "The charts"]
    view.page.keyboard.press("Shift+Tab")
    assert view.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_every_picture_table_and_control_has_words(look: Look, url: str) -> None:
    page = look(url).page
    assert page.locator('img:not([alt]), img[alt=""]').count() == 0
    assert page.locator("svg:not([aria-label])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("[role=region]:not([aria-label])").count() == 0
    assert page.locator("input:not(label input)").count() == 0
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
