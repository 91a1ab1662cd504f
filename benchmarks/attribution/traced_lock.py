"""Locks of the program under test that know who held them, where, and how long others waited for it meanwhile."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from benchmarks.attribution.user_frame import Line, innermost, is_program, line_of


@dataclass(frozen=True)
class LockHold:
    """A line that held a lock, for how long, and how many threads waited for it when it was released."""

    line: Line
    seconds: float
    waiters: int


class TracedLock:
    """A lock of `threading` of any kind that adds an entry to `holds` at each release."""

    def __init__(self, lock: Any, holds: list[LockHold]) -> None:
        self.lock, self.holds = lock, holds
        self.waiters, self.since_s = 0, 0.0
        self.line: Line | None = None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As the lock does."""
        if not (got := self.lock.acquire(False)) and blocking:
            self.waiters += 1
            got = self.lock.acquire(True, timeout)
            self.waiters -= 1
        if got:
            frame = innermost(caller())
            self.line = line_of(frame) if frame else None
            self.since_s = time.perf_counter()
        return bool(got)

    def release(self) -> None:
        """As the lock does."""
        if self.line:
            self.holds.append(LockHold(self.line, time.perf_counter() - self.since_s, self.waiters))
        self.lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *reason: object) -> None:
        self.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lock, name)


def caller() -> FrameType | None:
    """The frame that used the lock."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame


@contextmanager
def tracing_locks() -> Iterator[list[LockHold]]:
    """Trace the locks that the program under test makes while the body lasts; those of libraries stay as they are."""
    holds = list[LockHold]()
    usual = threading.Lock, threading.RLock

    def tracing(make: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            ours = is_program(sys._getframe(1).f_code.co_filename)
            return TracedLock(make(), holds) if ours else make()

        return made

    threading.Lock, threading.RLock = map(tracing, usual)  # type: ignore[assignment]
    try:
        yield holds
    finally:
        threading.Lock, threading.RLock = usual
