"""How much computing the machine really does: independent spinning processes, one at a time and all at once.

`os.cpu_count()` is a hope: two cores gave 1.04 to 1.9 times the work of one, from minute to minute. So the capacity is
sampled in every block, for each kind of work that its cells compute, with that kind's own loop: `digest` kept its speed
while `primes` moved by a factor of two.

A core's speed is taken by CPU time, for what others take is no slower core; how much all cores do at once is taken on
the wall. `latest` says what the machine gave just now, and stands beside each round. An ideal time is held to the
moment of its round: to the most that the samples `around` it show, from just before the cell to just after it. A round
that beats even that has the machine looked at once more, and what `sequential` did counts as a look of its own: by the
best of a whole run two cores had a "limit" of 2.63, and by a single look sequential code reached 173 % of it.

Rejected: threads (the GIL), a pool (its queue is part of what would be measured), one sample a run (it drifts).
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path, PurePosixPath
from typing import Self

from benchmarks.machine.calibration import NUMBERS, Calibration, kind_of
from benchmarks.machine.calibration import rates as rates_of
from benchmarks.workloads import Capacity, Workload
from servers.subprocesses import own_environment

SPIN_S = 0.05  # more than ten pieces of the longest kind, and short enough to repeat many times a block
GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # where Linux keeps control groups
MAX_AGE_S = 5.0  # of a sample when a cell computes; it was seen to change within seconds
# Ideal ÷ measured time beyond which a round is above its ideal: samples of 50 ms on one machine differ by some 5 %.
ABOVE = 1.1


def cgroup_quota() -> float | None:
    """Cores that the control groups around this process allow; None when none of them sets a limit."""
    return min(filter(None, map(cores_allowed, groups())), default=None)


def groups() -> Iterator[Path]:
    """The folders of this process's group and of those above it, as far as they are seen here; of both versions."""
    for line in OWN_GROUPS.read_text().splitlines() if OWN_GROUPS.exists() else []:
        _, controllers, own = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            for group in (PurePosixPath(own), *PurePosixPath(own).parents):
                yield GROUPS / ("cpu" if controllers else "") / group.relative_to("/")


def cores_allowed(group: Path) -> float | None:
    """Cores that one control group allows; None when it sets no limit."""
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        with suppress(OSError, ValueError):
            limit, period = " ".join((group / name).read_text() for name in names).split()
            return None if limit in ("max", "-1") else int(limit) / int(period)
    return None


def usable_cores() -> int:
    """Cores that this process may use: its affinity, and no more than the cgroup's quota, rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, ceil(cgroup_quota() or cores))


class SpinProcess:
    """A process that computes on request, and ends when its standard input closes."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", __name__]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=root,
            process_group=0,  # Ctrl-C is for the process that reads the rates
            env=own_environment(),
        )

    def begin(self, kind: str) -> None:
        """Do that kind of work, from now on for SPIN_S."""
        assert self.process.stdin
        self.process.stdin.write(f"{kind} {SPIN_S}\n")

    def rates(self) -> tuple[float, float]:
        """Units per second on the wall and per second of CPU, of the spin just begun."""
        assert self.process.stdout
        wall, cpu = self.process.stdout.readline().split()
        return float(wall), float(cpu)

    def close(self) -> None:
        """Let it leave, and wait until it has."""
        self.process.communicate()


def rates(kind: str, spinners: list[SpinProcess]) -> list[tuple[float, float]]:
    """What each does, on the wall and by CPU time, while all spin at the same time."""
    for spinner in spinners:
        spinner.begin(kind)
    return [spinner.rates() for spinner in spinners]


def most(samples: list[Capacity]) -> Capacity:
    """The most that one core did, and the most that all did together, in whichever samples."""
    speed = max(sample.speed for sample in samples)
    return Capacity(speed, max(sample.speed * sample.parallel for sample in samples) / speed)


class CapacityMonitor:
    """Samples the capacity for each kind of work when a cell computes it; one that waits needs no new sample."""

    def __init__(
        self, pace: Calibration, cores: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.pace, self.clock = pace, clock
        self.cores = cores or usable_cores()
        self.samples: dict[str, list[tuple[float, Capacity]]] = {}  # each with the moment at which it was taken

    def __enter__(self) -> Self:
        self.spinners = [SpinProcess() for _ in range(self.cores)]
        self.sample()
        return self

    def __exit__(self, *reason: object) -> None:
        for spinner in self.spinners:
            spinner.close()

    @property
    def pids(self) -> set[int]:
        """The spinners' processes, which belong to no cell."""
        return {spinner.process.pid for spinner in self.spinners}

    def sample(self, kind: str = NUMBERS) -> Capacity:
        """Look now; a kind's first look finds cold caches, and is thrown away."""
        if kind not in self.samples:
            self.measure_once(kind)
        return self.add(kind, self.measure_once(kind))

    def add(self, kind: str, capacity: Capacity) -> Capacity:
        """Keep what the machine has shown just now."""
        self.samples.setdefault(kind, []).append((self.clock(), capacity))
        return capacity

    def measure_once(self, kind: str) -> Capacity:
        """Measure all cores at once between two measurements of one core, so that a drift of the clock rate cancels."""
        before, before_cpu = rates(kind, self.spinners[:1])[0]
        together = sum(wall for wall, _ in rates(kind, self.spinners))
        after, after_cpu = rates(kind, self.spinners[-1:])[0]
        parallel = min(max(1.0, 2 * together / (before + after)), float(self.cores))
        return Capacity(speed=(before_cpu + after_cpu) / 2 / self.pace.rates[kind], parallel=parallel)

    def age_s(self, kind: str) -> float:
        """How old the latest sample of a kind is."""
        return self.clock() - self.samples[kind][-1][0] if kind in self.samples else float("inf")

    def latest(self, workload: Workload) -> Capacity:
        """The latest sample of the workload's kind, renewed when it computes and the sample is too old."""
        kind = kind_of(workload)
        needed = kind not in self.samples or (workload.compute_s(0) and self.age_s(kind) > MAX_AGE_S)
        return self.sample(kind) if needed else self.samples[kind][-1][1]

    def best(self, workload: Workload) -> Capacity:
        """The most of the workload's kind that was seen so far."""
        return most([capacity for _, capacity in self.samples[kind_of(workload)]])

    def around(self, workload: Workload, since: float) -> Capacity:
        """The most of the workload's kind that was seen from MAX_AGE_S before a moment of our clock until now."""
        samples = self.samples[kind_of(workload)]
        return most([capacity for at, capacity in samples if at >= since - MAX_AGE_S] or [samples[-1][1]])

    def renew(self, workload: Workload, oldest_s: float = 0.0) -> None:
        """Look again, unless the workload only waits or the latest sample is younger than that."""
        if workload.compute_s(0) and self.age_s(kind_of(workload)) >= oldest_s:
            self.sample(kind_of(workload))

    def ideal_s(self, workload: Workload, tasks: list[int], concurrency: int, took_s: float, since: float) -> float:
        """The ideal time of a round that began at `since` and took so long.

        For a round faster than all samples around it, the capacity is sampled once more.
        """
        if workload.ideal_s(tasks, concurrency, self.around(workload, since)) > took_s:
            self.renew(workload)
        return workload.ideal_s(tasks, concurrency, self.around(workload, since))


if __name__ == "__main__":
    for line in sys.stdin:
        kind, seconds = line.split()
        print(*rates_of(kind, float(seconds)), flush=True)
