"""Advice on planted machines, where the right answer is known."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.analysis.conclusions import MARGIN
from scripts.predict.cost_model import Fit
from scripts.predict.recommend import Advice, Anchor, Option, Question, Source, Task, advise, turning_points
from scripts.predict.render import runner_up, verdict
from tests.scripts.worlds import MACHINE, MODELS, PLANTED

SOURCE = Source(
    "planted",
    Fit(PLANTED, MACHINE),
    dict.fromkeys(MODELS, 0.2),
    {"sequential": 10, "threads": 1000, "processes": 50, "asyncio": 1000},
    {"threads": 20_000.0, "processes": 10e6, "asyncio": 2_000.0},
)


@cache
def question(tasks: int, wait_s: float, cpu_s: float, gil_share: float = 1.0, capacity: float = 8.0) -> Question:
    task = Task(wait_s, cpu_s)
    return Question(tasks, {"blocking": task, "asyncio": task}, gil_share, capacity, 16e9)


def advised(work: Question, source: Source = SOURCE) -> Advice:
    advice = advise(work, source)
    assert advice
    return advice


def test_many_long_waits_are_for_a_loop_or_threads_and_for_many_at_once() -> None:
    best = advised(question(1000, 0.5, 0.0001)).best
    assert best.model in ("threads", "asyncio")
    assert best.concurrency > 300
    assert best.bound_by == "the waits"


def test_python_computing_is_for_processes_one_for_each_core() -> None:
    best = advised(question(200, 0.0, 0.3)).best
    assert best.model == "processes"
    assert best.concurrency == 8
    assert best.bound_by == "all cores"


def test_computing_that_lets_go_of_the_gil_is_for_threads() -> None:
    best = advised(question(200, 0.0, 0.3, gil_share=0.0)).best
    assert best.model == "threads"
    assert best.concurrency == 8


def test_a_handful_of_microseconds_is_for_nothing_but_a_loop_over_them() -> None:
    assert advised(question(3, 0.0, 0.0001)).best.model == "sequential"


def test_one_task_is_for_nothing_but_itself() -> None:
    advice = advised(question(1, 0.2, 0.003))
    assert advice.best.model == "sequential"
    assert {option.concurrency for option in advice.options} == {1}


def test_with_no_difference_that_matters_the_simplest_is_taken() -> None:
    advice = advised(question(300, 0.2, 0.002, capacity=1.0))
    alike = {option.model for option in advice.no_difference} | {advice.best.model}
    assert {"threads", "asyncio"} <= alike
    assert advice.best.model == "threads"
    assert advice.best.seconds <= advice.options[0].seconds * (1 + MARGIN)


def test_no_more_places_are_advised_than_gain_something() -> None:
    best = advised(question(5000, 0.1, 0.01, capacity=1.0)).best
    assert 9 <= best.concurrency <= 14  # one core serves eleven who wait a hundred and compute ten


def test_nothing_is_advised_beyond_what_was_measured_or_is_allowed() -> None:
    long = question(100_000, 10.0, 0.0)
    assert max(option.concurrency for option in advised(long).options) == 1000
    assert max(option.concurrency for option in advised(replace(long, at_once=20)).options) == 20
    assert advised(replace(long, reach={"threads": 3, "asyncio": 4, "processes": 2})).best.concurrency <= 4


def test_what_does_not_fit_into_memory_is_not_advised() -> None:
    greedy = replace(question(1000, 0.5, 0.001), task_bytes=1e8, memory_bytes=1e9)
    advice = advised(greedy)
    assert all(option.memory_bytes <= 1e9 for option in advice.options)
    assert advice.best.concurrency < 10
    assert advise(replace(greedy, memory_bytes=1e7), SOURCE) is None


def test_a_model_that_cannot_do_the_work_is_not_advised() -> None:
    blocking = replace(question(1000, 0.5, 0.0001), forms={"blocking": Task(0.5, 0.0001)}, unfit=("processes",))
    assert {option.model for option in advised(blocking).options} == {"sequential", "threads"}
    assert "asyncio" not in {
        option.model for option in advised(blocking, replace(SOURCE, widths={"threads": 0.1})).options
    }


def test_a_model_measured_on_this_very_work_is_moved_to_what_it_took() -> None:
    work = question(100, 0.1, 0.001)
    slow = replace(work, anchors={"asyncio": Anchor(3.0, 3.0)})
    before, after = ({one.model: one.seconds for one in advised(each).options} for each in (work, slow))
    assert after["asyncio"] == pytest.approx(3 * before["asyncio"], rel=0.05)
    assert after["threads"] == before["threads"]


def test_not_even_a_measurement_makes_a_prediction_beat_the_floor() -> None:
    work = replace(question(1000, 0.1, 0.001), anchors=dict.fromkeys(MODELS, Anchor(0.0, 0.01)))
    advice = advised(work)
    assert all(option.seconds >= advice.floor_s * (1 - 1e-9) for option in advice.options)


def planned(model: str, seconds: float, low: float, high: float) -> Option:
    return Option(model, 10, seconds, low, high, 0.1, 0.0, "the waits")


def test_no_option_that_may_be_as_quick_is_passed_over_and_no_runner_up_that_is_tied() -> None:
    options = [planned("asyncio", 1.0, 0.9, 1.1), planned("threads", 1.2, 1.15, 1.25), planned("processes", 1.22, 1, 2)]
    found = Advice(options, options[0], 0.9)
    assert verdict(found).endswith(" That processes takes longer is likely, not sure: the intervals overlap.")
    assert "No difference that matters to processes." in runner_up(question(500, 0.1, 0.001), SOURCE, found)


def test_the_runner_up_wins_from_where_it_is_said_to_and_not_before() -> None:
    work = question(500, 0.1, 0.001, capacity=8.0)
    advice = advised(work)
    assert advice.runner_up
    assert advice.runner_up.model == "processes"
    points = dict(turning_points(work, SOURCE, advice.best.model, "processes"))
    for axis, value in points.items():
        there = {one.model: one.seconds for one in advised(work.with_changes(**{axis: value})).options}
        assert there["processes"] < there[advice.best.model], axis
    short_of = {one.model: one.seconds for one in advised(work.with_changes(cpu_s=points["cpu_s"] * 0.9)).options}
    assert short_of["processes"] > short_of[advice.best.model]


@settings(max_examples=40)
@given(
    st.integers(1, 5000), st.floats(0, 2), st.floats(1e-5, 0.5), st.floats(0, 1), st.floats(1, 32), st.integers(1, 2000)
)
def test_advice_obeys_the_floor_its_interval_and_common_sense(
    tasks: int, wait_s: float, cpu_s: float, gil_share: float, capacity: float, more: int
) -> None:
    task = Task(wait_s, cpu_s)
    work = Question(tasks, {"blocking": task, "asyncio": task}, gil_share, capacity, 16e9)
    advice = advised(work)
    for one in advice.options:
        assert advice.floor_s <= one.seconds * (1 + 1e-9)
        assert one.low <= one.seconds <= one.high
        assert 1 <= one.concurrency <= tasks
        assert one.cpu_s >= tasks * cpu_s * (1 - 1e-9)
    later = advised(work.with_changes(tasks=tasks + more))
    assert later.options[0].seconds >= advice.options[0].seconds * (1 - 0.02)  # ENOUGH may take fewer places for it
