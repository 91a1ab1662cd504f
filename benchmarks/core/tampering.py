"""Has a model changed what measures it, or the interpreter that the next one is measured in?

A replaced `time.sleep` makes waiting free, a replaced `perf_counter` makes everything quick; a collector that stays
off, another switch interval or event loop policy makes every later cell another measurement. So everything that the
harness and the workloads call is remembered before the first model is imported, and looked at after each round.

What is put back before the round ends is not seen here; the harness keeps clocks of its own, and a wait that was not
waited for, or CPU that was not used, is seen by what is left.
"""

import asyncio
import builtins
import concurrent.futures.thread
import gc
import multiprocessing
import os
import queue
import random
import resource
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self

CLOCKS = (builtins, time, gc, resource, asyncio, asyncio.tasks, asyncio.events, threading, signal)
STANDARD = (asyncio.base_events, concurrent.futures.thread, queue, random, select, selectors, socket, subprocess)
OURS = ("benchmarks.core.", "benchmarks.machine.", "benchmarks.workloads", "servers.", "psutil")
SWITCHES = ("PYTHON", "MALLOC", "LD_", "PATH", "TMPDIR", "HOME", "TZ", "LC_", "LANG")  # joblib adds one of OpenMP's
HOOKS = ("excepthook",)  # pytest has its own, test by test


@dataclass(frozen=True)
class Owner:
    """A module or a class, and the functions that it had, each with its code and its defaults."""

    name: str
    members: Mapping[str, Any]  # as they are now
    functions: Mapping[str, tuple[Any, Any, Any]]  # as they were

    @classmethod
    def of(cls, owner: ModuleType | type, name: str) -> Self:
        """As it is now."""
        functions = {inner: parts(value) for inner, value in list(vars(owner).items()) if is_function(inner, value)}
        return cls(name, vars(owner), functions)

    def replaced(self) -> Iterator[str]:
        """The names of functions that were replaced or hidden since."""
        for name, before in self.functions.items():
            now = self.members.get(name)
            if now is not before[0] or (before[1] and (now.__code__, now.__defaults__) != before[1:]):
                yield f"{self.name}.{name}"
        for name in self.members.keys() - self.functions.keys():
            if is_function(name, self.members[name]):
                yield f"{self.name}.{name}"


def parts(function: Any) -> tuple[Any, Any, Any]:
    """A function, its code and its defaults."""
    return function, getattr(function, "__code__", None), getattr(function, "__defaults__", None)


def is_function(name: str, value: Any) -> bool:
    """Whether a member can be called, directly or as a method."""
    return (callable(value) or isinstance(value, property | classmethod | staticmethod)) and name not in HOOKS


def owners() -> Iterator[Owner]:
    """The modules that the harness and the workloads are made of, and the classes that those define."""
    ours = [module for name, module in list(sys.modules.items()) if name.startswith(OURS) and module]
    for module in (*CLOCKS, *STANDARD, *ours):
        yield Owner.of(module, module.__name__)
        for name, value in list(vars(module).items()):
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield Owner.of(value, f"{module.__name__}.{name}")


@dataclass(frozen=True)
class Originals:
    """The functions and the state of this interpreter before any model was imported."""

    owners: tuple[Owner, ...]
    state: Mapping[str, Any]

    @classmethod
    def now(cls) -> Self:
        """As they are."""
        return cls(tuple(owners()), interpreter_state())

    def changes(self) -> list[str]:
        """What is not as it was, in words."""
        state = interpreter_state()
        left = [f"{name} was changed and left so" for name, value in self.state.items() if state[name] != value]
        return [f"{name} was replaced" for owner in self.owners for name in owner.replaced()] + left


def interpreter_state() -> dict[str, Any]:
    """What holds for the whole interpreter, by what it is called in a complaint."""
    return {
        "garbage collection": (gc.isenabled(), gc.get_threshold(), bool(gc.get_freeze_count()), len(gc.callbacks)),
        "the switch interval": sys.getswitchinterval(),
        "the recursion limit": sys.getrecursionlimit(),
        "the stack size of threads": threading.stack_size(),
        "tracing": (sys.gettrace(), sys.getprofile(), tracemalloc.is_tracing()),
        "the event loop policy": loop_policy(),
        "the hooks of async generators": tuple(sys.get_asyncgen_hooks()),
        "the umask": umask(),
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
    settings: dict[str, Any] = {"the priority": os.getpriority(os.PRIO_PROCESS, 0)}
    if hasattr(os, "sched_getaffinity"):
        settings |= {"the cores allowed": os.sched_getaffinity(0), "the scheduler": os.sched_getscheduler(0)}
    return settings


def umask() -> int:
    """The mask of new files; to read it is to set it."""
    os.umask(mask := os.umask(0))
    return mask


def working_folder() -> str:
    """Where this process is; empty where that folder is gone."""
    with suppress(OSError):
        return os.getcwd()
    return ""
