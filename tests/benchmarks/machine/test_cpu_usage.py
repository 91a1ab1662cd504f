"""Nobody's CPU passes for somebody else's."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.machine.cpu_usage import (
    TICK_S,
    CpuSnapshot,
    CpuUsage,
    adopting,
    below,
    cpu_s,
    snapshot,
    subreaper,
    usage_between,
    used_s,
)

SPIN = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"
# a master whose group is killed while it waits for a worker that spins
MASTER = f"""
import os, signal, subprocess, sys
os.setpgrp()
worker = subprocess.Popen([sys.executable, "-c", {SPIN.format(0.6)!r} + "import time\\ntime.sleep(60)"])
import psutil, time
while sum(psutil.Process(worker.pid).cpu_times()[:2]) < 0.5: time.sleep(0.02)
os.killpg(0, signal.SIGKILL)
"""


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_the_workers_of_a_master_that_was_killed_are_ours_and_not_a_disturbance() -> None:
    before, children = snapshot(), {child.pid for child in psutil.Process().children()}
    with adopting():
        subprocess.run([sys.executable, "-c", MASTER])
    assert usage_between(before, snapshot()).ours_s > 0.5
    alone = snapshot()
    subprocess.run([sys.executable, "-c", MASTER])
    assert usage_between(alone, snapshot()).ours_s < 0.5  # what it was without
    assert {child.pid for child in psutil.Process().children()} <= children


@pytest.mark.real
def test_what_a_process_and_its_children_used_is_counted_living_and_dead() -> None:
    program = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {SPIN.format(0.3)!r}])\n"
    with subprocess.Popen(
        [sys.executable, "-c", program + "print(flush=True)\ntime.sleep(60)"], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert used_s([parent.pid]) >= 0.3
        assert used_s([parent.pid]) == pytest.approx(cpu_s(psutil.Process(parent.pid)), abs=0.02)
        parent.kill()
    time.sleep(0.01)
    assert used_s([parent.pid]) == 0


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="the clocks of processes")
def test_what_a_server_has_started_is_no_other_program() -> None:
    """A database is the child of a program of ours: its work counted as other load, and every round as disturbed."""
    program = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'input()'])\n"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as server:
        while not (started := psutil.Process(server.pid).children()):
            time.sleep(0.01)
        assert not snapshot(frozenset({server.pid})).others.keys() & {child.pid for child in started}
        server.communicate(b"\n")


def test_the_descendants_of_a_process_are_found_whatever_their_numbers() -> None:
    parent_of = {2: 1, 3: 2, 4: 3, 5: 1, 6: 5, 7: 9}
    assert sorted(below([2, 5], parent_of)) == [3, 4, 6]
    assert below([1], parent_of, frozenset({2})) == [5, 6]


@pytest.mark.parametrize("elapsed_s", [0.02, 0.05, 0.08, 0.3, 2.0])
@pytest.mark.parametrize("cores", [1, 2, 64])
def test_five_percent_of_the_cores_disturb_a_round_of_any_length(elapsed_s: float, cores: int) -> None:
    """A round of 80 ms was called disturbed only from 40 % of the cores on."""
    share_s = elapsed_s * cores
    assert CpuUsage(elapsed_s, 0.0, 0.051 * share_s, 0.0).disturbed_by(cores) == "other programs"
    assert CpuUsage(elapsed_s, 0.0, 0.049 * share_s, 0.0).disturbed_by(cores) == ""
    assert CpuUsage(elapsed_s, 0.0, 0.0, 0.051 * share_s + TICK_S).disturbed_by(cores) == "the hypervisor"


def test_one_tick_of_the_hypervisor_that_may_have_begun_before_disturbs_no_round() -> None:
    assert not CpuUsage(0.05, 0.0, 0.0, TICK_S).disturbed(2)


def test_what_others_did_is_counted_process_by_process_and_newcomers_from_their_start() -> None:
    before = CpuSnapshot(0.0, 1.0, 5.0, 0.0, {7: 3.0, 8: 1.0, 9: 2.0})
    after = CpuSnapshot(0.05, 1.04, 5.05, 0.0, {7: 3.004, 8: 1.0, 10: 0.002})  # 9 has gone
    assert usage_between(before, after).others_s == pytest.approx(0.006)


def test_what_the_system_clearly_counted_beyond_that_counts_too() -> None:
    before, after = CpuSnapshot(0.0, 1.0, 5.0, 0.0, {7: 3.0}), CpuSnapshot(1.0, 1.5, 6.2, 0.0, {7: 3.1})
    assert usage_between(before, after).others_s == pytest.approx(0.7)
    assert usage_between(before, after, server_cpu_s=0.67).others_s == pytest.approx(0.1)


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="the clocks of processes")
def test_a_loop_that_is_nobodys_child_of_ours_takes_its_share_of_every_short_round(tmp_path: Path) -> None:
    subreaper(False)
    program = "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n"
    program += f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    program += "end = time.monotonic() + 20\nwhile time.monotonic() < end: pass\n"
    subprocess.run([sys.executable, "-c", program], check=True)
    deadline = time.monotonic() + 10
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid = int((tmp_path / "pid").read_text())
    try:
        usages = []
        for _ in range(20):
            before = snapshot()
            time.sleep(0.02)
            usages.append(usage_between(before, snapshot()))
    finally:
        psutil.Process(pid).kill()
    assert sum(usage.disturbed(cores=1) for usage in usages) > len(usages) / 2
