"""Do known answers find a harness that is wrong? In time that nobody waits for, but for one short round."""

import time

import pytest

from benchmarks.machine.capacity import usable_cores
from benchmarks.selfcheck.known_durations import KNOWN, ErrorEstimate, OneAtATime, ReferenceRound, Spin, find, waits
from benchmarks.workloads import Capacity
from benchmarks.workloads.sleep import Sleep


def estimate(*rounds_s: float) -> ErrorEstimate:
    """Rounds of an answer that lasts 80 ms in four waits."""
    return ErrorEstimate(waits("threads", 20, 5), rounds_s)


def test_known_times_follow_from_the_schedule() -> None:
    assert waits("threads", 20, 5).seconds == pytest.approx(4 * 0.02)
    assert waits("threads", 21, 5).seconds == pytest.approx(5 * 0.02)
    assert ReferenceRound("", "sequential", Spin(), 8, 1).seconds == pytest.approx(8 * 0.02)


def test_a_toy_that_does_not_scale_is_not_expected_to() -> None:
    assert OneAtATime(delay_s=0.005).ideal_s(list(range(20)), 4, Capacity()) == pytest.approx(20 * 0.005)
    assert Sleep(delay_s=0.005).ideal_s(list(range(20)), 4, Capacity()) == pytest.approx(5 * 0.005)


def test_the_scaling_pair_does_four_times_the_work_in_the_same_time() -> None:
    one, four = (rounds for rounds in KNOWN if rounds.what.startswith(("5 waits, 1", "20 waits, 4")))
    assert four.tasks == 4 * one.tasks
    assert four.seconds == one.seconds


def test_waits_in_a_row_are_counted_and_spins_are_none() -> None:
    assert waits("asyncio", 20, 5).waits == 4
    assert ReferenceRound("", "threads", OneAtATime(delay_s=0.005), 20, 4).waits == 20
    assert ReferenceRound("", "sequential", Spin(), 8, 1).waits == 0


def test_one_disturbed_round_is_not_the_error_of_the_harness() -> None:
    assert estimate(0.081, 0.0812, 0.5).error_s == pytest.approx(0.0012)
    assert estimate(0.081, 0.0812, 0.5).least_error_s == pytest.approx(0.001)


def test_late_wake_ups_are_told_from_the_harness() -> None:
    assert estimate(0.083).own_error_s(late_s=0.0005) == pytest.approx(0.001)


def test_the_aim_is_one_percent_and_a_millisecond() -> None:
    assert estimate(0.083).aim_s == pytest.approx(0.0018)


class Liar(Sleep):
    """Answers, but with another task's number."""

    def perform(self, client: None, task: int) -> int:
        return task + 1


def test_an_answer_that_is_wrong_has_no_time() -> None:
    with pytest.raises(ValueError, match="task 0 got the answer 1 instead of 0"):
        find(ReferenceRound("a lie", "sequential", Liar(delay_s=0.0), 2, 1))


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.parametrize("reference", KNOWN, ids=lambda reference: reference.what)
def test_no_round_beats_the_time_that_it_must_take(reference: ReferenceRound) -> None:
    assert find(reference).least_error_s >= -time.get_clock_info("perf_counter").resolution * 100


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.skipif(usable_cores() < 2, reason="a spin on a core that others use has no known end")
def test_the_harness_adds_less_than_its_aim_to_a_spin() -> None:
    spins = find(KNOWN[0])
    assert spins.least_error_s <= spins.aim_s
