"""What lets go of the GIL? A kind of work in one thread, in two threads at once, and in two processes at once.

    threads_speedup      how many times the work of one thread two threads do
    processes_speedup    the same of two processes: no more can be had of this kind of work on this machine
    gil_released_share   what threads gain ÷ what processes gain: 0 where the GIL is held throughout, 1 where it is not

Each kind has an interpreter of its own, so that what one kind imports is not there when another is measured. Each
thread and process works on data of its own. Matrices are multiplied by one thread each: BLAS has threads of its own,
and would use both cores from one of ours. In the processes too it is a thread that works: the C library serves a
program's first thread from other memory, and that alone made lzma there a fifth slower. The three take turns, three
times over, each of them some 20 ms long, and the medians of their ratios count, so that drift cancels. Where processes
gain next to nothing, this machine had no second core to give at that moment, and the share is not known.

What you should see: hashing, compressing, blurring and NumPy let go; Python code does not, nor do `re` and `json`,
although they are written in C: they work on Python objects, which the GIL protects. Python without the GIL has
nothing to let go of.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import IO

from benchmarks.probes import Probe

Unit = Callable[[], object]  # a few milliseconds of a kind of work at the most

TASK_S, ROUNDS = 0.02, 3
LEAST_GAIN = 0.2  # of two processes, without which a share would be one noise divided by another
BLAS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
BYTES = 65_536


def python() -> Unit:
    """Python code: sums of primes."""
    from benchmarks.workloads.primes import FIRST, sum_of_primes

    return lambda: sum_of_primes(FIRST, FIRST + 200)


def json_text() -> Unit:
    """A document to JSON and back."""
    document = [{"id": number, "name": f"item {number}", "tags": ["a", "b"], "x": number / 7} for number in range(200)]
    return lambda: json.loads(json.dumps(document))


def regular_expression() -> Unit:
    """Addresses found in a text."""
    import re

    pattern = re.compile(r"[\w.]+@(?:\w+\.)+\w+")
    text = "nobody at all, some.body@example.org, and " * 100
    return lambda: pattern.findall(text)


def sha256() -> Unit:
    """A hash."""
    import hashlib

    block = bytes(16 * BYTES)
    return lambda: hashlib.sha256(block).digest()


def text() -> bytes:
    """What is compressed: neither all alike nor all noise."""
    return b"".join(b"%d, " % (number * number % 9973) for number in range(BYTES // 5))


def zlib_text() -> Unit:
    """A text compressed with zlib."""
    import zlib

    found = text()
    return lambda: zlib.compress(found)


def lzma_text() -> Unit:
    """A text compressed with lzma."""
    import lzma

    found = text()
    return lambda: lzma.compress(found, preset=0)


def pillow() -> Unit:
    """A picture blurred."""
    from benchmarks.workloads.images import BLUR, picture

    found = picture(0, 300)
    return lambda: found.filter(BLUR)


def elementwise() -> Unit:
    """Arithmetic with arrays that fit in a core's own cache, element by element."""
    import numpy as np

    values = np.linspace(0, 1, BYTES)
    found = np.empty_like(values)

    def unit() -> None:
        np.multiply(values, values, out=found)
        np.add(found, values, out=found)
        np.sqrt(found, out=found)

    return unit


def matrices() -> Unit:
    """A product of matrices."""
    import numpy as np

    values = np.linspace(0, 1, BYTES).reshape(256, 256)
    return lambda: values @ values


KINDS: dict[str, Callable[[], Unit]] = {
    "python": python,
    "json": json_text,
    "re": regular_expression,
    "sha256": sha256,
    "zlib": zlib_text,
    "lzma": lzma_text,
    "pillow": pillow,
    "numpy": elementwise,
    "matmul": matrices,
}


def repeat(unit: Unit, times: int) -> None:
    """A task: so many units."""
    for _ in range(times):
        unit()


def units(unit: Unit, seconds: float = TASK_S, clock: Callable[[], float] = thread_time) -> int:
    """How many units take so long, by the thread's own CPU time, once it is warm."""
    done, until = 0, clock() + seconds
    while clock() < until:
        unit()
        done += 1
    return max(1, done)


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def work_when_told(kind: str) -> None:
    """One process of two: for each number that it reads, so many units, and a line when they are done."""
    with threads(kind, 1) as one:
        for line in sys.stdin:
            one(int(line))
            print(flush=True)


class Worker:
    """The other end of such a process."""

    def __init__(self, kind: str) -> None:
        command = [sys.executable, "-c", f"from {__name__} import work_when_told; work_when_told({kind!r})"]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=root
        )

    def begin(self, times: int) -> None:
        """Tell it."""
        said(self.process.stdin).write(f"{times}\n")

    def end(self) -> None:
        """Wait until it is done. ConnectionError when it is gone."""
        if not said(self.process.stdout).readline():
            raise ConnectionError("a process that should have worked has ended")


def said(stream: IO[str] | None) -> IO[str]:
    """A pipe that was asked for."""
    assert stream
    return stream


@contextmanager
def two_processes(kind: str) -> Iterator[Callable[[int], None]]:
    """Two processes that are up and warm: a function that lets both do so many units."""
    workers = [Worker(kind) for _ in range(2)]

    def both(times: int) -> None:
        for worker in workers:
            worker.begin(times)
        for worker in workers:
            worker.end()

    try:
        both(1)
        yield both
    finally:
        for worker in workers:
            worker.process.communicate()


@contextmanager
def threads(kind: str, count: int) -> Iterator[Callable[[int], None]]:
    """The same with so many threads of this process."""
    jobs = [KINDS[kind]() for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        yield lambda times: list(pool.map(repeat, jobs, [times] * count)).clear()


def shares(rounds: list[tuple[float, float, float]]) -> dict[str, float | None]:
    """The metrics of several rounds: seconds of a task alone, of two in threads, of two in processes."""
    by_threads = median(2 * alone / together for alone, together, _ in rounds)
    by_processes = median(2 * alone / together for alone, _, together in rounds)
    known = by_processes - 1 >= LEAST_GAIN
    return {
        "threads_speedup": by_threads,
        "processes_speedup": by_processes,
        "gil_released_share": (by_threads - 1) / (by_processes - 1) if known else None,
    }


def measure(kind: str, task_s: float = TASK_S, rounds: int = ROUNDS) -> dict[str, float | None]:
    """Let the three take turns; each is timed alone before and after it, and the mean of both is what alone takes."""
    taken = []
    with threads(kind, 1) as one, threads(kind, 2) as two, two_processes(kind) as processes:
        unit = KINDS[kind]()
        unit()
        times = units(unit, task_s)
        for _ in range(rounds):
            before, in_threads = timed(lambda: one(times)), timed(lambda: two(times))
            in_processes, after = timed(lambda: processes(times)), timed(lambda: one(times))
            taken.append(((before + after) / 2, in_threads, in_processes))
    return shares(taken)


PROBES = (Probe(KINDS, ("threads_speedup", "processes_speedup", "gil_released_share"), concurrency=(2,)),)


def main() -> None:
    """Print the metrics of the kind of work that the command line names."""
    os.environ |= dict.fromkeys(BLAS, "1")
    print(json.dumps(measure(sys.argv[1])))
