"""What is seen of a process while a model runs in it: how its loop beats, where its workers wait, what its cores do.

A workload that wraps the user's starts a heartbeat in each loop; a thread looks at the workers' frames every few
milliseconds. Both cost something, so this is done in a trial and never in a round that counts.
"""

import asyncio
import resource
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter, process_time, thread_time  # before a user's file is imported, which may replace them
from typing import Any

import psutil

from benchmarks.core.traced import TracedWorkload
from benchmarks.machine.cpu_usage import snapshot, usage_between
from benchmarks.machine.scheduler import core_wait_s
from benchmarks.profiler.places import Place, awaiting_at, blocking_at, running_at

BEAT_S = 0.005  # between two beats of a loop, and between two looks at the threads
LATE_S = 0.002  # a beat or a look that is later than this was held up; timers are a tenth of that late
BEATS_A_LOOK = 4  # coroutines are looked at as rarely as that: going through thousands takes a millisecond
BEATS_A_COUNT = 40  # connections are counted as rarely as that: the system lists them all
TASKS_AT_MOST = 128  # of them in one look
NETWORK = Path("/proc/net/netstat")


@dataclass(frozen=True)
class Evidence:
    """What was seen during one step of a sweep; None where this system or this model does not show it.

    Shares are of the time (loop, GIL, cores waited for) or of the workers that were seen inside a task (places).
    """

    seconds: float
    cores_busy: float  # of the process and all its children
    own_cores_busy: float  # of the threads of this process alone
    core_wait: float | None  # cores' worth of threads that were ready and had no core
    voluntary_switches: int
    involuntary_switches: int
    loop_blocked: float | None = None  # share of the time in which the loop could not run what was due
    loop_longest_gap_s: float | None = None
    loop_cpu: float | None = None  # share of the time in which the loop's thread computed
    loop_core_wait: float = 0.0  # share of the time in which it was ready and had no core
    loop_blocked_at: str = ""  # the line that was seen most often while it was blocked
    gil_late: float | None = None  # share of its time in which a thread that only sleeps could not go on
    waits: dict[str, float] = field(default_factory=dict)  # share of the workers by the kind of thing they wait for
    waits_at: str = ""  # the line at which most of them wait
    pool_limit: int = 0  # threads of the loop's default pool, where calls waited for one of them
    pool_queued: int = 0  # the most calls that waited
    connections: int = 0  # the most that were open at once
    syn_retransmits: int | None = None  # connections that had to be asked for again


@dataclass
class Observations:
    """What the heartbeat and the watching thread add up."""

    loop_thread: int | None = None
    loop_native_id: int = 0
    beat_at: float = 0.0
    late: list[float] = field(default_factory=list)
    blocked_at: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    places: dict[str, Counter[str]] = field(default_factory=dict)
    workers: int = 0
    lateness_s: list[float] = field(default_factory=list)  # how late each was
    pool_limit: int = 0
    pool_queued: int = 0
    connections: int = 0
    watch_cpu_s: float = 0.0  # what watching costs, which is not the model's

    def add(self, place: Place) -> None:
        """Count a worker that was seen inside a task."""
        self.workers += 1
        self.kinds[place.kind] += 1
        self.places.setdefault(place.kind, Counter())[place.line] += 1


@dataclass(frozen=True)
class WatchedWorkload(TracedWorkload):
    """The traced workload, with a heartbeat in each loop that it is opened in."""

    observations: Observations = field(default_factory=Observations)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process is not watched: it gets the traced workload alone."""
        return TracedWorkload, (self.workload, self.clock)

    @asynccontextmanager
    async def aclient(self) -> AsyncIterator[Any]:
        """Open the user's, and let a heart beat beside it."""
        async with self.workload.aclient() as client:
            beat = asyncio.create_task(heartbeat(self.observations))
            try:
                yield client
            finally:
                beat.cancel()
                with suppress(asyncio.CancelledError):
                    await beat


async def heartbeat(observations: Observations) -> None:
    """Note how late each beat is, and where coroutines wait meanwhile."""
    loop, mine = asyncio.get_running_loop(), asyncio.current_task()
    observations.loop_thread, observations.loop_native_id = threading.get_ident(), threading.get_native_id()
    for beat in count():
        observations.beat_at = began = perf_counter()
        try:
            await asyncio.sleep(BEAT_S)
        finally:  # also when it is ended: a loop that was blocked to the end has not beaten once
            observations.late.append(max(0.0, perf_counter() - began - BEAT_S))
        look_at_pool(getattr(loop, "_default_executor", None), observations)
        for task in list(asyncio.all_tasks() - {mine})[:TASKS_AT_MOST] if beat % BEATS_A_LOOK == 0 else []:
            if place := awaiting_at(task):
                observations.add(place)


def look_at_pool(pool: Any, observations: Observations) -> None:
    """How many calls wait for one of the threads of a loop's default pool."""
    queued = pool._work_queue.qsize() if pool is not None and hasattr(pool, "_work_queue") else 0
    if queued and len(pool._threads) >= pool._max_workers:
        observations.pool_limit, observations.pool_queued = pool._max_workers, max(observations.pool_queued, queued)


@contextmanager
def watching(observations: Observations) -> Iterator[None]:
    """Look at the threads every few milliseconds, until the block ends."""
    done, known = threading.Event(), {threading.get_ident()}

    def watch() -> None:
        known.add(threading.get_ident())
        for look in count():
            queued, began = core_wait_s(), perf_counter()
            if done.wait(BEAT_S):
                return
            took = perf_counter() - began - (core_wait_s() - queued)
            observations.lateness_s.append(max(0.0, took - BEAT_S))
            if look % BEATS_A_COUNT == BEATS_A_COUNT // 4:
                observations.connections = max(observations.connections, open_connections())
            blocked = (
                observations.loop_thread is not None and perf_counter() - observations.beat_at > BEAT_S + 2 * LATE_S
            )
            if blocked and observations.loop_thread and (line := running_at(observations.loop_thread)):
                observations.blocked_at[line] += 1
            for place in blocking_at(known):
                observations.add(place)
            observations.watch_cpu_s = thread_time()

    watcher = threading.Thread(target=watch, name="watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@dataclass(frozen=True)
class Marks:
    """The kernel's counts at one moment."""

    cpu: Any
    own_cpu_s: float
    watch_cpu_s: float
    queued_s: float | None
    switches: tuple[int, int]
    loop_cpu_s: float | None
    loop_queued_s: float
    retransmits: int | None

    @classmethod
    def now(cls, observations: Observations) -> "Marks":
        """As they are."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        threads = [thread.native_id for thread in threading.enumerate() if thread.native_id]
        queued = sum(map(core_wait_s, threads)) if Path("/proc/thread-self/schedstat").exists() else None
        return cls(
            snapshot(), process_time(), observations.watch_cpu_s, queued, (usage.ru_nvcsw, usage.ru_nivcsw),
            thread_cpu_s(observations.loop_thread), core_wait_s(observations.loop_native_id), syn_retransmits(),
        )  # fmt: skip


def thread_cpu_s(ident: int | None) -> float | None:
    """CPU of one thread of this process; None where there is none, or no such clock."""
    if ident is None or not hasattr(time, "pthread_getcpuclockid"):
        return None
    with suppress(OSError):
        return time.clock_gettime(time.pthread_getcpuclockid(ident))
    return None


def open_connections() -> int:
    """How many connections to other programs this process has open; 0 where the system does not tell."""
    with suppress(psutil.Error, OSError):
        return sum(one.status == psutil.CONN_ESTABLISHED for one in psutil.Process().net_connections("tcp"))
    return 0


def syn_retransmits() -> int | None:
    """How often connections had to be asked for again on this system (Linux); None where it does not tell."""
    with suppress(OSError, ValueError, StopIteration):
        lines = iter(line.split() for line in NETWORK.read_text().splitlines())
        for names, values in zip(lines, lines, strict=True):
            if names[0] == "TcpExt:":
                return int(values[names.index("TCPSynRetrans")])
    return None


def between(before: Marks, after: Marks, observations: Observations) -> Evidence:
    """What the counts and looks of a step come to."""
    usage = usage_between(before.cpu, after.cpu)
    took, late = usage.elapsed_s, [one for one in observations.late if one > LATE_S]
    waiting = {
        kind: number / observations.workers for kind, number in observations.kinds.items() if observations.workers
    }
    blockers = Counter[str]()
    for kind in ("lock", "semaphore", "pool", "limiter"):
        blockers += observations.places.get(kind, Counter())
    loop_cpu = None
    if after.loop_cpu_s is not None:
        loop_cpu = (after.loop_cpu_s - (before.loop_cpu_s or 0.0)) / took
    watching_s = after.watch_cpu_s - before.watch_cpu_s
    looked_s = sum(observations.lateness_s) + len(observations.lateness_s) * BEAT_S
    return Evidence(
        seconds=took,
        cores_busy=max(0.0, usage.ours_s - watching_s) / took,
        own_cores_busy=max(0.0, after.own_cpu_s - before.own_cpu_s - watching_s) / took,
        core_wait=None if after.queued_s is None or before.queued_s is None
        else max(0.0, after.queued_s - before.queued_s) / took,
        voluntary_switches=after.switches[0] - before.switches[0],
        involuntary_switches=after.switches[1] - before.switches[1],
        loop_blocked=min(1.0, sum(late) / took) if observations.late else None,
        loop_longest_gap_s=max(observations.late) if observations.late else None,
        loop_cpu=loop_cpu if observations.loop_thread is not None else None,
        loop_core_wait=max(0.0, after.loop_queued_s - before.loop_queued_s) / took if observations.loop_thread else 0.0,
        loop_blocked_at=top(observations.blocked_at),
        gil_late=sum(one for one in observations.lateness_s if one > LATE_S) / looked_s if looked_s else None,
        waits=waiting,
        waits_at=top(blockers),
        pool_limit=observations.pool_limit,
        pool_queued=observations.pool_queued,
        connections=observations.connections,
        syn_retransmits=None if after.retransmits is None else after.retransmits - (before.retransmits or 0),
    )  # fmt: skip


def top(counted: Counter[str]) -> str:
    """What was counted most often; empty when nothing was."""
    return counted.most_common(1)[0][0] if counted else ""
