"""Clean-up: end all processes of a session, and remove temporary files however this process ends.

Killing a process that holds a `ProcessPoolExecutor` leaves its workers alive, whatever their start method; and what a
program starts may form groups of its own. The session stays the same for all of them.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from servers.ending import alive, kill_until_gone


@contextmanager
def temporary_folder() -> Iterator[None]:
    """Use a folder for all temporary files of our descendants; it is removed however this process ends.

    A killed interpreter leaves the socket of its fork server lying, and a killed driver cannot tidy up: so a shell does
    when it reads the end of a pipe of ours, a moment later than everybody else who does.
    """
    before, folder = os.environ.get("TMPDIR"), tempfile.mkdtemp(prefix="overlap-")
    os.chmod(folder, 0o711)  # a database that runs as nobody must get to its own folder below
    janitor = start_janitor(folder)
    os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
        shutil.rmtree(folder, ignore_errors=True)
        end_session(janitor)


def start_janitor(folder: str) -> subprocess.Popen[bytes]:
    """A shell that removes the folder a moment after the end of this process."""
    return subprocess.Popen(
        ["sh", "-c", 'cat; sleep 1; rm -rf -- "$0"', folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def end_session(process: subprocess.Popen[bytes]) -> None:
    """Kill all processes of the session that `process` leads, in whatever process groups, stopped or not."""

    def members() -> list[psutil.Process]:
        process.poll()
        return [member for member in psutil.process_iter() if in_session(process.pid, member)]

    kill_until_gone(members)
    if process.stdin:
        process.stdin.close()
    process.wait()


def in_session(session: int, member: psutil.Process) -> bool:
    """Whether a live process belongs to the session."""
    try:
        return os.getsid(member.pid) == session and alive(member)
    except OSError:
        return False
