"""Rounds under a clock that moves one second a look: phases, spans, and a complaint for whatever is not whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.core.round import Timing, efficiency, peak_concurrency, spans_us, time_round, validation_error
from benchmarks.models import Run, model
from benchmarks.workloads import Capacity, Workload, identical
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.sleep import Sleep

TASKS = [0, 1, 2]
WHOLE = [(task, 1.0 + task, 2.0 + task) for task in TASKS]


def clock() -> Callable[[], float]:
    """0, 1, 2, … whenever it is looked at."""
    moments = count(0.0)
    return lambda: next(moments)


def timing(returned: Any) -> Timing:
    return Timing(began=0.0, opened=1.0, ran=4.0, closed=5.0, returned=returned)


def test_phases_add_up_to_what_a_script_pays() -> None:
    result = time_round(model("sequential"), Nothing(), TASKS, 1, clock())
    assert (result.start_s, result.run_s, result.stop_s) == (1.0, 7.0, 1.0)  # two looks for each task
    assert result.start_s + result.run_s + result.stop_s == result.seconds == 9.0


def test_every_task_is_timed_where_it_is_done() -> None:
    result = time_round(model("sequential"), Nothing(), TASKS, 1, clock())
    assert [item[:3] for item in result.returned] == [(0, 2.0, 3.0), (1, 4.0, 5.0), (2, 6.0, 7.0)]
    assert spans_us(result) == [2_000_000, 3_000_000, 4_000_000, 5_000_000, 6_000_000, 7_000_000]
    assert validation_error(Nothing(), TASKS, result) is None


def test_spans_count_from_the_beginning_of_the_round() -> None:
    late = Timing(began=100.0, opened=101.0, ran=104.0, closed=105.0, returned=[(0, 101.5, 102.0)])
    assert spans_us(late) == [1_500_000, 2_000_000]


def test_a_model_that_fails_has_no_timing() -> None:
    @contextmanager
    def failing(workload: Workload, concurrency: int) -> Iterator[Run]:
        yield lambda tasks: [1 // 0]

    with pytest.raises(ZeroDivisionError):
        time_round(failing, Nothing(), TASKS, 1, clock())


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "returned a NoneType, not a list"),
        (tuple(WHOLE), "returned a tuple, not a list"),
        ([], "3 tasks went in, 0 answers came out"),
        (WHOLE[:2], "3 tasks went in, 2 answers came out"),
        ([*WHOLE, WHOLE[2]], "3 tasks went in, 4 answers came out"),
        ([*WHOLE[:2], 2], "task 2 was not performed: its answer is 2"),
        ([*WHOLE[:2], (2, 3.0)], "task 2 was not performed"),
        ([*WHOLE[:2], None], "task 2 was not performed: its answer is None"),
        ([WHOLE[1], WHOLE[0], WHOLE[2]], "task 0 got the answer 1 instead of 0"),
        ([*WHOLE[:2], WHOLE[0]], "task 2 got the answer 0 instead of 2"),
        ([*WHOLE[:2], (float("nan"), 3.0, 4.0)], "task 2 got the answer nan"),
        ([(0, -0.1, 2.0), *WHOLE[1:]], "task 0 was not done between"),
        ([*WHOLE[:2], (2, 3.0, 4.1)], "task 2 was not done between"),
        ([*WHOLE[:2], (2, 3.0, 2.0)], "task 2 was not done between"),
        ([*WHOLE[:2], (2, float("nan"), 4.0)], "task 2 was not done between"),
    ],
)
def test_what_is_not_whole_is_said(returned: Any, says: str) -> None:
    assert says in str(validation_error(Nothing(), TASKS, timing(returned)))


def test_what_is_whole_gives_no_complaint() -> None:
    assert validation_error(Nothing(), TASKS, timing(WHOLE)) is None


def test_another_machines_clock_may_be_a_little_off_and_no_more() -> None:
    early, late = timing([(0, -0.1, 2.0), *WHOLE[1:]]), timing([*WHOLE[:2], (2, 3.0, 4.1)])
    assert [validation_error(Nothing(), TASKS, one, 0.11) for one in (early, late)] == [None, None]
    assert all("was not done between" in str(validation_error(Nothing(), TASKS, one, 0.09)) for one in (early, late))


@pytest.mark.parametrize(
    ("took_s", "says"), [(1.0, None), (0.9995, None), (0.9, "took 0.9 s, but waiting alone takes")]
)
def test_a_wait_that_was_not_waited_for_is_found_out_by_its_length(took_s: float, says: str | None) -> None:
    error = validation_error(Sleep(delay_s=1.0), [0], timing([(0, 1.0, 1.0 + took_s)]))
    assert (says or "None") in str(error)


def test_one_after_another_is_one_at_once_even_where_one_ends_as_the_next_begins() -> None:
    assert peak_concurrency(timing(WHOLE)) == 1
    assert peak_concurrency(timing([])) == 0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=12))
def test_the_most_at_once_is_what_counting_at_every_start_finds(spans: list[tuple[int, int]]) -> None:
    returned = [(None, start, start + length) for start, length in spans]
    counted = max((sum(a <= start < b for _, a, b in returned) for _, start, _ in returned), default=0)
    assert peak_concurrency(timing(returned)) == counted


def test_efficiency_is_the_floor_over_what_was_measured() -> None:
    assert efficiency(Sleep(delay_s=0.02), list(range(40)), 20, Capacity(), 0.05) == pytest.approx(0.8)


class Row:
    """A driver's own type for a row."""

    def __init__(self, *members: object) -> None:
        self.members = members

    def __iter__(self) -> Iterator[object]:
        return iter(self.members)

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        ((1, ("a", 2)), True),
        ((1, Row("a", 2)), True),
        (Row(1, ("a", 2)), True),
        ((1, Row("a", 3)), False),
        ((1, Row("a", 2, 2)), False),
        ((True, ("a", 2)), False),
        ((1.0, ("a", 2)), False),
        ([1, ("a", 2)], False),
        (Row(1, Row), False),
        (Row, False),
        (None, False),
    ],
)
def test_an_answers_own_idea_of_equality_does_not_count(answer: object, same: bool) -> None:
    assert identical(answer, (1, ("a", 2))) is same
