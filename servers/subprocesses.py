"""Start a server in a process of its own, wait until it answers, stop it, never leak it.

    with serve("servers.latency", "--ms", "50") as service:
        fetch(service.url)
        service.check()  # raises if the server has died meanwhile

The lifeline: a child's stdin is a pipe whose other end only the parent holds. However the parent ends, even by SIGKILL,
the kernel closes it; the child reads the end of the file and exits. Rejected: `prctl(PR_SET_PDEATHSIG)` (Linux
only, and bound to the parent *thread*: a child started from a worker thread dies when that thread does), polling
`getppid()` (late, and wrong under a subreaper), `atexit` (a SIGKILL runs nothing).

A child leads a process group of its own: Ctrl-C in a terminal reaches the supervisor, not the server that is still
being measured; and what a server leaves behind (workers of a pool survive their parent) is killed with the group.
Output goes to unnamed temporary files and is read with `pread`: no pipe that can fill, and no reading thread in a
process that may fork.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import psutil

from servers.ending import alive, kill_until_gone

ROOT = Path(__file__).parents[1]
GRACE_S = 0.5  # to leave after a polite request; ours need milliseconds
STOP_S = 2.0  # for each of the two gentle ways of stopping a server: end of stdin, SIGTERM
POLL_S = 0.005
TAIL_BYTES = 2_000  # of stderr in a message: a traceback's end
NOTHING: Mapping[str, str] = MappingProxyType({})
# What a shell may hold that would decide how an interpreter runs, or what pytest or a library does.
FOREIGN = (
    "PYTHON",
    "PIP_",
    "UV_",
    "PYTEST_",
    "VIRTUAL_ENV",
    "AIOHTTP_",
    "MULTIDICT_",
    "YARL_",
    "RAY_ADDRESS",
    "CLUSTER",
)


def own_environment() -> dict[str, str]:
    """Our environment without the variables that change how a Python interpreter runs.

    OVERLAP_BESIDE is the folder where a user's own interpreter finds our packages (scripts/run/users_python).
    """
    beside = {"PYTHONPATH": os.environ["OVERLAP_BESIDE"]} if "OVERLAP_BESIDE" in os.environ else {}
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)} | beside


class ServiceError(RuntimeError):
    """A server did not start, or died while it was in use."""


class Service:
    """A running server: its `url` and `pid`, and the JSON object that it printed when ready (`ready`)."""

    def __init__(
        self,
        module: str,
        arguments: tuple[str, ...],
        python: str = sys.executable,
        variables: Mapping[str, str] = NOTHING,
    ) -> None:
        self.module = module
        self.ready: dict[str, Any] = {}
        self.out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.err: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=self.out,
            stderr=self.err,
            bufsize=0,
            process_group=0,
            env=own_environment() | {"PYTHONPATH": str(ROOT)} | dict(variables),
        )
        running.add(self)

    @property
    def url(self) -> str:
        """The URL that it printed."""
        return str(self.ready["url"])

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def check(self) -> None:
        """ServiceError if the server is no longer running."""
        if (code := self.process.poll()) is not None:
            raise ServiceError(
                f"{self.module} (pid {self.pid}) died while in use: {ending(code)}.{self.last_log_error()}"
            )

    def await_ready(self, timeout_s: float) -> None:
        """Wait for the JSON line that it prints when ready. ServiceError if it ends first or takes too long."""
        deadline = time.monotonic() + timeout_s
        while b"\n" not in (printed := os.pread(self.out.fileno(), 65_536, 0)):
            if (code := self.process.poll()) is not None:
                raise ServiceError(f"{self.module} did not start: {ending(code)}.{self.last_log_error()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.module} was not ready after {timeout_s:g} s.{self.last_log_error()}")
            time.sleep(POLL_S)
        line = printed.partition(b"\n")[0]
        try:
            self.ready = dict(json.loads(line))
        except ValueError:
            raise ServiceError(f"{self.module} should print one JSON line, but printed {line[:200]!r}.") from None

    def last_log_error(self) -> str:
        """The end of its stderr, to append to an error message."""
        size = os.fstat(self.err.fileno()).st_size
        words = os.pread(self.err.fileno(), TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace").strip()
        return f" Its last words:\n{words}" if words else " It said nothing on stderr."

    def stop(self) -> None:
        """Stop it by the end of stdin, else SIGTERM, else SIGKILL; then kill what is left of its process group."""
        running.discard(self)
        self.cut_lifeline()
        for next_signal in (signal.SIGTERM, signal.SIGKILL):
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_S)
                break
            self.process.send_signal(next_signal)
        self.process.wait()
        kill_until_gone(lambda: filter(self.in_group, psutil.process_iter()))
        self.out.close()
        self.err.close()

    def in_group(self, process: psutil.Process) -> bool:
        """Whether a process is one of those that the server started, or it itself."""
        try:
            return os.getpgid(process.pid) == self.pid and alive(process)
        except OSError:
            return False

    def cut_lifeline(self) -> None:
        """Close our end of its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.close()


running: weakref.WeakSet[Service] = weakref.WeakSet()


def cut_inherited_lifelines() -> None:
    """After a fork: close the lifelines that the worker has inherited, or they would outlive the parent."""
    for service in list(running):
        service.cut_lifeline()


os.register_at_fork(after_in_child=cut_inherited_lifelines)


def ending(code: int) -> str:
    """A process's exit code in words."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


@contextmanager
def serve(
    module: str, *args: str, timeout_s: float = 10, python: str = sys.executable, variables: Mapping[str, str] = NOTHING
) -> Iterator[Service]:
    """Run `python -m module *args` while the block lasts; ServiceError if it is not ready within `timeout_s`.

    `variables` are added to its environment: for secrets, since every user can read a process's arguments.
    """
    service = Service(module, args, python, variables)
    try:
        service.await_ready(timeout_s)
        yield service
    finally:
        service.stop()


def exit_with_parent(leave: Callable[[], None] | None = None) -> None:
    """Exit when the process at the other end of stdin is gone. On a terminal the hang-up signal does that already.

    `leave` is called then, in a thread of its own, instead of killing this process and its group.
    """
    if not os.isatty(0):
        threading.Thread(target=at_end_of_stdin, args=(leave or end_group,), name="lifeline", daemon=True).start()


def at_end_of_stdin(leave: Callable[[], None]) -> None:
    """Wait for the end of stdin, then call `leave`."""
    with suppress(OSError):  # a closed stdin is at its end too
        while os.read(0, 4096):
            pass
    leave()


def end_group() -> None:
    """Kill this process, and its whole group if it leads one."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGTERM)
        time.sleep(GRACE_S)
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
