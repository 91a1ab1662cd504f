"""The parts that charts are made of: lanes, labels, colours, ticks, and numbers as a reader wants them."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from scripts.charts.lib.lines import spread
from scripts.charts.lib.theme import (
    DARK,
    LIGHT,
    PHONE,
    PHONE_DARK,
    SLIDE,
    SLIDE_DARK,
)
from scripts.charts.lib.timeline_data import lanes
from scripts.util.axes import log_ticks
from scripts.util.format import between, bytes_text, digits, rate, seconds, tick, times
from tests.scripts.charts.legible import defects


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 5))))
def test_tasks_of_one_lane_never_overlap_and_no_lane_is_wasted(spans: list[tuple[float, float]]) -> None:
    starts = sorted(start for start, _ in spans)
    ends = [start + length for start, (_, length) in zip(starts, spans, strict=True)]
    placed = lanes(starts, ends)
    for (i, a), (j, b) in itertools.combinations(enumerate(placed), 2):
        assert a != b or ends[i] <= starts[j] or ends[j] <= starts[i]
    at_once = max((sum(s <= start < e for s, e in zip(starts, ends, strict=True)) for start in starts), default=0)
    assert len(set(placed)) == at_once


@given(st.lists(st.floats(0, 3), max_size=12))
def test_labels_are_pushed_apart_and_keep_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, 0.2, 0.1, 3)
    order = np.argsort(wanted, kind="stable")
    ordered = [placed[index] for index in order]
    assert all(b - a >= 0.2 - 1e-9 for a, b in itertools.pairwise(ordered))
    assert all(0.1 - 1e-9 <= place <= 2.9 + 1e-9 for place in placed)


def test_labels_that_have_room_stay_where_they_are() -> None:
    assert spread([1.0, 2.0, 0.5], 0.2, 0.1, 3) == [1.0, 2.0, 0.5]


def test_the_dark_charts_are_laid_out_as_the_light_ones() -> None:
    for light, dark in ((LIGHT, DARK), (PHONE, PHONE_DARK), (SLIDE, SLIDE_DARK)):
        sizes = ("dpi", "width_in", "margin_in", "title_pt", "text_pt", "small_pt", "height_in")
        assert [getattr(dark, size) for size in sizes] == [getattr(light, size) for size in sizes]


def test_the_judge_of_legibility_sees_overlap_and_cuts() -> None:
    figure = Figure()
    figure.text(0.5, 0.5, "one")
    figure.text(0.51, 0.5, "two")
    figure.text(0.97, 0.1, "far too long")
    assert len(defects(figure)) == 2


def test_numbers_are_written_for_readers() -> None:
    assert [digits(value) for value in (0.0012345, 0.0999, 0.967, 1, 18.94, 999.6, 12_345, 0)] == [
        "0.0012", "0.10", "0.97", "1.00", "18.9", "1,000", "12,300", "0",
    ]  # fmt: skip
    assert [seconds(value) for value in (8.5e-6, 0.99999e-3, 0.0123, 1.5)] == [
        "8.50 µs",
        "1.00 ms",
        "12.3 ms",
        "1.50 s",
    ]
    assert [bytes_text(value) for value in (900, 6_100, 11_300_000)] == ["900 B", "5.96 KiB", "10.8 MiB"]
    assert [tick(seconds)(0.02), tick(times)(10), tick(rate)(1000), tick(seconds)(0)] == [
        "20 ms",
        "10×",
        "1,000/s",
        "0",
    ]
    assert between(18.2, 19.6, times) == "18.2–19.6×"
    assert between(900e-6, 1.1e-3, seconds) == "900 µs–1.10 ms"


@given(st.floats(1e-6, 1e6), st.floats(1.01, 1e9), st.floats(0.05, 0.5), st.sampled_from([2, 10]))
def test_ticks_lie_on_the_axis_and_leave_room(low: float, ratio: float, gap: float, base: int) -> None:
    ticks = log_ticks(low, low * ratio, gap, base)
    assert all(low * 0.99 <= value <= low * ratio * 1.01 for value in ticks)
    shares = np.diff(np.log(ticks)) / np.log(ratio)
    assert all(shares >= gap - 1e-9)
