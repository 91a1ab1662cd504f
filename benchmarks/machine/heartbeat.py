"""Was anything suspended while a round was timed? A process beside it keeps a heartbeat, and looks after ours.

A program that is stopped (Ctrl-Z, a debugger, a container that is frozen, a lid that is closed) has used no CPU and
has lost none to others: its round is seconds longer, and nothing else shows it. So a process of its own wakes up every
BEAT_S, writes down for how long it was not woken, and when it found the measuring process or one below it stopped. It
costs some two thousandths of a core. Rejected: a thread (it would take the GIL from what is measured), SIGCONT (it says
when a stop ended, not when it began, and only of the process itself).

    with Heartbeat() as heartbeat:
        ...
        heartbeat.suspended_s(began, ended)  # on the clock of `time.monotonic`
"""

import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from benchmarks.machine.scheduler import core_wait_s

BEAT_S = 0.05
LOOKS = 3  # readings of two clocks, one after the other
# A beat that comes so much later was held back; by a queue for the cores, it was no suspension, and that is taken off.
LATE_S = 0.25
BEAT, PAUSE = struct.Struct("d"), struct.Struct("dd")
STOPPED = ("T", "t")  # by a signal, by a debugger


class Heartbeat:
    """The process that beats, and what it has written down."""

    def __enter__(self) -> Self:
        self.file = tempfile.TemporaryFile()
        number = self.file.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(os.getpid()), str(number)],
            stdin=subprocess.PIPE,
            pass_fds=[number],
            cwd=Path(__file__).parents[2],
        )
        return self

    def __exit__(self, *reason: object) -> None:
        self.process.communicate()
        self.file.close()

    @property
    def pid(self) -> int:
        """The process that beats: it belongs to no cell."""
        return self.process.pid

    def latest(self) -> float:
        """When it was last heard; never when it has not begun yet."""
        record = os.pread(self.file.fileno(), BEAT.size, 0)
        return float(BEAT.unpack(record)[0]) if record else float("-inf")

    def pauses(self) -> list[tuple[float, float]]:
        """Beginning and end of everything that it has noticed."""
        records = os.pread(self.file.fileno(), os.fstat(self.file.fileno()).st_size, BEAT.size)
        return [
            (began, ended) for began, ended in PAUSE.iter_unpack(records[: len(records) // PAUSE.size * PAUSE.size])
        ]

    def wait(self, moment: float) -> None:
        """Wait for the first beat after that moment: all earlier pauses are then on record. Returns if it has ended."""
        while self.latest() < moment and self.process.poll() is None:
            time.sleep(BEAT_S / 5)

    def suspended_s(self, began: float, ended: float) -> float:
        """Seconds between the two moments in which this process or one of its family was suspended."""
        return covered_s(self.pauses(), began, ended)


def asleep_s() -> float:
    """Seconds that the whole system has slept since its start: the difference of two clocks.

    The least of a few readings: a core that is taken away between the two clocks looks like sleep.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return min(-time.monotonic() + time.clock_gettime(time.CLOCK_BOOTTIME) for _ in range(LOOKS))


def slept_s(before_s: float) -> float:
    """Seconds that the system has slept since `asleep_s` returned `before_s`; less than a beat counts as none."""
    slept = asleep_s() - before_s
    return slept if slept > BEAT_S else 0.0


def covered_s(pauses: list[tuple[float, float]], began: float, ended: float) -> float:
    """How much of a stretch of time the pauses cover; where they overlap it counts once."""
    total_s, until = 0.0, began
    for start, end in sorted(pauses):
        start, end = max(start, until), min(end, ended)
        if end > start:
            total_s, until = total_s + end - start, end
    return total_s


def state(pid: int) -> str:
    """The state letter of a process in /proc/<pid>/stat; empty when the process has ended or there is no /proc."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    return ""


def children(pid: int) -> list[int]:
    """The processes that the main thread of a process has started."""
    with suppress(OSError):
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    return []


def family(pid: int) -> Iterator[int]:
    """A process and those below it, as far as two generations: a fork server's workers."""
    yield pid
    for child in children(pid):
        yield child
        yield from children(child)


def noticed(pid: int, last: float, now: float, queued_s: float = 0.0) -> tuple[float, float] | None:
    """The pause between two beats, for `queued_s` of which we were ready and had no core; None when there was none."""
    if now - last - queued_s > BEAT_S + LATE_S:
        return last + BEAT_S + queued_s, now
    own = os.getpid()
    return (last, now) if any(state(one) in STOPPED for one in family(pid) if one != own) else None


def beat(pid: int, number: int) -> None:
    """Beat until the parent has gone, or closes our standard input."""
    os.set_blocking(0, False)
    last, at, queued_s = time.monotonic(), BEAT.size, core_wait_s()
    while True:
        time.sleep(BEAT_S)
        with suppress(BlockingIOError):
            if not os.read(0, 1):
                return
        now, waited_s = time.monotonic(), core_wait_s()
        if pause := noticed(pid, last, now, waited_s - queued_s):
            at += os.pwrite(number, PAUSE.pack(*pause), at)
        os.pwrite(number, BEAT.pack(now), 0)
        last, queued_s = now, waited_s


if __name__ == "__main__":
    beat(int(sys.argv[1]), int(sys.argv[2]))
