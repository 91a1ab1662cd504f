"""Draw the charts on dark paper in a second process while this one draws those on light paper.

The process is our own verb, `python -m scripts.charts RUN --dark`: it reads the run itself, so nothing is handed
over, and it ends when we do, however we end. Rejected: a pool (it needs shared memory, and its workers outlive a killed
parent), threads (matplotlib computes, and holds the GIL).
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine.capacity import usable_cores
from scripts.util.paths import HOUSE
from scripts.util.processes import end_session

LONGEST_S = 120  # several times what it takes; then we draw them ourselves


@contextmanager
def parallel_drawing(run: Path) -> Iterator[Callable[[], bool]]:
    """Yields a function that waits for these charts: whether they were drawn. On one core nothing is started."""
    if usable_cores() < 2:
        yield lambda: False
        return
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "scripts.charts", str(run), "--dark", "--supervised"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # what goes wrong there goes wrong again here, and is told
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
    )
    try:
        yield lambda: succeeded(process)
    finally:
        end_session(process)


def succeeded(process: subprocess.Popen[bytes]) -> bool:
    """Wait for a process: whether it ended in time, and well."""
    try:
        return process.wait(LONGEST_S) == 0
    except subprocess.TimeoutExpired:
        return False
