"""The path of a round and its terms, for rounds whose sum is known."""

from itertools import pairwise

import pytest

from benchmarks.attribution.path import Kind, Reading, Record, Step, Window
from benchmarks.attribution.terms import Timeline, attribute
from benchmarks.attribution.thread_state import State, interpreter_data, state_of
from benchmarks.core.time_terms import TERMS

ROUND, WORKER, OTHER = 1, 2, 3  # threads


def at(moment_s: float, cpu_s: float = 0.0, core_s: float = 0.0) -> Reading:
    return Reading(moment_s, cpu_s, core_s)


def threads_round() -> Record:
    """Two workers; the one that ends last waits 50 ms as asked, 10 ms for a late server, and runs for 2 ms."""
    steps = (
        Step(0, OTHER, at(1.001), at(1.002), at(1.055, 0.001)),
        Step(1, WORKER, at(1.009), at(1.010), at(1.080, 0.002, 0.003)),
    )
    served = {0: (1.003, 1.054), 1: (1.012, 1.072)}
    return Record(1.0, 1.082, ROUND, (at(1.0), at(1.082, 0.004)), steps, {0: 0.05, 1: 0.05}, served)


def loop_round() -> Record:
    """Three tasks of one loop, 50 ms each; the last was begun 2 ms after the first, and its answer waited for 4 ms."""
    steps = tuple(
        Step(n, ROUND, at(1.0), at(1.001 + n * 0.001, n * 0.001), at(1.053 + n * 0.002, 0.003 + n * 0.002))
        for n in range(3)
    )
    served = {n: (1.002 + n * 0.001, 1.052 + n * 0.001) for n in range(3)}
    return Record(1.0, 1.058, ROUND, (at(1.0), at(1.058, 0.008)), steps, dict.fromkeys(range(3), 0.05), served)


def look(moment_s: float, tid: int, state: State) -> list[float]:
    """One look of the sampler, which has no account of the thread."""
    return [moment_s, tid, state, 0.0, 0.0]


def test_no_moment_of_a_round_is_counted_twice_or_not_at_all() -> None:
    for record in (threads_round(), loop_round()):
        path = record.path()
        assert path[0].start_s == record.began_s
        assert path[-1].end_s == record.closed_s
        assert all(one.end_s == other.start_s for one, other in pairwise(path))


def test_the_terms_add_up_to_what_was_measured() -> None:
    for record in (threads_round(), loop_round()):
        terms = attribute([record, record], [])
        assert set(terms) == set(TERMS)
        assert sum(terms.values()) == pytest.approx(record.seconds)


def test_the_path_is_that_of_the_task_that_ended_last() -> None:
    terms = attribute([threads_round()], [])
    assert terms["asked"] == pytest.approx(0.05)
    assert terms["late"] == pytest.approx(0.01)
    assert terms["cpu"] == pytest.approx(0.002)
    assert terms["core"] == pytest.approx(0.003)


def test_what_nobody_saw_is_unattributed_and_never_spread() -> None:
    terms = attribute([threads_round()], [])
    assert terms["gil"] == terms["lock"] == terms["network"] == 0
    assert terms["unattributed"] > 0.004


def test_blocked_time_is_what_the_sampler_saw_of_it() -> None:
    samples = look(1.074, WORKER, State.GIL) + look(1.075, WORKER, State.GIL)
    samples += (
        look(1.076, WORKER, State.SOCKET) + look(1.077, WORKER, State.SOCKET) + look(1.078, WORKER, State.RUNNABLE)
    )
    terms = attribute([threads_round()], samples)
    blocked_s = 0.07 - 0.06 - 0.002 - 0.003
    assert terms["gil"] == pytest.approx(blocked_s / 2)
    assert terms["network"] == pytest.approx(blocked_s / 2)


def test_a_look_while_the_server_has_the_request_explains_nothing() -> None:
    terms = attribute([threads_round()], look(1.04, WORKER, State.GIL))
    assert terms["gil"] == 0


def test_a_loop_that_answers_others_first_spends_client_cpu() -> None:
    terms = attribute([loop_round()], [])
    assert terms["asked"] == pytest.approx(0.05)
    assert terms["cpu"] == pytest.approx(0.005, abs=0.002)
    assert terms["late"] == pytest.approx(0.0)


def test_a_blocking_call_in_a_loop_does_not_pass_for_the_network() -> None:
    record = loop_round()
    asleep = [moment for n in range(3) for moment in look(1.0545 + n * 1e-4, ROUND, State.SLEEP)]
    assert attribute([record], asleep)["network"] == 0
    assert attribute([record], asleep)["blocking"] > 0


def test_a_loop_that_is_held_all_the_time_does_not_pass_for_a_thread_that_waits() -> None:
    steps = tuple(Step(n, ROUND, at(1.0), at(1.0 + n * 0.02), at(1.02 + n * 0.02)) for n in range(3))
    record = Record(1.0, 1.06, ROUND, (at(1.0), at(1.06)), steps, loop=True)
    asleep = [value for n in range(3) for value in look(1.01 + n * 0.02, ROUND, State.SLEEP)]
    assert attribute([record], asleep)["blocking"] == pytest.approx(0.06)


def test_a_second_wave_belongs_to_the_path() -> None:
    steps = (
        Step(0, WORKER, at(1.0), at(1.0), at(1.05)),
        Step(1, OTHER, at(1.0), at(1.0), at(1.06)),
        Step(2, WORKER, at(1.0), at(1.051), at(1.101)),
    )
    record = Record(1.0, 1.101, ROUND, (at(1.0), at(1.101)), steps, dict.fromkeys(range(3), 0.05))
    assert [step.task for step in record.chain()] == [0, 2]
    assert attribute([record], [])["asked"] == pytest.approx(0.1)


def test_a_reading_that_is_a_tick_old_takes_no_time_back() -> None:
    line = Timeline([at(1.0, 0.5), at(1.1, 0.4), at(1.2, 0.7)])
    assert line.within(Window(Kind.WORK, 1, 1.0, 1.1)) == pytest.approx((0.0, 0.0))
    assert line.within(Window(Kind.WORK, 1, 1.0, 1.2)) == pytest.approx((0.2, 0.0))


MAPS = """55d0-55e0 r-xp 00000000 fe:00 1 /usr/bin/python3.13
5600-5700 rw-p 00000000 fe:00 1 /usr/bin/python3.13
5700-5800 rw-p 00000000 00:00 0
5900-5a00 rw-p 00000000 00:00 0 [heap]
7000-7100 rw-p 00000000 fe:00 2 /usr/lib/libc.so.6
7100-7200 rw-p 00000000 00:00 0
"""


def test_a_lock_does_not_pass_for_the_gil() -> None:
    data = interpreter_data(MAPS)
    assert data == ((0x5600, 0x5700), (0x5700, 0x5800))
    assert state_of("202 0x5740 0x189 0 0 0 0 0 0", data, "x86_64") == State.GIL
    assert state_of("202 0x5940 0x189 0 0 0 0 0 0", data, "x86_64") == State.LOCK
    assert state_of("202 0x7140 0x189 0 0 0 0 0 0", data, "x86_64") == State.LOCK


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("running", State.RUNNABLE),
        ("281 0x3 0x0", State.POLL),
        ("45 0x3 0x0", State.SOCKET),
        ("230 0x1 0x0", State.SLEEP),
        ("0 0x3 0x0", State.OTHER),
        ("", State.UNKNOWN),
    ],
)
def test_a_system_call_is_known_by_its_number(line: str, state: State) -> None:
    assert state_of(line, (), "x86_64") == state
