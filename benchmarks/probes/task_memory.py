"""Memory per waiting task: growth of the whole process tree while all tasks wait, divided by their number.

Measured as PSS (each shared page divided among its processes), so that forked workers count their share only. It runs
in an interpreter of its own: memory freed by an earlier cell would be reused and make a model look free.

Each task appends a byte to a file, which works across threads, processes and loops, and then waits. When all bytes are
there, the memory is measured. If all is one process, the tasks wait endlessly and the probe exits at once: joining ten
thousand threads would take twenty seconds. Worker processes end when the file is deleted: killing them would leave
their semaphores behind.

What you should see: two to six KiB per coroutine with the semaphore that it waits for, ten per greenlet, twenty per
thread, megabytes per process. With few tasks, fixed costs (a loop, gevent's process) are most of it; with ten thousand
they no longer count.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.models import model, needs, without_cluster
from benchmarks.probes import Probe
from benchmarks.workloads import EVERY_FORM, Workload
from benchmarks.workloads.sleep import Sleep

SIZES = (10, 1_000, 10_000, 100_000)
FOR_EVER_S, STEP_S = 600.0, 0.1
SETTLE_S = 0.05  # from a task's byte until the task waits
PATIENCE_S = 40.0
METRICS, ARGUMENTS = ("bytes_per_task",), ("model", "concurrency")
CLASSICAL = {"threads": 1_000, "asyncio": 1_000, "processes": 10}  # measured in every run
# The smallest and largest number of waiting tasks; 1,000 by default, enough to exceed the fixed costs.
# 100,000 greenlets would take gigabytes; 10,000 threads take ten seconds to start, and a nursery eight for 100,000
# tasks. On uvloop a coroutine takes as much in 100,000 as in 10,000.
RANGES = {
    "sequential": (1, 1),
    "threads": (10, 1_000),
    "asyncio": (10, 100_000),
    "uvloop": (1_000, 10_000),
    "trio": (1_000, 10_000),
    "gevent": (10, 10_000),
}
FEW = (10, 10)  # where each task that waits has a process or an interpreter of its own: a thousand would take gigabytes


def has_children(name: str) -> bool:
    """Whether the model's tasks wait in other processes or interpreters, which must be ended in an orderly way."""
    needed = needs(name)
    return needed.isolated or needed.workers == "processes" or needed.child_process


def is_measured(name: str, waiting: int) -> bool:
    """Whether so many waiting tasks of the model are measured."""
    least, most = FEW if needs(name).interpreter_per_worker else RANGES.get(name, (1_000, 1_000))
    return least <= waiting <= most


def is_classical(name: str, waiting: int) -> bool:
    """Whether this is measured in every run."""
    return CLASSICAL.get(name) == waiting


def is_further(name: str, waiting: int) -> bool:
    """Whether this is measured on request only."""
    return is_measured(name, waiting) and not is_classical(name, waiting)


@dataclass(frozen=True)
class Noted(Workload):
    """The same workload, each of whose tasks adds a byte to a file before it begins."""

    name = "noted"
    forms = EVERY_FORM
    workload: Workload
    path: str

    def note(self) -> None:
        """Append a byte."""
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        os.write(file, b".")
        os.close(file)

    def client(self) -> AbstractContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.client()

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """The wrapped workload's."""
        return self.workload.aclient()

    def for_library(self, library: str) -> "Noted":
        """The wrapped workload awaiting with that library."""
        return replace(self, workload=self.workload.for_library(library))

    def perform(self, client: Any, task: int) -> Any:
        """Note, and perform."""
        self.note()
        return self.workload.perform(client, task)

    def aperform(self, client: Any, task: int) -> Coroutine[Any, Any, Any]:
        """Note, and return the wrapped coroutine itself: a coroutine around it would need memory too."""
        self.note()
        return self.workload.aperform(client, task)


@dataclass(frozen=True)
class Held(Noted):
    """The workload, each task repeated until the file is deleted."""

    def exists(self) -> bool:
        """Whether the file is still there."""
        return os.path.exists(self.path)

    def perform(self, client: Any, task: int) -> Any:
        """Note, and perform until the file is deleted."""
        answer = super().perform(client, task)
        while self.exists():
            answer = self.workload.perform(client, task)
        return answer

    async def aperform(self, client: Any, task: int) -> Any:
        """Note, and perform until the file is deleted."""
        answer = await super().aperform(client, task)
        while self.exists():
            answer = await self.workload.aperform(client, task)
        return answer


def tree_bytes() -> int:
    """Proportional set size of this process and its descendants; unique set size where the system has no PSS."""
    import psutil  # imported here, because a sub-interpreter, which imports this module, cannot import it

    def own_bytes(process: psutil.Process) -> int:
        try:
            memory = process.memory_full_info()
        except psutil.Error:
            return 0
        return int(getattr(memory, "pss", memory.uss))

    process = psutil.Process()
    return sum(own_bytes(one) for one in [process, *process.children(recursive=True)])


def wait_until(noted: Callable[[], int], waiting: int) -> None:
    """Return when all tasks are waiting. TimeoutError if they do not all start."""
    given_up_at = time.monotonic() + PATIENCE_S
    while noted() < waiting:
        if time.monotonic() > given_up_at:
            raise TimeoutError(f"only {noted()} of {waiting} tasks were waiting after {PATIENCE_S:g} s")
        time.sleep(0.002)
    time.sleep(SETTLE_S)


def bytes_per_task(name: str, waiting: int, tell: Callable[[float], None]) -> None:
    """Measure the growth of the process tree per task while `waiting` tasks wait, and pass it to `tell`."""
    opened, begin = model(name), threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noted")
        path.touch()
        with opened(Noted(Sleep(delay_s=0.01), str(path)), needs(name).min_concurrency) as run:
            run([0])  # load the model's packages before the first measurement
        path.write_bytes(b"")

        def look() -> None:
            before = tree_bytes()
            begin.set()
            try:
                wait_until(lambda: path.stat().st_size, waiting)
                tell((tree_bytes() - before) / waiting)
            finally:
                path.unlink()

        watcher = threading.Thread(target=look)
        watcher.start()
        begin.wait()
        usage_bytes = (
            Held(Sleep(delay_s=STEP_S), str(path))
            if has_children(name)
            else Noted(Sleep(delay_s=FOR_EVER_S), str(path))
        )
        with opened(usage_bytes, waiting) as run:
            run(list(range(waiting)))
        watcher.join()


PROBES = (
    Probe(CLASSICAL, METRICS, "", (Sleep(),), SIZES, where=is_classical, arguments=ARGUMENTS, opt_in=False),
    Probe(without_cluster(), METRICS, "", (Sleep(),), SIZES, where=is_further, arguments=ARGUMENTS),
)


def main() -> None:
    """Print the metric of the model and number of tasks that the command line names."""
    name, waiting = sys.argv[1], int(sys.argv[2])

    def tell(growth: float) -> None:
        print(json.dumps({"bytes_per_task": growth}), flush=True)
        if not has_children(name):
            os._exit(0)

    bytes_per_task(name, waiting, tell)
