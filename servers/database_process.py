"""Run a database server as a subprocess that `servers.subprocesses` can start and stop.

    class Postgres(Foreign): ...            # its data folder, its command, when it is ready
    sys.exit(Postgres.main())

A small process makes a private folder, starts the database on a free port of loopback, waits until it answers, prints
one JSON line, and then only waits: for the end of stdin (the lifeline), for a signal, or for the database to die.
In each case the database and its folder are removed.

Databases refuse to run as root: under root they run as `nobody`, who owns the folder and nothing else. A private
database holds nothing worth saving, so it is stopped immediately, without a clean shutdown.

Rejected: the helper servers that come with some wheels (run as root they add a system user and open all folders above
theirs to everybody), and a database that the system runs already (it holds data, and its settings are unknown).
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
LEAVE_S = 1.0  # for a database to stop immediately
TAIL = 2_000  # characters of its log in an error message


class DatabaseProcess:
    """A private database: its folder, its port, its process."""

    name: ClassVar[str]
    farewell: ClassVar[signal.Signals] = signal.SIGKILL  # stops it immediately

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.port = folder, folder / "log", 0
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Create the files that it needs before it can start."""

    def command(self) -> list[str]:
        """Its command line, listening on `self.port`."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it accepts connections."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """Its URL and version, as printed when it is ready."""
        raise NotImplementedError

    @classmethod
    def main(cls) -> int:
        """Start it, print its URL, and wait for the end of stdin, a signal or its death; returns the exit code."""
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
        """Start it, print its URL, and wait in case it ends by itself."""
        self.prepare()
        self.start()
        assert self.process is not None
        print(json.dumps({"database": self.process.pid, **self.facts()}), flush=True)
        code = self.process.wait()
        raise RefusalError(f"it died ({ending(code)}).{self.last_log_error()}", CANNOT_MEASURE)

    def start(self) -> None:
        """Start it and wait until it is ready; on another port if the first was taken meanwhile."""
        for last in (False, False, True):
            self.port = free_port()
            self.process = self.launch(self.command())
            try:
                self.await_ready()
            except RefusalError as refusal:
                self.end()
                if last or "already in use" not in str(refusal):
                    raise
            else:
                return

    def await_ready(self) -> None:
        """Wait until it is ready. RefusalError if it ends first or takes too long."""
        deadline = time.monotonic() + READY_S
        while not self.ready():
            assert self.process is not None
            if (code := self.process.poll()) is not None:
                raise RefusalError(f"it did not start ({ending(code)}).{self.last_log_error()}", CANNOT_MEASURE)
            if time.monotonic() > deadline:
                raise RefusalError(f"it was not ready after {READY_S:g} s.{self.last_log_error()}", CANNOT_MEASURE)
            time.sleep(POLL_S)

    def run(self, *command: str, stdin: int | IO[bytes] = subprocess.DEVNULL) -> None:
        """Run a program to its end, as the database's user. RefusalError with the end of its log if it fails."""
        self.process = self.launch(list(command), stdin)
        if code := self.process.wait():
            raise RefusalError(f"{command[0]} failed ({ending(code)}).{self.last_log_error()}", CANNOT_MEASURE)

    def launch(self, command: list[str], stdin: int | IO[bytes] = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        """Start a program as the database's user. RefusalError if the system does not allow it."""
        try:
            with self.log.open("ab") as log:
                return subprocess.Popen(command, cwd=self.folder, stdin=stdin, stdout=log, stderr=log, **unprivileged())
        except OSError as problem:
            who = "nobody, who runs it here, " if not os.geteuid() else ""
            raise RefusalError(f"{who}cannot start {command[0]} ({problem.strerror}).", CANNOT_MEASURE) from None

    def last_log_error(self) -> str:
        """The end of its log, to append to an error message."""
        words = self.log.read_text(errors="replace").strip()[-TAIL:] if self.log.exists() else ""
        return f" Its last words:\n{words}" if words else " It said nothing."

    def end(self) -> None:
        """Stop it and everything that it has started."""
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
    """Signal handler: stop as at the end of stdin; a second signal doesn't interrupt the clean-up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def unprivileged() -> dict[str, Any]:
    """Arguments of Popen that start a program as an unprivileged user; none where we are not root."""
    if os.geteuid():
        return {}
    user, group = nobody()
    return {"user": user, "group": group, "extra_groups": []}


def nobody() -> tuple[int, int]:
    """User and group id of `nobody`."""
    import pwd

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def free_port() -> int:
    """A free port of loopback."""
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def packaged(package: str, program: str) -> str:
    """Path of a program that a package ships. RefusalError if the package is missing."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise RefusalError(f"it needs the package {package}. Next: make full", CANNOT_MEASURE)
    return str(next(Path(places[0]).rglob(f"bin/{program}")))


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder that only the database's user can read."""
    folder = Path(tempfile.mkdtemp(prefix="overlap-"))
    try:
        if not os.geteuid():
            os.chown(folder, *nobody())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
