"""Run somebody else's server, a database, the way `servers.subprocesses` expects of a server.

    class Postgres(Foreign): ...            # what it is made with, how it starts, when it answers
    sys.exit(Postgres.main())

A small process makes a private folder, starts the database on a free port of loopback, waits until it answers, prints
one JSON line, and then only waits: for the end of stdin (the lifeline), for a signal, or for the database to die.
Whichever it is, the database is gone afterwards, and so is its folder.

Databases refuse to run as root, and rightly so: there they run as `nobody`, who owns the folder and nothing else.
Nothing in a private database is worth saving, so it is told to drop everything, not to shut down in good order.

Rejected: the helper servers that come with some wheels (run as root they add a system user and open all folders above
theirs to everybody), and what the system has running (somebody's data is in it, and nobody knows its settings).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, ClassVar

from servers.sockets import CANNOT_MEASURE, RefusalError
from servers.subprocesses import ending, exit_with_parent

HOST = "127.0.0.1"
READY_S = 30.0  # a second on an idle machine
POLL_S = 0.01
LEAVE_S = 1.0  # for a database to drop everything
TAIL = 2_000  # characters of its last words in a message


class Foreign:
    """A database of our own: its folder, its port, its process."""

    name: ClassVar[str]
    farewell: ClassVar[signal.Signals] = signal.SIGKILL  # what makes it drop everything

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.port = folder, folder / "log", 0
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make what it needs before it can start."""

    def command(self) -> list[str]:
        """How it is started, on `self.port`."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it answers."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """What a user must know: its URL, its version."""
        raise NotImplementedError

    @classmethod
    def main(cls) -> int:
        """Start it, say where it is, and stay until the lifeline is cut, a signal comes or it dies; the exit code."""
        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        exit_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
        try:
            with private_folder() as folder:
                database = cls(folder)
                try:
                    return database.serve()
                finally:
                    database.end()
        except RefusalError as refusal:
            print(f"{cls.name}: {refusal}", file=sys.stderr)
            return refusal.code

    def serve(self) -> int:
        """Start it, say where it is, and wait for an end that nobody asked for."""
        self.prepare()
        self.start()
        assert self.process is not None
        print(json.dumps({"database": self.process.pid, **self.facts()}), flush=True)
        code = self.process.wait()
        raise RefusalError(f"it died ({ending(code)}).{self.last_log_error()}", CANNOT_MEASURE)

    def start(self) -> None:
        """Start it and wait until it answers; on another port where somebody was quicker to take the first."""
        for last in (False, False, True):
            self.port = free_port()
            self.process = self.launch(self.command())
            try:
                self.await_ready()
            except RefusalError as refusal:
                self.end()
                if last or "ddress already in use" not in str(refusal):
                    raise
            else:
                return

    def await_ready(self) -> None:
        """Wait until it answers. RefusalError where it ends first, or takes too long."""
        deadline = time.monotonic() + READY_S
        while not self.ready():
            assert self.process is not None
            if (code := self.process.poll()) is not None:
                raise RefusalError(f"it did not start ({ending(code)}).{self.last_log_error()}", CANNOT_MEASURE)
            if time.monotonic() > deadline:
                raise RefusalError(f"it was not ready after {READY_S:g} s.{self.last_log_error()}", CANNOT_MEASURE)
            time.sleep(POLL_S)

    def run(self, *command: str, stdin: int | IO[bytes] = subprocess.DEVNULL) -> None:
        """Run a program to its end, as the database's user. RefusalError with its last words where it fails."""
        self.process = self.launch(list(command), stdin)
        if code := self.process.wait():
            raise RefusalError(f"{command[0]} failed ({ending(code)}).{self.last_log_error()}", CANNOT_MEASURE)

    def launch(self, command: list[str], stdin: int | IO[bytes] = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        """Start a program as the database's user. RefusalError where the system does not let it."""
        try:
            with self.log.open("ab") as log:
                return subprocess.Popen(command, cwd=self.folder, stdin=stdin, stdout=log, stderr=log, **unprivileged())
        except OSError as problem:
            who = "nobody, who runs it here, " if not os.geteuid() else ""
            raise RefusalError(f"{who}cannot start {command[0]} ({problem.strerror}).", CANNOT_MEASURE) from None

    def last_log_error(self) -> str:
        """The end of what it said, as the end of a message."""
        words = self.log.read_text(errors="replace").strip()[-TAIL:] if self.log.exists() else ""
        return f" Its last words:\n{words}" if words else " It said nothing."

    def end(self) -> None:
        """Have it gone."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(self.farewell)
        try:
            self.process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def leave(number: int, frame: object) -> None:
    """End like at the end of the lifeline: everything is tidied up, and being asked twice doesn't interrupt that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def unprivileged() -> dict[str, Any]:
    """How to start a program that must not be root."""
    if os.geteuid():
        return {}
    user, group = nobody()
    return {"user": user, "group": group, "extra_groups": []}


def nobody() -> tuple[int, int]:
    """Who nobody is: user and group."""
    import pwd

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.create_server((HOST, 0)) as found:
        return int(found.getsockname()[1])


def packaged(package: str, program: str) -> str:
    """A program that a package brings. RefusalError where it is not here."""
    found = find_spec(package)
    places = found.submodule_search_locations if found else None
    if not places:
        raise RefusalError(f"it needs the package {package}. Next: make full", CANNOT_MEASURE)
    return str(next(Path(places[0]).rglob(f"bin/{program}")))


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that belongs to the database's user alone, and is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="overlap-"))
    try:
        if not os.geteuid():
            os.chown(folder, *nobody())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
