"""What `make doctor` measures on this machine: numbers only, no judgement.

Everything is sampled as the suite itself uses it: the spinning loop is that of `primes`, the processes are those of the
gauge, the sleepers sleep as long as a task waits and as many at once as the I/O experiments let in.
"""

import os
import resource
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Self

from benchmarks.backends.databases import KINDS, described
from benchmarks.machine.calibration import BLOCKS, NUMBERS, TRIAL_S, Calibration, rate
from benchmarks.machine.capacity import CapacityMonitor
from benchmarks.machine.cpu_usage import snapshot, usage_between
from benchmarks.machine.switches import interpreter_moods, kept_switches, switches
from benchmarks.metadata.environment import first_line, machine, python
from benchmarks.selfcheck.known_durations import KNOWN, ErrorEstimate, find

SLEEPERS = 20  # at once, as in the I/O experiment
SHORT_S, LONG_S = 0.001, 0.02
SLEEPS = 300  # of each length: p99 needs 299
STEAL_S = 1.0  # of doing nothing: steal and other load come in bursts
CAPACITY_SAMPLES = 5  # samples of the parallel capacity, which drifts from second to second
TICKS = 2000  # of the clock, to see its smallest step
SHM = Path("/dev/shm")
THREAD_LIMITS = ("/sys/fs/cgroup/pids.max", "/proc/sys/kernel/threads-max")


@dataclass(frozen=True)
class Lateness:
    """How late sleeping threads wake."""

    p50_s: float
    p99_s: float


@dataclass(frozen=True)
class Limits:
    """The limits of the system, read first: without them nothing else can be measured."""

    files: int  # most that may be open at once, after raising the limit as far as allowed
    threads: int | None  # most that this user may have
    shm_bytes: int | None  # free in /dev/shm
    locks: bool  # whether processes can share a lock, which a pool needs
    loopback: bool

    @classmethod
    def read(cls) -> Self:
        """The limits now."""
        return cls(open_files(), max_threads(), shm_bytes(), can_share_locks(), can_connect())


@dataclass(frozen=True)
class Readings:
    """All readings, in base units; None for what this system does not report."""

    machine: dict[str, Any]  # as in environment.json
    python: dict[str, Any]
    affinity: int
    turbo: bool | None
    steal_share: float  # of all cores, while we did nothing
    others_share: float
    short_sleep: Lateness  # sleeps of SHORT_S, one at a time
    long_sleep: Lateness  # sleeps of LONG_S, SLEEPERS at once
    timer_s: float
    python_threads: float  # how many times one thread's work two threads do: Python code
    c_threads: float  # C code that releases the GIL
    capacity_samples: tuple[float, ...]  # samples of the parallel capacity
    limits: Limits
    error_estimates: tuple[ErrorEstimate, ...]
    databases: Sequence[tuple[str, str]] = ()  # each with its version, or why it is unavailable
    switches: Mapping[str, str] = field(default_factory=dict)  # variables that would change what a block measures
    kept: frozenset[str] = frozenset()  # those that KEEP_ENV names
    moods: tuple[str, ...] = ()  # what changes this interpreter: tracing, development mode


def turbo() -> bool | None:
    """Whether the clock may rise above its nominal rate."""
    if (no_turbo := first_line("/sys/devices/system/cpu/intel_pstate/no_turbo")) is not None:
        return no_turbo == "0"
    boost = first_line("/sys/devices/system/cpu/cpufreq/boost")
    return None if boost is None else boost == "1"


def busy_shares() -> tuple[float, float]:
    """The shares of all cores that the hypervisor and other processes use while we do nothing."""
    before = snapshot()
    time.sleep(STEAL_S)
    usage = usage_between(before, snapshot())
    core_s = usage.elapsed_s * (os.cpu_count() or 1)
    return usage.steal_s / core_s, usage.others_s / core_s


def sleep_late(delay_s: float, sleeps: int) -> list[float]:
    """How late each of several successive sleeps ends."""
    late = []
    for _ in range(sleeps):
        began = time.perf_counter()
        time.sleep(delay_s)
        late.append(time.perf_counter() - began - delay_s)
    return late


def lateness(delay_s: float, sleepers: int) -> Lateness:
    """The lateness of SLEEPS sleeps in `sleepers` threads."""
    with ThreadPoolExecutor(sleepers) as pool:
        series = pool.map(lambda _: sleep_late(delay_s, SLEEPS // sleepers), range(sleepers))
        lateness_s = sorted(one for several in series for one in several)
    return Lateness(lateness_s[len(lateness_s) // 2], lateness_s[len(lateness_s) * 99 // 100])


def timer_step_s() -> float:
    """The median step of the clock when it is read as often as possible."""
    readings = [time.perf_counter() for _ in range(TICKS)]
    return median(later - earlier for earlier, later in pairwise(readings) if later > earlier)


def thread_speedup(kind: str) -> float:
    """The throughput of two threads over that of one, which is measured before and after."""
    with ThreadPoolExecutor(2) as pool:
        before = rate(kind, TRIAL_S)
        together = sum(pool.map(rate, [kind] * 2, [TRIAL_S] * 2))
        return 2 * together / (before + rate(kind, TRIAL_S))


def capacity_samples() -> tuple[float, ...]:
    """Samples of the parallel capacity, sequentially."""
    with CapacityMonitor(Calibration({NUMBERS: rate(NUMBERS, TRIAL_S)})) as gauge:
        return tuple(gauge.sample().parallel for _ in range(CAPACITY_SAMPLES))


def max_threads() -> int | None:
    """The smaller of the user's limit and the control group's."""
    limits = [resource.getrlimit(resource.RLIMIT_NPROC)[1], *map(read_number, THREAD_LIMITS)]
    finite = [limit for limit in limits if limit is not None and limit != resource.RLIM_INFINITY]
    return min(finite, default=None)


def read_number(path: str) -> int | None:
    """The number in a file; None for "max", or without one."""
    text = first_line(path)
    return int(text) if text and text.isdigit() else None


def open_files() -> int:
    """The hard limit: a run raises the soft one to it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 2**31 if hard == resource.RLIM_INFINITY else hard


def shm_bytes() -> int | None:
    """Bytes free in /dev/shm; None where it is missing."""
    try:
        usage = os.statvfs(SHM)
    except OSError:
        return None
    return usage.f_bavail * usage.f_frsize


def can_share_locks() -> bool:
    """Whether a lock that processes share can be made."""
    try:
        get_context("forkserver").Lock()
    except (OSError, ImportError):
        return False
    return True


def can_connect() -> bool:
    """Whether this process can reach itself over 127.0.0.1."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 2):
            return True
    except OSError:
        return False


def databases() -> list[tuple[str, str]]:
    """Each database by its name, with what it is here, or why it is unavailable."""
    here = described()
    return [(kind.called, here.get(name, kind.unavailable_reason())) for name, kind in KINDS.items()]


def read_all(limits: Limits) -> Readings:
    """Take all other readings: some ten seconds, in which no other program should be busy."""
    steal_share, others_share = busy_shares()
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Readings(
        machine=machine(),
        python=python(),
        affinity=affinity,
        turbo=turbo(),
        steal_share=steal_share,
        others_share=others_share,
        short_sleep=lateness(SHORT_S, 1),
        long_sleep=lateness(LONG_S, SLEEPERS),
        timer_s=timer_step_s(),
        python_threads=median(thread_speedup(NUMBERS) for _ in range(3)),
        c_threads=median(thread_speedup(BLOCKS) for _ in range(3)),
        capacity_samples=capacity_samples(),
        limits=limits,
        error_estimates=tuple(find(known) for known in KNOWN),
        databases=databases(),
        switches=switches(),
        kept=frozenset(kept_switches()),
        moods=tuple(interpreter_moods()),
    )
