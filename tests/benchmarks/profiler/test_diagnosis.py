"""What stops a model: from recorded evidence the right cause or "can't tell", and never a wrong one."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.core.time_terms import BLOCKING, CPU, ELSEWHERE, GIL, LOCK, LOOP_HELD, NETWORK, TERM_WORDS
from benchmarks.profiler.diagnosis import CAN_NOT_TELL, Diagnosis, Machine, diagnose
from benchmarks.profiler.evidence import Evidence
from benchmarks.profiler.sizing import LoadStep
from benchmarks.profiler.timeline import a_second_longer, end_spread

QUIET = Machine(parallel=1.9, available_bytes=4e9)
FLAT = (10.0, 10.2, 9.9)
RISING = (10.0, 20.0, 40.0, 80.0)


def evidence_of(**more: Any) -> Evidence:
    """Evidence of a process in which nothing much happens."""
    usual = {"seconds": 0.5, "cores_busy": 0.05, "own_cores_busy": 0.05, "core_wait": 0.01}
    return Evidence(**{**usual, "voluntary_switches": 100, "involuntary_switches": 5, "gil_late": 0.0, **more})


def sweep(rates: tuple[float, ...], evidence: Evidence, **more: Any) -> list[LoadStep]:
    """1, 2, 4, … in flight with these rates, and that evidence at each."""
    steps = (2**step for step in range(len(rates)))
    return [
        LoadStep(
            size, 40, 40 / rate, rate, evidence.cores_busy, max(1 / rates[0], size / rate), evidence=evidence, **more
        )
        for size, rate in zip(steps, rates, strict=True)
    ]


def cause(model: str, steps: list[LoadStep], machine: Machine = QUIET) -> str:
    return diagnose(model, steps, machine).cause


SHARES = (0.55, 0.7, 0.8, 0.9, 1.0)
BLOCKED = [
    (blocked, cpu, wait)
    for blocked, cpu, wait in itertools.product(SHARES, (0.01, 0.1), (0.0, 0.05))
    if blocked - cpu - wait > 0.36
]


@pytest.mark.parametrize(("blocked", "cpu", "wait"), BLOCKED)
def test_a_call_that_blocks_the_loop_is_found_by_its_heartbeat(blocked: float, cpu: float, wait: float) -> None:
    evidence = evidence_of(
        loop_blocked=blocked,
        loop_cpu=cpu,
        loop_core_wait=wait,
        loop_longest_gap_s=0.021,
        loop_blocked_at="a.py, line 7",
    )
    diagnosis = diagnose("asyncio", sweep(FLAT, evidence), QUIET)
    assert diagnosis.cause == "blocked loop"
    assert "awork calls something that blocks (a.py, line 7)" in diagnosis.sentence
    assert "Next: await it, or put it into asyncio.to_thread()" in diagnosis.sentence


@pytest.mark.parametrize(("blocked", "wait"), [(0.6, 0.5), (0.9, 0.8), (0.4, 0.0), (1.0, 0.9)])
def test_a_loop_that_had_no_core_is_not_called_blocked(blocked: float, wait: float) -> None:
    evidence = evidence_of(loop_blocked=blocked, loop_cpu=0.05, loop_core_wait=wait, loop_longest_gap_s=0.1)
    assert cause("asyncio", sweep(FLAT, evidence), replace(QUIET, disturbed=True)) == CAN_NOT_TELL


@pytest.mark.parametrize("cpu", [0.8, 0.85, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("parallel", [1.4, 1.9, 4.0])
def test_a_loop_that_computes_is_one_core_and_not_blocked(cpu: float, parallel: float) -> None:
    evidence = evidence_of(cores_busy=cpu + 0.06, loop_blocked=0.95, loop_cpu=cpu, loop_longest_gap_s=0.02)
    machine = replace(QUIET, parallel=parallel, waits=False)
    assert cause("asyncio", sweep(FLAT, evidence), machine) == "one core"


@pytest.mark.parametrize("share", [0.5, 0.6, 0.75, 0.9, 0.97])
@pytest.mark.parametrize("cores", [0.03, 0.5, 0.98])
def test_a_lock_is_found_where_the_workers_stand(share: float, cores: float) -> None:
    """Also where the one that holds it computes: one core is busy, and it is not the GIL."""
    evidence = evidence_of(
        cores_busy=cores, gil_late=0.02, waits={"lock": share, "other": 1 - share}, waits_at="a.py, line 9"
    )
    diagnosis = diagnose("threads", sweep(FLAT, evidence), QUIET)
    assert diagnosis.cause == "lock"
    assert "waited for a lock (a.py, line 9)" in diagnosis.why


@pytest.mark.parametrize(("kind", "share"), [*itertools.product(("semaphore", "pool"), (0.5, 0.6, 0.7, 0.8, 0.95))])
@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_a_pool_that_lets_fewer_in_is_found_where_the_workers_stand(model: str, kind: str, share: float) -> None:
    evidence = evidence_of(waits={kind: share, "other": 1 - share}, waits_at="a.py, line 3")
    assert cause(model, sweep((10.0, 20.0, 21.0, 20.0), evidence)) == "pool cap"


@pytest.mark.parametrize("limit", [5, 6, 8, 12, 20, 32])
@pytest.mark.parametrize("queued", [1, 10])
def test_the_cap_of_the_default_pool_is_named(limit: int, queued: int) -> None:
    evidence = evidence_of(pool_limit=limit, pool_queued=queued, loop_blocked=0.1, loop_cpu=0.05)
    diagnosis = diagnose("asyncio", sweep((10.0, 20.0, 40.0, 60.0, 61.0, 60.0), evidence), QUIET)
    assert diagnosis.cause == "pool cap"
    assert f"asyncio.to_thread has {limit} threads" in diagnosis.why
    assert "set_default_executor(ThreadPoolExecutor(32))" in diagnosis.change


@pytest.mark.parametrize("cores", [0.86, 0.9, 0.95, 1.0, 1.05, 1.14])
@pytest.mark.parametrize("late", [0.25, 0.5, 0.9])
def test_the_gil_is_named_where_one_core_is_busy_and_sleepers_are_kept_waiting(cores: float, late: float) -> None:
    evidence = evidence_of(cores_busy=cores, gil_late=late, waits={"other": 1.0})
    assert cause("threads", sweep(FLAT, evidence), replace(QUIET, waits=False)) == "GIL"


@pytest.mark.parametrize(
    ("cores", "late", "parallel"), [(0.95, 0.02, 1.9), (1.0, 0.1, 1.9), (0.95, 0.8, 1.2), (0.9, None, 1.9)]
)
def test_one_busy_core_is_not_the_gil_without_its_sign(cores: float, late: float | None, parallel: float) -> None:
    """A lock in C, or a machine with one core to give."""
    evidence = evidence_of(cores_busy=cores, gil_late=late)
    assert cause("threads", sweep(FLAT, evidence), replace(QUIET, parallel=parallel, waits=False)) == CAN_NOT_TELL


@pytest.mark.parametrize("parallel", [1.2, 1.5, 1.9, 2.0, 3.6, 7.5])
@pytest.mark.parametrize("model", ["threads", "processes", "asyncio"])
def test_all_cores_are_named_where_they_were_busy(model: str, parallel: float) -> None:
    evidence = evidence_of(cores_busy=0.97 * parallel, gil_late=0.1, loop_cpu=0.3 if model == "asyncio" else None)
    diagnosis = diagnose(model, sweep((10.0, 18.0, 18.5), evidence), replace(QUIET, parallel=parallel, waits=False))
    assert diagnosis.cause == "all cores"
    assert "one core" not in diagnosis.sentence


@pytest.mark.parametrize("slow", [2, 3, 5, 9, 20])
@pytest.mark.parametrize("retries", [1, 7])
def test_a_full_listen_backlog_is_known_by_whole_seconds_and_connections_asked_for_again(
    slow: int, retries: int
) -> None:
    steps = sweep((40.0, 80.0, 30.0), evidence_of(syn_retransmits=retries), a_second_longer=slow)
    diagnosis = diagnose("threads", steps, QUIET)
    assert diagnosis.cause == "backlog"
    assert f"{slow} of 40 tasks took whole seconds longer" in diagnosis.why


@pytest.mark.parametrize("slow", [2, 3, 5, 9, 20])
@pytest.mark.parametrize("retries", [0, None])
def test_slow_seconds_alone_are_no_backlog(slow: int, retries: int | None) -> None:
    steps = sweep((40.0, 80.0, 30.0), evidence_of(syn_retransmits=retries), a_second_longer=slow)
    assert cause("threads", steps) == CAN_NOT_TELL


@pytest.mark.parametrize("rate", [25.0, 26.0, 35.0, 47.0, 52.0, 74.0])
@pytest.mark.parametrize("spread", [0.02, 0.2])
def test_an_even_rate_that_is_no_multiple_of_one_task_is_a_rate_limit(rate: float, spread: float) -> None:
    steps = sweep((10.0, min(20.0, rate), *[rate] * 4), evidence_of(connections=16), end_spread=spread)
    diagnosis = diagnose("asyncio", steps, QUIET)
    assert diagnosis.cause == "rate limit"
    assert f"{rate:.3g} tasks/s" in diagnosis.why


@pytest.mark.parametrize(("rate", "spread"), [(40.0, 0.05), (30.0, 0.1), (10.0, 0.02), (47.0, 0.6), (47.0, None)])
def test_a_rate_that_could_be_a_server_with_so_many_workers_is_not_called_a_limit(
    rate: float, spread: float | None
) -> None:
    steps = sweep((10.0, min(20.0, rate), *[rate] * 3), evidence_of(connections=16), end_spread=spread)
    assert cause("asyncio", steps) == CAN_NOT_TELL


@pytest.mark.parametrize("size", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_one_connection_for_all_tasks_is_named(model: str, size: int) -> None:
    diagnosis = diagnose(model, sweep((10.0,) * size, evidence_of(connections=1), end_spread=0.05), QUIET)
    assert diagnosis.cause == "one connection"
    assert f"{2 ** (size - 1)} tasks in flight shared a single connection" in diagnosis.why


@pytest.mark.parametrize("connections", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_a_pool_of_fewer_connections_is_named(model: str, connections: int) -> None:
    rates = [10.0 * min(2**step, connections) for step in range(6)]
    assert cause(model, sweep(tuple(rates), evidence_of(connections=connections), end_spread=1.0)) == "pool cap"


@pytest.mark.parametrize("connections", [1, 2, 4, 8])
def test_few_connections_behind_a_limiter_of_the_program_are_not_called_the_cause(connections: int) -> None:
    limited = sweep(
        (10.0, 10.1, 9.9, 10.0, 10.0), evidence_of(connections=connections, waits={"sleep": 0.8}), end_spread=0.05
    )
    assert cause("asyncio", limited) == CAN_NOT_TELL
    sweeps = sweep((10.0, 10.1, 9.9, 10.0, 10.0), evidence_of(connections=connections, waits={"limiter": 0.8}))
    assert cause("asyncio", sweeps) == "rate limit"


@pytest.mark.parametrize("needs", [2.1e9 / 8, 1e9, 4e9, 5e8, 3e8])
@pytest.mark.parametrize("model", ["threads", "processes", "asyncio"])
def test_memory_that_would_run_out_stops_before_anything_else(model: str, needs: float) -> None:
    diagnosis = diagnose(model, sweep(RISING, evidence_of(cores_busy=1.8)), replace(QUIET, bytes_per_task=needs))
    assert diagnosis.cause == "memory"
    assert f"MOST_AT_ONCE = {max(1, int(2e9 / needs))}" in diagnosis.change


@pytest.mark.parametrize("model", ["threads", "processes", "asyncio"])
@pytest.mark.parametrize("rates", [RISING, (10.0, 19.0, 37.0), (10.0, 15.0)])
def test_what_still_gains_is_stopped_by_nothing(model: str, rates: tuple[float, ...]) -> None:
    assert cause(model, sweep(rates, evidence_of(loop_blocked=0.05, loop_cpu=0.02))) == "waits"


def test_a_service_that_is_asked_for_one_at_a_time_is_stopped_by_the_files_own_limit() -> None:
    assert (
        "as many as the file has or allows"
        in diagnose("threads", sweep((10.0,), evidence_of()), replace(QUIET, most=1)).why
    )


@pytest.mark.parametrize("cores", [0.5, 0.7, 1.3])
def test_work_that_computes_is_never_said_to_wait(cores: float) -> None:
    noisy = sweep((10.0, 12.0, 15.0), evidence_of(cores_busy=cores, gil_late=0.4))
    assert cause("threads", noisy, replace(QUIET, waits=False, disturbed=True)) == CAN_NOT_TELL


def test_what_others_took_is_blamed_on_nobody() -> None:
    assert (
        cause("threads", sweep((10.0, 20.0, 21.0, 20.0), evidence_of()), replace(QUIET, disturbed=True)) == CAN_NOT_TELL
    )


def recordings() -> Iterator[tuple[str, list[LoadStep], Machine]]:
    """Many kinds of evidence, put together at random order: each sign on and off."""
    cores, late, blocked = (0.05, 0.5, 0.95, 1.5, 1.9), (0.0, 0.5), (None, 0.1, 0.95)
    waits: tuple[dict[str, float], ...] = ({}, {"lock": 0.8}, {"other": 1.0})
    for model, busy, kept, loop, waited, rates in itertools.product(
        ("threads", "processes", "asyncio"), cores, late, blocked, waits, (FLAT, RISING)
    ):
        evidence = evidence_of(
            cores_busy=busy, gil_late=kept, loop_blocked=loop, loop_cpu=0.9 if busy > 0.9 else 0.05, waits=waited
        )
        for disturbed, parallel in itertools.product((False, True), (1.0, 1.9)):
            yield model, sweep(rates, evidence), replace(QUIET, disturbed=disturbed, parallel=parallel)


def test_no_sentence_contradicts_its_own_figures() -> None:
    """Never again: "one core: 1.5 cores were busy", "all cores: 0.36 cores were busy"."""
    for model, steps, machine in recordings():
        diagnosis: Diagnosis = diagnose(model, steps, machine)
        used = max(step.cores_used for step in steps[-2:])
        if diagnosis.cause in ("one core", "GIL"):
            assert 0.85 <= used <= 1.15, diagnosis.sentence
        if diagnosis.cause == "all cores":
            assert used >= 0.85 * machine.parallel, diagnosis.sentence
        if diagnosis.cause == "blocked loop":
            assert steps[-1].evidence is not None
            assert steps[-1].evidence.loop_blocked == 0.95
        assert diagnosis.sentence.startswith(f"{model}: ")
        assert diagnosis.sentence.count(". ") <= 1, diagnosis.sentence


def test_what_stops_a_model_is_called_as_make_why_calls_it() -> None:
    """Never again: the survey says "a lock" and the attribution "waiting for a lock", as if they were two things."""
    cases = [diagnose(*recording) for recording in recordings()]
    terms = {case.cause: case.term for case in cases}
    assert set(terms.values()) >= {CPU, BLOCKING, LOCK}
    cases.append(Diagnosis("threads", "GIL", "1 cores were busy of 1.9"))
    assert cases[-1].term == GIL
    for case in cases:
        words = {BLOCKING: LOOP_HELD, NETWORK: ELSEWHERE}.get(case.term, TERM_WORDS.get(case.term, ""))
        assert case.sentence.startswith(f"{case.model}: {words}"), case.sentence


def test_tasks_that_took_whole_seconds_longer_are_counted() -> None:
    assert a_second_longer([0.02] * 10 + [1.03, 1.2, 2.1, 3.05]) == 4
    assert a_second_longer([0.02] * 10 + [0.5, 0.9, 1.6]) == 0
    assert a_second_longer([1.0, 1.1, 1.05]) == 0
    assert a_second_longer([5.0]) == 0


def test_ends_at_an_even_pace_are_told_from_bursts() -> None:
    even = [0.02 * place for place in range(40)]
    bursts = [0.1 * (place // 5) + 0.0001 * (place % 5) for place in range(40)]
    assert end_spread(even) == pytest.approx(0.0, abs=1e-6)
    assert (end_spread(bursts) or 0.0) > 1.5
    assert end_spread(even[:5]) is None
