"""A round in which something was suspended is seconds longer, and nothing else shows it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.machine import heartbeat
from benchmarks.machine.heartbeat import BEAT_S, LATE_S, Heartbeat, covered_s, noticed, slept_s

ROOT = Path(__file__).parents[3]
# A process that is watched stops itself, a child or its whole group, is woken again, and says what was noticed.
WATCHED = """
import os, signal, subprocess, sys, time
from benchmarks.machine.heartbeat import Heartbeat
with Heartbeat() as heart:
    heart.wait(time.monotonic())
    child = subprocess.Popen(["sleep", "60"])
    whom = {"itself": os.getpid(), "child": child.pid, "group": -os.getpgrp()}.get(sys.argv[1])
    began = time.monotonic()
    waker = subprocess.Popen(["sh", "-c", f"sleep 0.8; kill -CONT {whom or os.getpid()}"], start_new_session=True)
    if whom:
        os.kill(whom, signal.SIGSTOP)
    waker.wait()
    ended = time.monotonic()
    child.kill()
    heart.wait(ended)
    print(heart.suspended_s(began, ended), flush=True)
"""


@pytest.mark.parametrize(
    ("pauses", "covered"),
    [
        ([], 0.0),
        ([(1.0, 2.0)], 1.0),
        ([(0.0, 11.0)], 10.0),
        ([(-5.0, -1.0), (11.0, 12.0)], 0.0),
        ([(-5.0, 1.0), (9.5, 12.0)], 1.5),
        ([(1.0, 3.0), (2.0, 4.0), (2.0, 2.5)], 3.0),
    ],
)
def test_only_what_lies_within_a_round_counts_and_that_once(pauses: list[tuple[float, float]], covered: float) -> None:
    assert covered_s(pauses, 0.0, 10.0) == covered


def test_a_beat_that_never_came_is_a_pause_and_a_late_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "state", lambda pid: "S")
    assert noticed(os.getpid(), 10.0, 10.0 + BEAT_S + 0.9 * LATE_S) is None
    assert noticed(os.getpid(), 10.0, 13.0) == (10.0 + BEAT_S, 13.0)


def test_a_beat_that_stood_in_the_queue_for_a_core_was_not_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty processes that start on two busy cores hold it back, too."""
    monkeypatch.setattr(heartbeat, "state", lambda pid: "S")
    assert noticed(os.getpid(), 10.0, 11.0, queued_s=0.9) is None
    assert noticed(os.getpid(), 10.0, 13.0, queued_s=0.5) == (10.5 + BEAT_S, 13.0)


@pytest.mark.parametrize(("state", "stopped"), [("R", False), ("S", False), ("Z", False), ("T", True), ("t", True)])
def test_a_process_that_is_stopped_or_held_by_a_debugger_is_noticed_between_two_beats(
    state: str, stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "state", lambda pid: state)
    monkeypatch.setattr(heartbeat, "family", lambda pid: iter([-1]))
    assert noticed(-1, 10.0, 10.0 + BEAT_S) == ((10.0, 10.0 + BEAT_S) if stopped else None)


@pytest.mark.parametrize(("later", "slept"), [(0.001, 0.0), (3600.0, 3600.0)])
def test_a_lid_that_was_closed_is_seen_and_a_core_taken_between_two_clocks_is_not(
    later: float, slept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "asleep_s", lambda: 100.0 + later)
    assert slept_s(100.0) == pytest.approx(slept)


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="states of processes are read from /proc")
@pytest.mark.parametrize(
    ("who", "least_s", "most_s"), [("itself", 0.3, 3.0), ("child", 0.3, 3.0), ("group", 0.3, 3.0), ("nobody", 0, 0.29)]
)
def test_whatever_is_stopped_meanwhile_is_noticed(who: str, least_s: float, most_s: float) -> None:
    program = [sys.executable, "-c", WATCHED, who]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60, start_new_session=True)
    assert least_s <= float(done.stdout) <= most_s, done.stderr


@pytest.mark.real
def test_a_heartbeat_ends_with_whoever_asked_for_it_however_that_ends() -> None:
    program = "import os, signal, sys\nfrom benchmarks.machine.heartbeat import Heartbeat\n"
    program += "heart = Heartbeat().__enter__()\nprint(heart.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    deadline = time.monotonic() + 5
    while heartbeat.state(int(done.stdout)) not in ("", "Z") and time.monotonic() < deadline:
        time.sleep(BEAT_S)
    assert heartbeat.state(int(done.stdout)) in ("", "Z")


@pytest.mark.real
def test_nothing_is_waited_for_from_a_heart_that_has_stopped() -> None:
    with Heartbeat() as heart:
        heart.process.kill()
        heart.process.wait()
        heart.wait(float("inf"))
