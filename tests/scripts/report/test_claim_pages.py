"""A claim's page says what the verdict's JSON says, and a result file gets no code and no file onto it."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts.report import claim_chart
from scripts.report.claim_document import markdown, rows_with_counterparts
from scripts.report.claim_pages import read_claims, write_claims_page
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.verdicts_sample import HOSTILE, claims, measure


def drawn(**other: object) -> ElementTree.Element:
    return ElementTree.fromstring(claim_chart.draw(measure(**other)))


def at(chart: ElementTree.Element, kind: str, name: str) -> float:
    return float(next(each for each in chart if each.get("class") == kind and each.get(name)).get(name) or "nan")


def test_the_value_its_interval_and_the_bound_stand_in_their_order() -> None:
    chart = drawn()
    low, value, high = at(chart, "judged", "x1"), at(chart, "judged", "cx"), at(chart, "judged", "x2")
    assert at(chart, "bound", "x1") < low < value < high
    assert at(chart, "holds", "x") == at(chart, "bound", "x1")
    assert "35.2× (33.1–37.4×)" in "".join(chart.itertext())
    assert chart.get("aria-label") == "35.2× (33.1–37.4×), bound > 5×: holds"


def test_equal_factors_are_equally_wide_on_the_axis_of_a_ratio() -> None:
    chart = drawn(estimate=20.0, low=10.0, high=40.0)
    low, value, high = at(chart, "judged", "x1"), at(chart, "judged", "cx"), at(chart, "judged", "x2")
    assert value - low == pytest.approx(high - value, abs=0.2)


@pytest.mark.parametrize("part", [
    {"bound_low": 0.9, "bound_high": 1.1, "estimate": 1.0, "low": 0.95, "high": 1.05},
    {"bound_low": 0.0, "bound_high": 0.0, "estimate": 0.0, "low": 0.0, "high": 0.0, "log": False},
    {"bound_low": None, "bound_high": 0.03, "estimate": 0.012, "low": 0.011, "high": 0.013, "metric": "gap_seconds",
     "over": "", "log": False},
    {"estimate": 12.0, "low": 3.0, "high": None},
    {"bound_low": -5.0, "estimate": -3.0, "low": -4.0, "high": -2.0, "log": False},
    {"estimate": 1e9, "low": 1e-3, "high": 1e12},
])  # fmt: skip
def test_nothing_leaves_the_drawing_whatever_the_numbers(part: dict[str, object]) -> None:
    chart = drawn(**part)
    for each in chart.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.get(name, 0)) <= claim_chart.WIDTH
        if each.tag == "text":
            half = len(each.text or "") * claim_chart.LETTER / 2
            assert half - 3 <= float(each.get("x", 0)) <= claim_chart.WIDTH - half + 3


def test_what_was_not_measured_has_no_chart() -> None:
    assert claim_chart.draw(measure(estimate=None, low=None, high=None)) == ""


def test_the_page_of_claims_has_each_claim_with_its_anchor_verdict_code_and_command(tmp_path: Path) -> None:
    path = write_claims_page(tmp_path, claims())
    page = path.read_text()
    assert path.name == "claims.html"
    for one in claims()["claims"]:
        assert f'id="claim-{one["id"]}"' in page
        assert f'href="#claim-{one["id"]}"' in page
        assert f"make claim ID={one['id']}" in page
    assert page.count("<svg") == 5
    assert 'id="code-benchmarks-models-asyncio-py"' in page
    assert "TaskGroup" in page
    assert "its author expects: holds" in page


def test_a_page_is_named_like_the_verdicts_it_shows(tmp_path: Path) -> None:
    others = claims(talk="others")
    (tmp_path / "claims-others.json").write_text(json.dumps(others))
    assert write_claims_page(tmp_path, others).name == "claims-others.html"


def test_no_file_outside_the_benchmarks_gets_onto_a_page(tmp_path: Path) -> None:
    page = write_claims_page(tmp_path, claims()).read_text()
    assert "root:" not in page
    assert "requires-python" not in page


def test_no_name_of_a_claim_becomes_markup(tmp_path: Path) -> None:
    page = write_claims_page(tmp_path, claims()).read_text()
    assert HOSTILE not in page
    assert not re.search(r"<img|onerror=\"", page)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema": 2, "claims": []}', '{"schema": 1, "claims": [{"id": "x"}]}', "null"]
)
def test_verdicts_that_cannot_be_read_are_said_to_be_with_what_to_type(text: str, tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(text)
    with pytest.raises(CommandError, match=r"claims\.json cannot be read: .*make claims RUN=") as stop:
        read_claims(tmp_path)
    assert stop.value.code == Exit.BAD_DATA


def test_the_talk_comes_before_those_of_others(tmp_path: Path) -> None:
    for name in ("claims-a.json", "claims.json"):
        (tmp_path / name).write_text(json.dumps(claims(talk=name)))
    assert [document["talk"] for document in read_claims(tmp_path)] == ["claims.json", "claims-a.json"]


def test_the_fair_counterpart_stands_under_every_claim_that_has_one() -> None:
    """What is claimed of one model is never read without the same work under another."""
    (entry,) = [one for one in claims()["claims"] if one["id"] == "network-io"]
    entry["parts"][0]["counterpart"] |= {"of": "network/wire/sequential/c50", "over": "network/wire/threads/c50"}
    lines = list(rows_with_counterparts(entry))
    assert [line[0] for line in lines] == ["network-io", "  counterpart: threads"]
    what = "network/wire/sequential/c50 ÷ network/wire/threads/c50 (seconds)"
    assert lines[1][1:] == ("20.0× (33.1–37.4×)", "", "", what)
    assert f"| … counterpart: threads | {what} | 20.0× (33.1–37.4×) |  |  |" in markdown(claims(claims=[entry]))
