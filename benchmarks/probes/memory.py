"""What one waiting task costs in memory: the whole process tree with every task waiting, less the same without.

PSS (each shared page divided among those who share it), so that forked workers are charged their share and no more.
In an interpreter of its own: memory that an earlier cell freed would be handed out again and make a model look free.
"""

import json
import sys
import threading
import time

import psutil

from benchmarks.models import model
from benchmarks.workloads.sleep import Sleep

WAIT_S = 0.4  # how long each task waits; long enough for all of them to have started
LOOKS = 10  # at the memory, while they wait


def tree_bytes() -> int:
    """Proportional set size of this process and its descendants; unique set size where the system has no PSS."""
    process = psutil.Process()
    return sum(own_bytes(one) for one in [process, *process.children(recursive=True)])


def own_bytes(process: psutil.Process) -> int:
    """One process's share."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.uss))


def bytes_per_task(name: str, waiting: int) -> float:
    """Peak growth of the tree per task with `waiting` tasks waiting at once under the model called `name`."""
    opened = model(name)
    with opened(Sleep(delay_s=0.01), 1) as run:  # load what the model loads before the first look
        run([0])
    before, peaks = tree_bytes(), [0]

    def look() -> None:
        for _ in range(LOOKS):
            time.sleep(WAIT_S / LOOKS)
            peaks.append(tree_bytes())

    watcher = threading.Thread(target=look)
    watcher.start()
    with opened(Sleep(delay_s=WAIT_S), waiting) as run:
        run(list(range(waiting)))
    watcher.join()
    return (max(peaks) - before) / waiting


def main() -> None:
    """Print what one waiting task costs under the model that the command line names."""
    print(json.dumps({"bytes_per_task": bytes_per_task(sys.argv[1], int(sys.argv[2]))}))
