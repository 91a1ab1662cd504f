"""How much computing the machine really does: independent spinning processes, one at a time and all at once.

`os.cpu_count()` is a hope: two cores gave 1.04 to 1.9 times the work of one, from minute to minute. So the parallel
capacity is sampled in every block, before it and again whenever the last sample is older than MAX_AGE_S.

Rejected: threads (the GIL), a pool (its queue is part of what would be measured), one sample a run (it drifts).
"""

import os
import subprocess
import sys
import time
from math import ceil
from pathlib import Path
from typing import Self

from benchmarks.workloads import Capacity
from benchmarks.workloads.primes import FIRST, sum_of_primes

SPIN_S = 0.1  # some 100 looks at the clock, and short enough to repeat several times a block
MAX_AGE_S = 10.0  # the capacity was seen to change from minute to minute
CHUNK = 200  # numbers between two looks at the clock: well under 1 ms


def spin(seconds: float) -> float:
    """Numbers visited per second by the `primes` workload's own loop."""
    began, visited = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        sum_of_primes(FIRST, FIRST + CHUNK)
        visited += CHUNK
    return visited / elapsed


def cgroup_quota() -> float | None:
    """Cores that the cgroup (version 2) allows; None when it sets no limit."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if limit == "max" else int(limit) / int(period)


def usable_cores() -> int:
    """Cores that this process may use: its affinity, and no more than the cgroup's quota, rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, ceil(cgroup_quota() or cores)))


class Spinner:
    """A process that spins when told, and leaves when its standard input closes."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", __name__]
        root = Path(__file__).parent.parent
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=root
        )

    def begin(self) -> None:
        """Spin, from now on for SPIN_S."""
        assert self.process.stdin
        self.process.stdin.write(f"{SPIN_S}\n")

    def rate(self) -> float:
        """Numbers per second of the spin just begun."""
        assert self.process.stdout
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """Let it leave, and wait until it has."""
        self.process.communicate()


def rates(spinners: list[Spinner]) -> list[float]:
    """What each does while all spin at the same time."""
    for spinner in spinners:
        spinner.begin()
    return [spinner.rate() for spinner in spinners]


class Gauge:
    """Samples the capacity now and then; `now()` is the latest sample."""

    def __init__(self, numbers_per_s: float, cores: int | None = None) -> None:
        self.numbers_per_s = numbers_per_s
        self.cores = cores or usable_cores()
        self.sampled_at = float("-inf")
        self.latest = Capacity()

    def __enter__(self) -> Self:
        self.spinners = [Spinner() for _ in range(self.cores)]
        self.sample()  # the first one finds cold caches, and is thrown away
        self.sample()
        return self

    def __exit__(self, *reason: object) -> None:
        for spinner in self.spinners:
            spinner.close()

    @property
    def pids(self) -> set[int]:
        """The spinners' processes, which belong to no cell."""
        return {spinner.process.pid for spinner in self.spinners}

    def sample(self) -> Capacity:
        """All at once between two spins of one alone, so that a drift of the clock rate cancels."""
        before = rates(self.spinners[:1])[0]
        together = sum(rates(self.spinners))
        alone = (before + rates(self.spinners[-1:])[0]) / 2
        parallel = min(max(1.0, together / alone), float(self.cores))
        self.latest = Capacity(speed=alone / self.numbers_per_s, parallel=parallel)
        self.sampled_at = time.monotonic()
        return self.latest

    def now(self) -> Capacity:
        """The latest sample, renewed when it is too old."""
        return self.sample() if time.monotonic() - self.sampled_at > MAX_AGE_S else self.latest


if __name__ == "__main__":
    for line in sys.stdin:
        print(spin(float(line)), flush=True)
