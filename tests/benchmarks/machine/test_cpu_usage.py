"""Nobody's CPU passes for somebody else's."""

import subprocess
import sys
import time

import psutil
import pytest

from benchmarks.machine.cpu_usage import adopting, cpu_s, snapshot, usage_between, used_s

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
    before = snapshot()
    with adopting():
        subprocess.run([sys.executable, "-c", MASTER])
    assert usage_between(before, snapshot()).ours_s > 0.5
    alone = snapshot()
    subprocess.run([sys.executable, "-c", MASTER])
    assert usage_between(alone, snapshot()).ours_s < 0.5  # what it was without
    assert not psutil.Process().children()


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
