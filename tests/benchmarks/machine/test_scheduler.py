"""The kernel's account of threads: read whole, and absent rather than zero where there is none."""

import sys
import threading
import time
from pathlib import Path

import pytest

from benchmarks.machine.scheduler import ThreadTimes, process_times, thread_times


def process(proc: Path, threads: dict[int, str]) -> None:
    for tid, text in threads.items():
        (proc / "7" / "task" / str(tid)).mkdir(parents=True)
        (proc / "7" / "task" / str(tid) / "schedstat").write_text(text)


def test_the_units_of_the_kernel_are_not_mistaken(tmp_path: Path) -> None:
    process(tmp_path, {7: "1500000000 250000000 3\n", 8: "500000000 750000000 2\n"})
    assert thread_times(7, tmp_path)[8] == ThreadTimes(0.5, 0.75, 2)
    assert process_times(7, tmp_path) == ThreadTimes(2.0, 1.0, 5)


def test_a_kernel_without_the_account_does_not_pass_for_a_process_that_never_waited(tmp_path: Path) -> None:
    process(tmp_path, {7: ""})
    assert thread_times(7, tmp_path) == {}
    assert process_times(7, tmp_path) is None
    assert process_times(8, tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps this account")
def test_a_thread_that_waits_is_not_counted_as_running() -> None:
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()
    time.sleep(0.05)
    assert thread.native_id is not None
    assert thread_times()[thread.native_id].cpu_s < 0.05
    leave.set()
    thread.join()
