"""The page about a run, and the README that a run is put into."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts.dataset import Omission, Run
from scripts.exits import Stop
from scripts.reference import README, REFERENCE, findings, renewed
from scripts.report import write_report
from tests.scripts.synthetic import make

ENVIRONMENT = {
    "run": "20260101-000000",
    "machine": {"cpu": "A <b>CPU</b>", "cores_usable": 2},
    "python": {"version": "3.13.0", "optimised": False},
}
NETWORK = re.compile(r"(?:src|srcset|href|url)\s*[=(]\s*[\"']?(?!data:|#)", re.IGNORECASE)


def run_in(folder: Path, *, blocks: int = 10) -> Run:
    rounds = make(blocks=blocks).rounds
    return Run(folder, ENVIRONMENT, rounds, [Omission(3, "io-<script>", "lost a task")], cells=[])


class Balanced(HTMLParser):
    """Fails on a tag that is closed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "img", "source", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_asks_nothing_of_a_network(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    page = write_report(run_in(tmp_path)).read_text()
    assert not NETWORK.search(page)
    assert "<script" not in page


def test_names_from_result_files_become_no_markup(tmp_path: Path) -> None:
    page = write_report(run_in(tmp_path)).read_text()
    assert "io-&lt;script&gt;: lost a task" in page
    assert "<b>CPU</b>" not in page


def test_the_page_is_whole_and_says_every_cell(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    page = write_report(run).read_text()
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert page.count('<th scope="row">') == len(run.summary)
    assert "ThreadPoolExecutor" in page


def test_three_blocks_are_not_given_intervals(tmp_path: Path) -> None:
    page = write_report(run_in(tmp_path, blocks=3)).read_text()
    assert "95 % interval" not in page
    assert "smallest and largest" in page


def test_the_findings_are_put_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    text = renewed("before\n<!-- findings -->\nold \\1\n<!-- /findings -->\nafter", run)
    assert text.startswith("before\n<!-- findings -->\n")
    assert text.endswith("\n<!-- /findings -->\nafter")
    assert findings(run) in text
    assert "old" not in text
    assert "without profile-guided optimisation" in text


def test_the_readme_says_what_the_reference_run_found() -> None:
    from scripts.dataset import load

    try:
        run = load(REFERENCE)
    except Stop as stop:
        pytest.fail(f"there is no reference run: {stop}")
    assert README.read_text() == renewed(README.read_text(), run), "next: make reference RUN=results/reference"
