"""Which code releases the GIL? The same work in one thread, in two threads, and in two processes.

    threads_speedup      work of two threads ÷ work of one
    processes_speedup    work of two processes ÷ work of one thread: the most that this machine can do
    gil_released_share   gain of threads ÷ gain of processes: 0 if the GIL is held throughout, 1 if never

Each kind of work has an interpreter of its own, so that no kind sees another's imports. Each thread and process has its
own data. BLAS is limited to one thread, because its own threads would use both cores. In the processes a thread does
the work as well: the C library allocates from other memory in a program's first thread, which made lzma a fifth slower.
The three alternate three times, some 20 ms each, and the medians of their ratios count, so that drift cancels. Where
processes gain next to nothing, the machine had no second core at that moment, and the share is unknown.

What you should see: hashing, compressing, blurring and NumPy release the GIL. Python code holds it, and so do `re` and
`json`: they are written in C but work on Python objects, which the GIL protects. A build without the GIL has none to
release.
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

Unit = Callable[[], object]  # at most a few milliseconds of one kind of work

TASK_S, ROUNDS = 0.02, 3
LEAST_GAIN = 0.2  # of two processes; below it a share would be noise divided by noise
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
    """Search a text for addresses."""
    import re

    pattern = re.compile(r"[\w.]+@(?:\w+\.)+\w+")
    text = "nobody at all, some.body@example.org, and " * 100
    return lambda: pattern.findall(text)


def sha256() -> Unit:
    """Hash one block."""
    import hashlib

    block = bytes(16 * BYTES)
    return lambda: hashlib.sha256(block).digest()


def text() -> bytes:
    """A text to compress: neither uniform nor noise."""
    return b"".join(b"%d, " % (number * number % 9973) for number in range(BYTES // 5))


def zlib_text() -> Unit:
    """A text compressed with zlib."""
    import zlib

    data = text()
    return lambda: zlib.compress(data)


def lzma_text() -> Unit:
    """A text compressed with lzma."""
    import lzma

    data = text()
    return lambda: lzma.compress(data, preset=0)


def pillow() -> Unit:
    """A picture blurred."""
    from benchmarks.workloads.images import BLUR, picture

    image = picture(0, 300)
    return lambda: image.filter(BLUR)


def elementwise() -> Unit:
    """Element-wise arithmetic on arrays that fit in a core's cache."""
    import numpy as np

    values = np.linspace(0, 1, BYTES)
    out = np.empty_like(values)

    def unit() -> None:
        np.multiply(values, values, out=out)
        np.add(out, values, out=out)
        np.sqrt(out, out=out)

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
    """Run the unit that many times: one task."""
    for _ in range(times):
        unit()


def units(unit: Unit, seconds: float = TASK_S, clock: Callable[[], float] = thread_time) -> int:
    """How many units take that much CPU time of the thread, after a warm-up."""
    done, until = 0, clock() + seconds
    while clock() < until:
        unit()
        done += 1
    return max(1, done)


def timed(work: Callable[[], object]) -> float:
    """Duration in seconds."""
    began = perf_counter()
    work()
    return perf_counter() - began


def work_on_request(kind: str) -> None:
    """In a worker process: for each number on standard input run that many units, then print a line."""
    with threads(kind, 1) as one:
        for line in sys.stdin:
            one(int(line))
            print(flush=True)


class Worker:
    """A worker process."""

    def __init__(self, kind: str) -> None:
        command = [sys.executable, "-c", f"from {__name__} import work_on_request; work_on_request({kind!r})"]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=root
        )

    def begin(self, times: int) -> None:
        """Start that many units."""
        pipe(self.process.stdin).write(f"{times}\n")

    def end(self) -> None:
        """Wait until the units are done. ConnectionError if the process has ended."""
        if not pipe(self.process.stdout).readline():
            raise ConnectionError("a process that should have worked has ended")


def pipe(stream: IO[str] | None) -> IO[str]:
    """A pipe of a process that was started with one."""
    assert stream
    return stream


@contextmanager
def two_processes(kind: str) -> Iterator[Callable[[int], None]]:
    """Start and warm up two processes; yields a function that runs that many units in both."""
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
    """Start that many threads; yields a function that runs that many units in each."""
    jobs = [KINDS[kind]() for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        yield lambda times: list(pool.map(repeat, jobs, [times] * count)).clear()


def shares(rounds: list[tuple[float, float, float]]) -> dict[str, float | None]:
    """The metrics of rounds: seconds of one task, of two in threads, of two in processes."""
    by_threads = median(2 * alone / together for alone, together, _ in rounds)
    by_processes = median(2 * alone / together for alone, _, together in rounds)
    known = by_processes - 1 >= LEAST_GAIN
    return {
        "threads_speedup": by_threads,
        "processes_speedup": by_processes,
        "gil_released_share": (by_threads - 1) / (by_processes - 1) if known else None,
    }


def measure(kind: str, task_s: float = TASK_S, rounds: int = ROUNDS) -> dict[str, float | None]:
    """Measure the three in turns; the time of one task is the mean of before and after."""
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
