"""The same "50 ms" is the same work: sized by CPU time, until trials agree, or said not to be steady."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.machine import calibration
from benchmarks.machine.calibration import MOST_TRIALS, NUMBERS, STEADY, TRIALS, Calibration, rates, settle
from benchmarks.machine.switches import block_environment

ROOT = Path(__file__).parents[3]


def test_trials_are_repeated_until_they_agree() -> None:
    trials = iter([50.0, 60.0, 80.0, 100.0, 101.0, 99.0, 100.0, 100.0, 7.0])
    assert settle(lambda: next(trials)) == [100.0, 101.0, 99.0, 100.0, 100.0]
    assert next(trials) == 7.0


def test_a_machine_that_never_settles_is_left_after_some_trials_and_said_not_to_be_steady(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trials: list[int] = []

    def drifting(kind: str, seconds: float) -> tuple[float, float]:
        trials.append(1)
        return 1.0, 100.0 * (1 + STEADY) ** len(trials)

    monkeypatch.setattr(calibration, "rates", drifting)
    measured = Calibration.measure([NUMBERS])
    assert len(trials) == 1 + MOST_TRIALS
    assert not measured.steady
    assert measured.described()["spreads"][NUMBERS] == pytest.approx((1 + STEADY) ** (TRIALS - 1) - 1)


def test_a_steady_machine_says_so_and_records_how_far_its_trials_were_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = iter([1.0, 100.0, 102.0, 101.0, 100.0, 100.0])
    monkeypatch.setattr(calibration, "rates", lambda kind, seconds: (1.0, next(trials)))
    measured = Calibration.measure([NUMBERS])
    assert measured.described() == {
        "rates": {NUMBERS: 100.0},
        "spreads": {NUMBERS: pytest.approx(0.02)},
        "steady": True,
    }


def test_what_others_take_meanwhile_is_no_slower_core(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, cpu = iter(range(1000)), iter(number / 2 for number in range(1000))  # half of the core is others'
    monkeypatch.setattr(calibration, "perf_counter", lambda: float(next(wall)))
    monkeypatch.setattr(calibration, "thread_time", lambda: float(next(cpu)))
    monkeypatch.setitem(calibration.PIECES, NUMBERS, lambda: next(cpu) and 10)
    by_wall, by_cpu = rates(NUMBERS, 10.0)
    assert by_cpu == pytest.approx(2 * by_wall, rel=0.2)


@pytest.mark.real
def test_a_calibration_under_a_mood_is_made_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = subprocess.run(
        [sys.executable, "-X", "tracemalloc", "-c", PROGRAM], cwd=ROOT, env=block_environment(), stdout=subprocess.PIPE
    )
    traced, clean = json.loads(slow.stdout)
    assert traced is True
    assert clean["rates"].keys() == calibration.PIECES.keys()
    assert clean["traced"] is False


PROGRAM = """
import json, subprocess, tracemalloc
from benchmarks.machine import calibration
run, seen = subprocess.run, []
def watched(command, **more):
    seen.append(command)
    return run(command, **more)
subprocess.run = watched
found = calibration.Calibration.of_blocks()
moods = run([*seen[0][:-2], "-c", "import tracemalloc; print(tracemalloc.is_tracing())"], stdout=subprocess.PIPE)
print(json.dumps([tracemalloc.is_tracing(), {"rates": found.rates, "traced": b"True" in moods.stdout}]))
"""
