"""A panel drawn as SVG says what its data says, and nothing of it lies outside."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from scripts.charts.lib.interactive_panel import Limit, Mark, Panel, Series
from scripts.report import panel_svg, svg_axes
from scripts.util.format import seconds, times

HOSTILE = '<b>"&'


def rows(*values: float, form: object = times, warnings: str = "") -> Panel:
    """A panel with a row for each value, each of another model."""
    series = [
        Series(f"model{place}", [Mark(-place, value, value / 1.2, value * 1.2, f"model{place}", warnings)])
        for place, value in enumerate(values)
    ]
    places = {-float(place): f"model{place}" for place in range(len(values))}
    return Panel("", "value", form, series, places=places, across=True, limits=[Limit([0.4, -0.4], [10, 10])])  # type: ignore[arg-type]


def lines(*, across: bool = False) -> Panel:
    """A panel with two lines over three sizes."""
    sizes = (1.0, 10.0, 1000.0)
    series = [
        Series(name, [Mark(size, scale * size, scale * size / 2, scale * size * 2, f"{size:g}") for size in sizes])
        for name, scale in (("threads", 1.0), (HOSTILE, 3.0))
    ]
    ends = {"places": {size: f"{size:g}" for size in sizes}, "place_ends": (0.7, 1300), "place_log": True}
    return Panel("", "time", seconds, series, place="concurrency", joined=True, across=across, **ends)  # type: ignore[arg-type]


def drawn(panel: Panel, kind: str = "Log") -> ElementTree.Element:
    """The panel as a tree; parsing proves that no name became markup."""
    return ElementTree.fromstring(panel_svg.draw(panel, svg_axes.axes([panel])[kind], "label"))


def places(svg: ElementTree.Element) -> list[float]:
    """Where the marks of the rows lie across, from the top row down."""
    return [float(each.get("cx") or "nan") for each in svg.iter("circle") if each.get("opacity")]


def test_values_lie_in_their_order_and_equal_factors_are_equally_long() -> None:
    first, second, third = places(drawn(rows(1, 4, 16)))
    assert second - first == pytest.approx(third - second, abs=0.2)
    first, second, third = places(drawn(rows(1, 4, 16), "Linear"))
    assert third - second == pytest.approx(4 * (second - first), abs=0.5)


@pytest.mark.parametrize("kind", ["Log", "Linear"])
@pytest.mark.parametrize("panel", [rows(0.001), rows(1, 1e9), rows(3, 3), lines(), lines(across=True)])
def test_nothing_leaves_the_drawing_whatever_the_numbers(panel: Panel, kind: str) -> None:
    svg = drawn(panel, kind)
    width, height = map(float, (svg.get("viewBox") or "").split()[2:])
    for each in svg.iter():
        assert 0 <= float(each.get("cx") or each.get("x") or 0) <= width
        assert float(each.get("cy") or each.get("y") or 0) <= height
        for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", each.get("d") or ""):
            assert -1 <= float(x) <= width + 1
            assert -6 <= float(y) <= height
    assert "nan" not in ElementTree.tostring(svg, encoding="unicode")


def test_no_two_words_under_an_axis_overlap() -> None:
    for panel in (rows(1, 1e7), lines(across=True)):
        words = [each for each in drawn(panel).iter("text") if each.get("text-anchor") == "middle"]
        ends = [(float(each.get("x") or 0), len(each.text or "") * svg_axes.LETTER / 2) for each in words]
        assert len(ends) > 1
        assert all(x + half <= other - width for (x, half), (other, width) in pairwise(ends))


def test_a_mark_says_its_model_value_interval_and_warnings() -> None:
    panel = rows(9.11, warnings="saturated: client")
    (title,) = drawn(panel).iter("title")
    assert title.text == "model0: 9.11× (7.59–10.9×); saturated: client"


def test_a_saturated_mark_is_hollow() -> None:
    def fills(panel: Panel) -> set[str | None]:
        return {each.get("fill") for each in drawn(panel).iter() if each.get("stroke-width") == "1.5"}

    assert fills(rows(2, warnings="saturated: client")) == {"none"}
    assert "none" not in fills(rows(2))


def test_only_factors_have_a_line_at_1() -> None:
    assert [each for each in drawn(rows(2)).iter("path") if each.get("class") == "one"]
    assert not [each for each in drawn(rows(2, form=seconds)).iter("path") if each.get("class") == "one"]


def test_a_curve_of_many_marks_answers_the_pointer_at_some_of_them() -> None:
    marks = [Mark(place / 300, 1 + place, 1 + place, 1 + place, str(place)) for place in range(300)]
    panel = Panel("", "time", seconds, [Series("threads", marks)], places={0: "0", 1: "1"}, joined=True, across=True)
    assert 10 < len(list(drawn(panel).iter("title"))) < 40
