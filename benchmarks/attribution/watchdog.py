"""Who held the loop, or the GIL: a thread that wakes every two milliseconds and looks who kept others from their turn.

It looks at a registered event loop at every tick. What stands in the same step (one callback, or one task from one
`await` to the next) for `HELD_S` or more has held the loop: it computed there, or was blocked in a call that is not the
loop's own wait. The steps are counted where the loop takes them: asyncio's pass through `Handle._run`, trio tells its
instruments, and uvloop, which does neither, has a heartbeat.

Of threads it learns from its own lateness. To wake it needs the GIL; what it waited for the GIL (its lateness less its
wait for a core, which the kernel tells) somebody else had it: the thread whose running time grew most meanwhile. What
held the GIL in C without releasing it is caught right after, on the line of the call.

A thread that the kernel did not let run is no culprit: only its own running time, or its time in a blocking call,
counts. Rejected: asyncio's debug mode (it slows what it measures, and names a callback, not a line), signals (only the
main thread is interrupted, and a blocking call may fail).
"""

import threading
import time
from asyncio import current_task, events, get_running_loop
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.attribution.thread_state import Ranges, State, interpreter_data, state_of
from benchmarks.attribution.user_frame import Line, innermost, line_of
from benchmarks.machine.scheduler import core_wait_s
from benchmarks.workloads._thread_frames import thread_frames

TICK_S = 0.002
BEAT_S = 0.001  # of a loop whose steps cannot be counted
HELD_S = 0.01  # a shorter step is no problem: the longest steps of the suite's own models take 3 ms
MOST_THREADS = 64  # whose clocks are read at each tick
SIDE_BY_SIDE = 1.2  # more running than time has passed: not all of it was under the GIL
BLOCKED = (State.LOCK, State.SOCKET, State.SLEEP, State.OTHER, State.POLL)
Key = tuple[Any, ...]


@dataclass
class Hold:
    """A stretch in which one step held the loop, or one task's thread the GIL: seconds by line."""

    kind: str
    lines: dict[Line, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Seconds of the whole stretch."""
        return sum(self.lines.values())

    @property
    def line(self) -> Line:
        """The line that held it the longest."""
        return max(self.lines, key=lambda line: self.lines[line])


@dataclass
class Watched:
    """A thread under watch: its own number, the kernel's, and its clock."""

    ident: int
    tid: int
    cpu_s: float = 0.0  # so far; for a thread that begins under watch, all of its CPU counts

    def used_s(self) -> float:
        """Seconds that it has run since the last call; 0 when it has ended."""
        with suppress(OSError):
            now_s = time.clock_gettime(time.pthread_getcpuclockid(self.ident))
            used_s, self.cpu_s = now_s - self.cpu_s, now_s
            return used_s
        return 0.0


class Watchdog:
    """A thread that samples this process until it is stopped; `holds` has what held the loop or the GIL."""

    def __init__(self) -> None:
        self.holds: dict[Key, Hold] = {}
        self.loops: dict[int, Callable[[], Key]] = {}  # of a thread that runs one: which step it is in
        self.blocked_in: dict[int, Key] = {}  # the step in which a loop was blocked at the last tick
        self.tasks: dict[int, int] = {}  # how many tasks each thread has begun
        self.threads: dict[int, Watched] = {}
        self.leave = threading.Event()
        self.thread = threading.Thread(target=self.watch, name="watchdog", daemon=True)
        self.gil: Ranges = interpreter_data(Path("/proc/self/maps").read_text())

    def watch(self) -> None:
        """Wake, look, sleep."""
        waited_s, at_s = core_wait_s(), time.perf_counter()
        self.refresh()
        for watched in self.threads.values():
            watched.used_s()
        while not self.leave.is_set():
            time.sleep(TICK_S)
            now_s, now_waited_s = time.perf_counter(), core_wait_s()
            self.tick(now_s - at_s, now_waited_s - waited_s)
            waited_s, at_s = now_waited_s, now_s

    def refresh(self) -> None:
        """Update the list of threads."""
        here = {thread.ident: thread.native_id for thread in threading.enumerate() if thread is not self.thread}
        self.threads = {
            ident: self.threads.get(ident) or Watched(ident, tid or 0)
            for ident, tid in list(here.items())[:MOST_THREADS]
            if ident
        }

    def tick(self, passed_s: float, starved_s: float) -> None:
        """One tick: `passed_s` since the last, `starved_s` of them spent waiting for a core."""
        if threading.active_count() != len(self.threads) + 1:
            self.refresh()
        frames = thread_frames()
        used = {ident: watched.used_s() for ident, watched in self.threads.items()}
        for ident, step in list(self.loops.items()):
            if ident in frames and ident in used:
                self.at_loop(frames[ident], ("loop", ident, *step()), used[ident], passed_s, starved_s)
        length_s = passed_s - starved_s
        if length_s > 1.5 * TICK_S:
            self.at_gil({ident: used[ident] for ident in used.keys() - self.loops.keys()}, frames, length_s)

    def at_gil(self, used: dict[int, float], frames: dict[int, Any], length_s: float) -> None:
        """Record the threads that held the GIL in turns while this one waited; the busiest, if they ran in parallel."""
        busiest = sorted(used, key=lambda ident: used[ident], reverse=True)
        for ident in busiest if sum(used.values()) <= SIDE_BY_SIDE * length_s else busiest[:1]:
            self.add(("GIL", ident, self.tasks.get(ident, 0)), frames.get(ident), min(used[ident], length_s))

    def at_loop(self, frame: Any, key: Key, used_s: float, passed_s: float, starved_s: float) -> None:
        """What a loop's thread did in this tick: it computed, or it was blocked in something else than its own wait.

        While we had no core it may have left that call and come to another, unless it was in this step before.
        """
        blocked = state_of(task_file(self.threads[key[1]].tid, "syscall"), self.gil) in BLOCKED
        passed_s -= 0.0 if self.blocked_in.get(key[1]) == key else starved_s
        self.blocked_in[key[1]] = key if blocked else ()
        self.add(key, frame, used_s + max(0.0, passed_s - used_s) * blocked)

    def add(self, key: Key, frame: Any, seconds: float) -> None:
        """Count a tick for a stretch, if the program is on the stack at all."""
        if seconds > 0 and (ours := innermost(frame)):
            hold, line = self.holds.setdefault(key, Hold(key[0])), line_of(ours)
            hold.lines[line] = hold.lines.get(line, 0.0) + seconds

    def begin_task(self) -> None:
        """The calling thread begins another task."""
        ident = threading.get_ident()
        self.tasks[ident] = self.tasks.get(ident, 0) + 1

    @contextmanager
    def on_asyncio(self) -> Iterator[None]:
        """Watch the running loop, asyncio's own or uvloop, while the body lasts."""
        loop, ident, beats = get_running_loop(), threading.get_ident(), [0]

        def beat() -> None:
            beats[0] += 1
            if ident in self.loops:
                loop.call_later(BEAT_S, beat)

        def step() -> Key:
            return steps[0], beats[0], id(current_task(loop))

        self.loops[ident] = step
        if type(loop).__module__.startswith("uvloop"):
            beat()
        try:
            yield
        finally:
            del self.loops[ident]

    @contextmanager
    def on_trio(self) -> Iterator[None]:
        """Watch trio while the body lasts."""
        from trio.abc import Instrument
        from trio.lowlevel import add_instrument, remove_instrument

        class Steps(Instrument):
            count = 0

            def before_task_step(self, task: Any) -> None:
                self.count += 1

        instrument, ident = Steps(), threading.get_ident()
        self.loops[ident] = lambda: (instrument.count,)
        add_instrument(instrument)
        try:
            yield
        finally:
            remove_instrument(instrument)
            del self.loops[ident]


steps = [0]  # that asyncio's own loop has taken


active: Watchdog | None = None  # in the process that it watches; workers in others have none


@contextmanager
def watching() -> Iterator[Watchdog]:
    """A watchdog for as long as the body lasts."""
    global active
    watchdog, usual = Watchdog(), events.Handle._run

    def counted(handle: Any) -> None:
        steps[0] += 1
        usual(handle)

    events.Handle._run = counted  # type: ignore[method-assign, assignment]
    active = watchdog
    watchdog.thread.start()
    try:
        yield watchdog
    finally:
        active, events.Handle._run = None, usual  # type: ignore[method-assign]
        watchdog.leave.set()
        watchdog.thread.join()


def task_file(tid: int, name: str) -> str:
    """A file of one of our own threads; empty when it has ended."""
    with suppress(OSError):
        return Path(f"/proc/self/task/{tid}/{name}").read_text()
    return ""
