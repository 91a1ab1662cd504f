"""What a round has begun and not finished: coroutines never awaited, tasks, futures and threads still at work.

What was not done must not be counted as done, and such work gives the right answers at no cost. It is looked for
outside the clock, in the process that measures. Rejected: wrapping `create_task` and `submit` (users' libraries call
them too, and a wrapper costs time inside the clock).
"""

import asyncio
import gc
import linecache
import os
import re
import subprocess
import threading
import time
import warnings
import weakref
from concurrent.futures import Future
from contextlib import _AsyncGeneratorContextManager, _GeneratorContextManager
from dataclasses import dataclass
from inspect import isasyncgen, isawaitable, iscoroutine, isgenerator
from multiprocessing.pool import ApplyResult
from pathlib import Path
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any

from benchmarks.workloads._thread_frames import thread_frames

LAZY = (map, filter, zip)
FRAMES = {CoroutineType: "cr", AsyncGeneratorType: "ag", GeneratorType: "gi"}  # how their attributes begin
FIRST = 4  # the last of the instructions that make a generator
MANAGERS = (_GeneratorContextManager, _AsyncGeneratorContextManager)
GRACE_S = 0.05  # for threads that are about to end
IDLE = re.compile(r"\.(?:get|wait|acquire|accept|select|poll|recv|join|park)\(")
IDLE_FUNCTIONS = frozenset({"wait", "get", "select", "accept", "acquire", "poll", "_worker", "join"})
ROOT = Path(__file__).parents[2]
LIBRARIES = (str(Path(threading.__file__).parent), f"{ROOT}/benchmarks", f"{ROOT}/servers", f"{ROOT}/scripts", "<")

never_awaited: list[str] = []  # names of coroutines since the last `begin`


def watch_coroutines() -> None:
    """Note each coroutine that is thrown away unawaited, whatever the filters of warnings say. Once in a process."""
    original: Any = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
    if getattr(original, "notes", False):
        return

    def note(coroutine: Any) -> None:
        never_awaited.append(getattr(coroutine, "__qualname__", "a coroutine"))
        original(coroutine)

    note.notes = True  # type: ignore[attr-defined]
    warnings._warn_unawaited_coroutine = note  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Before:
    """What was at work already when a round began: threads, unfinished futures and coroutines, programs."""

    threads: frozenset[int]
    promises: "weakref.WeakSet[Any]"
    programs: frozenset[int]


def begin() -> Before:
    """Look before a round."""
    watch_coroutines()
    never_awaited.clear()
    threads = frozenset(working())
    programs = frozenset(program.pid for program in running_programs())
    return Before(threads, weakref.WeakSet([*pending_futures(), *never_started()]), programs)


def left_since(before: Before) -> str:
    """What the round has begun and not finished, and what to write; empty when nothing was."""
    working, futures = threads_at_work(before.threads), pending_futures()  # before anything that takes time
    gc.collect()  # a coroutine in a cycle is thrown away only then
    if never_awaited:
        name = never_awaited[0]
        missed = f"coroutine {name!r} was never awaited ({len(never_awaited)}×), so its work was not done"
        return f"{missed}. Next: await {name}(…)"
    if futures := [one for one in futures if one not in before.promises]:
        count = f"{len(futures)} submitted calls had not ended with the round"
        return f"{count}. Next: return future.result(), not the future"
    if kept := [one for one in never_started() if one not in before.promises]:
        name, kind = kept[0].__qualname__, type(kept[0]).__name__
        advice = f"await {name}(…)" if kind == "coroutine" else f"go through {name}(…)"
        return f"{kind} {name!r} was kept and never run ({len(kept)}×), so its work was not done. Next: {advice}"
    if working := working or threads_at_work(before.threads):  # the second look sees who had only just been woken
        return f"thread {working[0]} was still at work after the round. Next: join() it before the function returns"
    if programs := [one for one in running_programs() if one.pid not in before.programs]:
        command: Any = programs[0].args
        words = command if isinstance(command, str) else " ".join(map(str, command))
        return f"program {words!r:.60} still ran after the round. Next: wait() for it before the function returns"
    return ""


def pending_futures() -> list[Any]:
    """The futures of pools that are neither done nor cancelled. By their class: asking an object may run its code."""
    futures = [one for one in gc.get_objects() if issubclass(type(one), Future | ApplyResult)]
    return [one for one in futures if not (one.done() if isinstance(one, Future) else one.ready())]


def never_started() -> list[Any]:
    """Coroutines that have not run at all, and generators of the user's: their answers were never computed."""
    frames = [one for one in gc.get_objects() if type(one) in FRAMES]
    return [one for one in frames if fresh(one) and (type(one) is CoroutineType or is_users(code_file(one)))]


def fresh(one: Any) -> bool:
    """Whether a coroutine or generator has not begun; an async one of 3.11 says so by its first instructions only."""
    frame, running, suspended = (
        getattr(one, f"{FRAMES[type(one)]}_{name}", None) for name in ("frame", "running", "suspended")
    )
    return frame is not None and not running and not (frame.f_lasti > FIRST if suspended is None else suspended)


def code_file(one: Any) -> str:
    """The file that a coroutine or generator is written in."""
    return str(getattr(one, f"{FRAMES[type(one)]}_code").co_filename)


def running_programs() -> list["subprocess.Popen[Any]"]:
    """The programs that this process has started and not waited for; a dropped one waits in subprocess's own list."""
    dropped = list(subprocess._active or [])  # type: ignore[attr-defined]
    programs = {id(one): one for one in [*gc.get_objects(), *dropped] if type(one) is subprocess.Popen}
    return [one for one in programs.values() if one.returncode is None and alive(one.pid)]


def alive(pid: int) -> bool:
    """Whether a child still runs: one that has ended is not waited for here."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except OSError:
        return False


def threads_at_work(known: frozenset[int]) -> list[str]:
    """The threads that run a user's code and did not before; one that only waits to be given work is idle."""
    deadline = time.monotonic() + GRACE_S
    while (busy := {ident: name for ident, name in working().items() if ident not in known}) and (
        time.monotonic() < deadline
    ):
        time.sleep(GRACE_S / 10)
    return list(busy.values())


def working() -> dict[int, str]:
    """The other threads at work, by the interpreter's frames: `threading` knows nothing of those of `_thread`."""
    threads = {thread.ident: thread for thread in threading.enumerate()}
    return {
        ident: threads[ident].name if ident in threads else f"{ident} (of _thread)"
        for ident, frame in thread_frames().items()
        if ident != threading.get_ident()
        and (works(frame) or runs_c_code(frame) or isinstance(threads.get(ident), threading.Timer))
    }


def works(innermost: FrameType) -> bool:
    """Whether a thread is inside somebody's code, and not waiting for orders."""
    frame: FrameType | None = innermost
    files = set[str]()
    while frame:
        files.add(frame.f_code.co_filename)
        frame = frame.f_back
    if not any(map(is_users, files)):
        return False
    line = linecache.getline(innermost.f_code.co_filename, innermost.f_lineno)
    return innermost.f_code.co_name not in IDLE_FUNCTIONS and not IDLE.search(line)


def runs_c_code(innermost: FrameType) -> bool:
    """Whether a thread's own target is a function of C, such as `time.sleep`: it has no frame of its own."""
    return innermost.f_code is threading.Thread.run.__code__


def is_users(file: str) -> bool:
    """Whether a file is neither Python's, nor a package's, nor ours."""
    return not any(part in file for part in ("site-packages", "dist-packages")) and not file.startswith(LIBRARIES)


def undone_inside(answer: Any, depth: int = 2) -> str:
    """The same of an answer, or of what it holds."""
    if promise := "" if isinstance(answer, str | bytes | int | float | type(None)) else undone(answer):
        return promise
    parts = answer.values() if type(answer) is dict else answer if type(answer) in (list, tuple, set) else ()
    return next(filter(None, (undone_inside(part, depth - 1) for part in parts)), "") if depth else ""


def undone(answer: Any) -> str:
    """What kind of promise an answer is instead of a result, and what to write; empty when it is a result."""
    if iscoroutine(answer):
        answer.close()
        return "a coroutine, which has not run. Next: write async def awork(task), and await it there"
    if isinstance(answer, MANAGERS):
        return "a context manager that was never entered. Next: write with (or async with) and return what it gives"
    if isinstance(answer, asyncio.Future):
        return "a future of a loop, which was never awaited. Next: await it"
    if isinstance(answer, Future | ApplyResult):
        return "a future whose result was never waited for. Next: return future.result()"
    if isgenerator(answer) or isasyncgen(answer) or isinstance(answer, LAZY):
        return f"a {type(answer).__name__}, whose work is not done yet. Next: return list(…) of it"
    if isawaitable(answer):
        return f"an awaitable {type(answer).__name__}, which was never awaited. Next: await it"
    return ""
