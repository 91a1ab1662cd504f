"""Has a model changed what measures it, or the interpreter that the next one is measured in?

A replaced `time.sleep` makes waiting free, a replaced `perf_counter` makes everything quick; a collector that stays
off, another switch interval or event loop policy makes every later cell another measurement. So everything that the
harness and the workloads call is remembered before the first model is imported, and looked at after each round.

What is put back before the round ends is not seen here; the harness keeps clocks of its own, and a wait that was not
waited for, or CPU that was not used, is seen by what is left.
"""

import asyncio
import builtins
import gc
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

CLOCKS = (builtins, time, gc, resource, asyncio.tasks, asyncio.events, threading, signal)
OURS = ("benchmarks.core.", "benchmarks.machine.", "benchmarks.workloads", "servers.", "psutil")
SWITCHES = ("PYTHON", "MALLOC", "LD_", "PATH", "TMPDIR", "HOME", "TZ", "LC_", "LANG")  # joblib adds one of OpenMP's
HOOKS = ("excepthook",)  # pytest has its own, test by test


@dataclass(frozen=True)
class Originals:
    """The functions and the state of this interpreter before any model was imported."""

    modules: Mapping[str, Mapping[str, tuple[Any, ...]]]
    state: Mapping[str, Any]

    @classmethod
    def now(cls) -> Self:
        """As they are."""
        names = [name for name in sys.modules if name.startswith(OURS)]
        watched = [*CLOCKS, *filter(None, map(sys.modules.get, names))]
        return cls({module.__name__: dict(functions_of(module)) for module in watched}, interpreter_state())

    def changes(self) -> list[str]:
        """What is not as it was, in words."""
        state = interpreter_state()
        left = [f"{name} was changed and left so" for name, value in self.state.items() if state[name] != value]
        return [f"{name} was replaced" for name in self.replaced()] + left

    def replaced(self) -> Iterator[str]:
        """The functions that are others now, and those that hide one which was there."""
        for name, before in self.modules.items():
            now = dict(functions_of(sys.modules[name]))
            yield from (inner for inner in now if inner not in before or differ(before[inner], now[inner]))


def differ(ones: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    """Whether any part is another object: an equal one may do something else."""
    return any(one is not other for one, other in zip(ones, others, strict=True))


def functions_of(module: ModuleType) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The functions of a module, and of the classes that it defines."""
    for name, value in list(vars(module).items()):
        if callable(value) and name not in HOOKS:
            yield f"{module.__name__}.{name}", parts(value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            for inner, method in list(vars(value).items()):
                if callable(method) or isinstance(method, property | classmethod | staticmethod):
                    yield f"{module.__name__}.{name}.{inner}", parts(method)


def parts(function: Any) -> tuple[Any, ...]:
    """A function, its code and its defaults, all of which can be replaced."""
    return function, getattr(function, "__code__", None), getattr(function, "__defaults__", None)


def interpreter_state() -> dict[str, Any]:
    """What holds for the whole interpreter, by what it is called in a complaint."""
    return {
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
        "the switch interval": sys.getswitchinterval(),
        "the recursion limit": sys.getrecursionlimit(),
        "the stack size of threads": threading.stack_size(),
        "tracing": (sys.gettrace(), sys.getprofile(), tracemalloc.is_tracing()),
        "the event loop policy": loop_policy(),
        "the start method of processes": multiprocessing.get_start_method(allow_none=True) or DEFAULT_START,
        "the time-out of sockets": socket.getdefaulttimeout(),
        "the working folder": working_folder(),
        "the environment": {name: value for name, value in os.environ.items() if name.startswith(SWITCHES)},
        "the limits of this process": [resource.getrlimit(limit) for limit in LIMITS],
        "a signal's handler": [signal.getsignal(number) for number in SIGNALS],
        "the alarm": bool(signal.getitimer(signal.ITIMER_REAL)[0]),
        **scheduling(),
    }


def loop_policy() -> str:
    """The policy that somebody has installed; empty while it is asyncio's own, which is made when it is first used."""
    policy = type(getattr(asyncio.events, "_event_loop_policy", None))
    return "" if policy.__module__.startswith(("asyncio", "builtins")) else policy.__qualname__


DEFAULT_START = multiprocessing.get_all_start_methods()[0]
LIMITS = (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_STACK)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM)


def scheduling() -> dict[str, Any]:
    """Which cores this process may use, and how it is preferred to others; nothing where a system doesn't tell."""
    found: dict[str, Any] = {"the priority": os.getpriority(os.PRIO_PROCESS, 0)}
    if hasattr(os, "sched_getaffinity"):
        found |= {"the cores allowed": os.sched_getaffinity(0), "the scheduler": os.sched_getscheduler(0)}
    return found


def working_folder() -> str:
    """Where this process is; empty where that folder is gone."""
    with suppress(OSError):
        return os.getcwd()
    return ""
