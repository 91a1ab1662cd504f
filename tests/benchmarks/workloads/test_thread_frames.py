"""The frames of all threads are read without a wait for a lock that the reader itself holds."""

import gc
import subprocess
import sys
import threading
from pathlib import Path

from benchmarks.workloads._thread_frames import thread_frames

ROOT = Path(__file__).parents[3]
# A collection begins after as many allocations as each round says: also within the call, among the frames that it makes
# of new threads. Before Python 3.11.9 the garbage, threading.local in a cycle, then waits for the lock of that call.
COLLECTING = """
import gc, threading
from benchmarks.workloads._thread_frames import thread_frames

class Cycle: pass

for allocations in range(0, 40, 2):
    leave = threading.Event()
    threads = [threading.Thread(target=leave.wait, daemon=True) for _ in range(20)]
    for thread in threads: thread.start()
    gc.collect()
    gc.disable()
    for _ in range(100):
        one = Cycle()
        one.itself, one.local = one, threading.local()
        one.local.value = 1
    del one
    gc.set_threshold(gc.get_count()[0] + allocations, 1, 1)
    gc.enable()
    assert len(thread_frames()) == 21
    leave.set()
    for thread in threads: thread.join()
"""


def test_a_collection_of_garbage_meanwhile_does_not_hang() -> None:
    ended = subprocess.run([sys.executable, "-c", COLLECTING], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_garbage_collector_is_left_as_it_was() -> None:
    before = gc.get_threshold(), gc.isenabled()
    assert threading.get_ident() in thread_frames()
    assert (gc.get_threshold(), gc.isenabled()) == before


def test_nothing_reads_the_frames_in_another_way() -> None:
    files = [file for folder in ("benchmarks", "scripts", "overlap_bench") for file in (ROOT / folder).rglob("*.py")]
    own = [file.name for file in files if "sys._current_frames()" in file.read_text()]
    assert own == ["_thread_frames.py"]
