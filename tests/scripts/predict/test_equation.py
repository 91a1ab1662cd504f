"""The equation: what must be so of any prediction, whatever the costs."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scripts.predict.equation import ALONE, CORES, GIL, LOOP, Costs, Work, floor_s, times

SECONDS = st.floats(0, 10)
COSTS = st.builds(Costs, SECONDS, SECONDS, SECONDS)
WORKS = st.builds(Work, st.integers(1, 3000), SECONDS, SECONDS, st.floats(0, 1), st.floats(0, 0.1))
LAW = st.sampled_from((ALONE, GIL, LOOP, CORES))
SIZES = st.integers(1, 500)
CAPACITY = st.floats(1, 64)
FREE = Costs(0.0, 0.0, 0.0)


def took(law: str, work: Work, concurrency: int, costs: Costs = FREE, capacity: float = 2.0) -> float:
    return float(times(law, work, concurrency, costs, capacity).seconds)


@given(LAW, WORKS, SIZES, COSTS, CAPACITY, st.integers(1, 2000))
def test_more_tasks_are_never_done_sooner(
    law: str, work: Work, size: int, costs: Costs, capacity: float, more: int
) -> None:
    longer = replace(work, tasks=work.tasks + more)
    assert took(law, longer, size, costs, capacity) >= took(law, work, size, costs, capacity) * (1 - 1e-12)


@given(LAW, WORKS, SIZES, COSTS, CAPACITY)
def test_no_prediction_beats_the_floor(law: str, work: Work, size: int, costs: Costs, capacity: float) -> None:
    assert took(law, work, size, costs, capacity) >= float(floor_s(work, size, capacity)) * (1 - 1e-12)


@given(LAW, WORKS, SIZES, COSTS, CAPACITY, st.floats(0.001, 1000))
def test_in_milliseconds_the_answer_is_the_same_as_in_seconds(
    law: str, work: Work, size: int, costs: Costs, capacity: float, unit: float
) -> None:
    scaled = replace(work, wait_s=work.wait_s * unit, cpu_s=work.cpu_s * unit, open_s=work.open_s * unit)
    dear = Costs(costs.start_s * unit, costs.place_s * unit, costs.task_s * unit)
    assert took(law, scaled, size, dear, capacity) == pytest.approx(unit * took(law, work, size, costs, capacity))


@pytest.mark.slow
@given(LAW, WORKS, SIZES, COSTS, CAPACITY, st.sampled_from(["wait_s", "cpu_s", "open_s"]), SECONDS)
def test_more_of_anything_never_takes_less(
    law: str, work: Work, size: int, costs: Costs, capacity: float, what: str, more: float
) -> None:
    longer = replace(work, **{what: getattr(work, what) + more})
    assert took(law, longer, size, costs, capacity) >= took(law, work, size, costs, capacity) * (1 - 1e-12)


@given(LAW, WORKS, SIZES, COSTS, st.floats(1, 32), st.floats(0, 32))
def test_more_cores_never_slow_anything_down_that_opens_no_client(
    law: str, work: Work, size: int, costs: Costs, capacity: float, more: float
) -> None:
    closed = replace(work, open_s=0.0)
    assert took(law, closed, size, costs, capacity + more) <= took(law, closed, size, costs, capacity) * (1 + 1e-12)


@given(WORKS, SIZES, COSTS, CAPACITY)
def test_threads_that_hold_the_gil_all_the_time_are_an_event_loop_and_never_beat_those_that_let_go(
    work: Work, size: int, costs: Costs, capacity: float
) -> None:
    held, free = replace(work, gil_share=1.0), replace(work, gil_share=0.0)
    assert took(GIL, held, size, costs, capacity) == took(LOOP, held, size, costs, capacity)
    assert took(GIL, free, size, costs, capacity) <= took(GIL, held, size, costs, capacity)


def test_what_costs_nothing_takes_what_theory_says() -> None:
    waiting, computing = Work(100, 0.05, 0.0), Work(12, 0.0, 0.1)
    assert took("alone", waiting, 50) == pytest.approx(5.0)
    assert took(LOOP, waiting, 50) == pytest.approx(0.1)
    assert took(LOOP, waiting, 30) == pytest.approx(0.2)
    assert took(LOOP, computing, 4) == pytest.approx(1.2)
    assert took(GIL, computing, 4) == pytest.approx(1.2)
    assert took(CORES, computing, 4) == pytest.approx(0.6)
    assert took(CORES, computing, 1) == pytest.approx(1.2)
    assert took(GIL, replace(computing, gil_share=0.0), 4) == pytest.approx(0.6)


def test_a_burst_of_tasks_is_served_one_after_another_by_one_core() -> None:
    burst = Work(100, 0.05, 0.001)
    assert took(LOOP, burst, 100) == pytest.approx(0.05 + 100 * 0.001)


@given(SIZES, st.integers(1, 10))
def test_a_place_is_paid_for_only_where_there_is_a_task_for_it(size: int, tasks: int) -> None:
    assume(size >= tasks)
    dear = Costs(0.0, 1.0, 0.0)
    assert took(GIL, Work(tasks, 0.1, 0.0), size, dear) == took(GIL, Work(tasks, 0.1, 0.0), tasks, dear)
