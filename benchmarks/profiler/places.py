"""Where a worker is: the line of the user's file, and what kind of thing it waits for there.

A thread that waits for a lock stands in C, and its frame at the line that takes it. The piece of that line, from the
code's own positions, is looked up in the frame: only what is a lock there is called one.
"""

import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from benchmarks.workloads._thread_frames import thread_frames
from benchmarks.workloads._unfinished import is_users

if TYPE_CHECKING:
    import asyncio

LOCKS = frozenset({"lock", "RLock", "_RLock", "Lock", "Condition", "FileLock", "UnixFileLock"})
SEMAPHORES = frozenset({"Semaphore", "BoundedSemaphore", "CapacityLimiter", "SemaphoreAdapter"})
POOLS = frozenset({"Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "_queue.SimpleQueue", "Future"})
SLEEPS = re.compile(r"(?:\w+\.)*sleep\(")
ENTERS = re.compile(r"^with\s+([\w.]+)\s*(?:as\s|[:,])")  # what the entering of a block is made of: all of the block
TAKES = re.compile(r"^(?:await\s+)?([\w.]+?)(?:\.(?:acquire|__enter__|__aenter__|get|result|wait)\(.*\))?$", re.DOTALL)
POOL_FILES = re.compile(r"(?:pool|connector|queues?)\w*\.py$")
LIMITER_FILES = re.compile(r"(?:limit|throttl|ratelimit)\w*(?:/\w+)?\.py$")


@dataclass(frozen=True)
class Place:
    """A line of the user's and what is waited for: lock, semaphore, pool, limiter, sleep, or other (a socket, work)."""

    line: str
    kind: str


def of_frame(frame: FrameType) -> str:
    """`file.py, line 7`, as the user knows it."""
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's."""
    while frame and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def running_at(ident: int) -> str:
    """The line of the user's that a thread is at; empty when it is at none."""
    frame = users_frame(thread_frames().get(ident))
    return of_frame(frame) if frame else ""


def blocking_at(known: set[int]) -> Iterator[Place]:
    """Where the threads are that run the user's code, but for the known ones and those that run a loop."""
    for ident, innermost in thread_frames().items():
        frame = users_frame(innermost)
        if ident in known or frame is None or runs_a_loop(innermost):
            continue
        yield Place(of_frame(frame), kind_of(innermost, frame))


def runs_a_loop(frame: FrameType | None) -> bool:
    """Whether a thread is inside an event loop: its coroutines are profiled sequentially instead."""
    while frame:
        if frame.f_code.co_name == "run_forever" and "asyncio" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def kind_of(innermost: FrameType, users: FrameType) -> str:
    """What a thread waits for, by the object at its line, or by the library's file that it stands in."""
    if innermost is users:
        source = segment(users.f_code, users.f_lasti)
        return "sleep" if SLEEPS.match(source) else kind_of_object(taken_object(source, users))
    if LIMITER_FILES.search(innermost.f_code.co_filename):
        return "limiter"
    file, name = innermost.f_code.co_filename, innermost.f_code.co_name
    if Path(file).name == "threading.py" and name in ("acquire", "__enter__", "wait"):
        return through_condition(innermost)
    if Path(file).name in ("queue.py", "_base.py"):
        return "pool"
    return "pool" if in_pool(innermost, users) else "other"


def through_condition(frame: FrameType) -> str:
    """What stands behind a wait in `threading`: the outermost of its frames has it as `self`."""
    while frame.f_back and Path(frame.f_back.f_code.co_filename).name in ("threading.py", "queue.py", "_base.py"):
        frame = frame.f_back
    return kind_of_object(frame.f_locals.get("self"))


def in_pool(frame: FrameType, users: FrameType) -> bool:
    """Whether a thread waits inside a pool of connections, between the user's line and where it stands."""
    if frame.f_code.co_name not in ("wait", "get", "acquire"):
        return False
    step: FrameType | None = frame
    while step and step is not users:
        if POOL_FILES.search(step.f_code.co_filename):
            return True
        step = step.f_back
    return False


def kind_of_object(waited_for: Any) -> str:
    """What kind of thing is waited for, by the name of its class."""
    name = type(waited_for).__name__
    if name in LOCKS:
        return "lock"
    if name in SEMAPHORES:
        value = getattr(waited_for, "_initial_value", None)
        return "lock" if value == 1 else "semaphore"
    return "pool" if name in POOLS else "other"


def taken_object(source: str, frame: FrameType) -> Any:
    """The object that an instruction takes, by its piece of source, where it is a plain name; None otherwise."""
    match = ENTERS.match(source) or TAKES.match(source)
    return looked_up(match[1], frame) if match else None


def segment(code: CodeType, at: int) -> str:
    """The piece of source that an instruction was made of: its first line, where it takes several."""
    line, end_line, start, end = list(code.co_positions())[at // 2]
    if line is None or start is None or end is None:
        return ""
    text = linecache.getline(code.co_filename, line).encode()
    return text[start : end if line == end_line else None].decode(errors="replace").strip()


def looked_up(dotted: str, frame: FrameType) -> Any:
    """The object of that name in a frame, by plain attributes alone: no code of the user's is run."""
    first, *rest = dotted.split(".")
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in rest:
        value = getattr(value, "__dict__", {}).get(name)
    return value


def awaiting_at(task: "asyncio.Task[Any]") -> Place | None:
    """Where a task of a loop waits; None when it is not inside the user's code."""
    coroutine: Any = task.get_coro()
    users, innermost = None, None
    while getattr(coroutine, "cr_frame", None) is not None:
        innermost = coroutine.cr_frame
        if is_users(innermost.f_code.co_filename):
            users = innermost
        coroutine = coroutine.cr_await
    if users is None or innermost is None:
        return None
    return Place(of_frame(users), kind_of_await(innermost, users))


def kind_of_await(innermost: FrameType, users: FrameType) -> str:
    """What a coroutine waits for, by the library's coroutine that it stands in."""
    file = innermost.f_code.co_filename
    if LIMITER_FILES.search(file) and innermost is not users:
        return "limiter"
    if innermost.f_code.co_name == "sleep":
        return "sleep"
    if file.endswith(("asyncio/locks.py", "anyio/_core/_synchronization.py")):
        return kind_of_object(innermost.f_locals.get("self"))
    if file.endswith("asyncio/queues.py") or (innermost is not users and POOL_FILES.search(file)):
        return "pool"
    return "other"
