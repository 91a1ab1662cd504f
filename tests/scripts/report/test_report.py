"""The page about a run, and the README that a run is put into."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts.charts import CHARTS, draw_all
from scripts.charts.lib.theme import DARK, LIGHT
from scripts.charts.lib.theme import PAGES as PAGE_THEMES
from scripts.reference import PAGES, TABLES, load_references, renewed, tables
from scripts.report.readme import findings
from scripts.report.report import write_report
from scripts.report.svg import adaptive
from scripts.tables.block_entries import Omission
from scripts.tables.load import Run
from tests.scripts.synthetic import make
from tests.scripts.verdicts_sample import HOSTILE, claims

pytestmark = pytest.mark.slow

ADDRESSES = ("src", "srcset", "href", "xlink:href", "action", "data", "poster")
VOID = ("meta", "img", "source", "br", "link", "input", "line", "rect", "circle", "path")
ENVIRONMENT = {
    "run": "20260101-000000",
    "machine": {"cpu": "A <b>CPU</b>", "cores_usable": 2},
    "python": {"version": "3.13.0", "optimised": False},
}
SCRIPT = re.compile(r"(?s)<script[^>]*>(.*?)</script>")


def run_in(folder: Path, *, blocks: int = 10) -> Run:
    rounds = make(blocks=blocks).rounds
    return Run(folder, ENVIRONMENT, rounds, [Omission(3, "io-<script>", "lost a task")], cells=[])


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with its charts, its verdicts and its report."""
    run = run_in(tmp_path_factory.mktemp("full"))
    (run.path / "claims.json").write_text(json.dumps(claims()))
    draw_all(run, run.path / "charts", themes=PAGE_THEMES)
    write_report(run)
    return run


def page_of(run: Run) -> str:
    return (run.path / "report.html").read_text()


class Balanced(HTMLParser):
    """Fails on a tag that is closed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in ADDRESSES and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Balanced:
    """The page without its scripts, parsed; its tags are closed as they should be."""
    parser = Balanced()
    parser.feed(SCRIPT.sub("", page))
    assert parser.open == []
    return parser


def test_the_page_asks_nothing_of_a_network(full: Run) -> None:
    page = page_of(full)
    assert [each for each in read(page).addresses if not each.startswith(("#", "data:"))] == []
    head = page[: page.index("</head>")]
    assert "@import" not in head
    assert "url(" not in head
    assert "default-src 'none'" in unescape(head)


def test_only_our_own_scripts_may_run(full: Run) -> None:
    page = page_of(full)
    allowed = set(re.findall(r"sha256-([A-Za-z0-9+/=]+)", page[: page.index("</head>")].replace("&#39;", "'")))
    attributes = re.findall(r"<script([^>]*)>", page)
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in SCRIPT.findall(page)]
    running = {one for one, attribute in zip(hashes, attributes, strict=True) if "application/json" not in attribute}
    assert running == allowed
    assert len(allowed) == 2


def test_names_from_result_files_become_no_markup(tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(json.dumps(claims()))
    rounds = make().rounds
    rounds["model"] = rounds["model"].replace("threads", HOSTILE)
    run = Run(tmp_path, ENVIRONMENT, rounds, [Omission(3, "io-<script>", "lost a task")], cells=[])
    page = write_report(run).read_text()
    assert "io-&lt;script&gt;: lost a task" in page
    assert "<b>CPU</b>" not in page
    assert HOSTILE not in page
    assert HOSTILE.replace("<", "\\u003c") not in re.sub(SCRIPT, "", page)


def test_the_page_is_whole_and_says_every_cell(full: Run) -> None:
    page, parser = page_of(full), read(page_of(full))
    assert len(parser.ids) == len(set(parser.ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(parser.ids)
    numbers = page[page.index('id="numbers"') : page.index("How disturbed each block was")]
    assert numbers.count('<th scope="row">') == len(full.summary)
    assert "ThreadPoolExecutor" in page


def test_the_page_stays_small_enough_to_send(full: Run) -> None:
    assert (full.path / "report.html").stat().st_size < 4_000_000


def test_every_chart_has_its_finding_caveat_text_and_data(full: Run) -> None:
    page, run = unescape(page_of(full)), full
    for chart in (chart for chart in CHARTS if chart.caption(run)):
        section = page[page.index(f'id="chart-{chart.NAME}"') :]
        section = re.split(r'<div class="chart"|</section>', section)[0]
        assert all(words in section for words in (chart.finding(run), chart.caption(run), chart.CAVEAT, chart.alt(run)))
        assert f"({len(chart.table(run).rows)} rows)" in section
    assert "cells are marked saturated" in page


def test_light_and_dark_are_one_drawing(full: Run) -> None:
    for light in full.path.glob("charts/*[!k].svg"):
        dark = light.with_name(f"{light.stem}-dark.svg")
        both = adaptive(light.read_text(), dark.read_text())
        assert both, light.name
        assert len(both) < 1.02 * light.stat().st_size
        assert LIGHT.ink in both
        assert DARK.ink in both
        paper = re.search(r"<path[^>]*fill: ([^;\"]+)", both)  # the first thing drawn; white on a coloured tile stays
        assert paper
        assert paper[1].startswith("var("), light.name
    assert adaptive("<svg><g/></svg>", "<svg><a/></svg>") is None


def test_without_verdicts_there_is_no_section_of_claims(tmp_path: Path) -> None:
    assert 'id="claims"' not in write_report(run_in(tmp_path)).read_text()


def test_a_reader_is_told_which_model_for_what_by_how_much_how_sure_and_where(full: Run) -> None:
    page = unescape(page_of(full))
    answers = page[page.index('id="answers"') : page.index('id="models"')]
    for part in (
        "For I/O-bound work (wire, concurrency 20), fastest in this run",
        "For CPU-bound Python code (primes, concurrency 2), fastest in this run: processes",
        "95 % CI",
        "× faster than sequential",
    ):
        assert part in answers
    for part in ("A/A controls differed", "disturbed 0 of", "cores' worth of work", "lost a task"):
        assert part in answers
    assert "2 usable cores, Python 3.13.0" in page


def test_three_blocks_are_not_given_intervals(tmp_path: Path) -> None:
    page = write_report(run_in(tmp_path, blocks=3)).read_text()
    assert not re.search(r"95 % CI [\d(]", page)
    assert "Too few blocks for a 95 % CI: a range is from the smallest to the largest block." in page


def test_the_findings_are_put_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    text = renewed("before\n<!-- findings -->\nold \\1\n<!-- /findings -->\nafter", run)
    assert text.startswith("before\n<!-- findings -->\n")
    assert text.endswith("\n<!-- /findings -->\nafter")
    assert findings(run) in text
    assert "old" not in text
    assert "without profile-guided optimisation" in text


def test_the_readme_says_what_the_reference_run_and_the_matrix_beside_it_found() -> None:
    run, matrix = load_references()
    for page in PAGES:
        text = page.read_text()
        assert text == renewed(text, run, matrix), f"{page}: next: make reference RUN=results/reference"
    assert TABLES.read_text() == tables(run), "next: make reference RUN=results/reference"
