"""A copy of the project in which runs can be killed, starved and damaged without touching your results.

The processes of a copy are found by a mark in their environment, whatever becomes of their parents.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

ROOT = Path(__file__).parents[2]
FOLDERS = ("servers", "benchmarks", "scripts", "overlap_bench")  # all that a run needs
FILES = ("pyproject.toml", "requirements-full.lock")
CLEANUP_S = 4.0  # until everything must be cleaned up
LONGEST_S = 120.0  # of a run of a few cells, on a machine that does much else
MEMORY = Path("/dev/shm")
SHARED = ("sem.mp-*", "sem.loky-*", "joblib_memmapping_folder_*", "psm_*")
MARK = "OVERLAP_TORTURE"  # a variable of all processes of a sandbox, by which they are found


@dataclass(frozen=True)
class Sandbox:
    """A copy of the code with results of its own."""

    path: Path
    before: frozenset[Path] = field(default_factory=lambda: frozenset(orphans()))

    @classmethod
    def build(cls, path: Path) -> "Sandbox":
        """Copy what a run needs."""
        for folder in FOLDERS:
            shutil.copytree(ROOT / folder, path / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in FILES:
            shutil.copy(ROOT / file, path)
        (path / "tmp").mkdir()
        return cls(path)

    def environment(self) -> dict[str, str]:
        """Our environment, marked as this sandbox's."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        making = {"UV": str(ROOT / ".tools" / "bin" / "uv"), "OVERLAP_CACHE": str(ROOT / ".cache")} | kept
        return making | {MARK: str(self.path), "TMPDIR": str(self.path / "tmp"), "PYTHONPATH": ""}

    def command(self, *arguments: str, verb: str = "bench") -> list[str]:
        """The command line of a verb."""
        return [sys.executable, "-m", f"scripts.{verb}", *arguments]

    def start(self, *arguments: str, verb: str = "bench") -> "subprocess.Popen[str]":
        """Start a run, without waiting."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*arguments, verb=verb),
            cwd=self.path,
            env=self.environment(),
            stderr=pipe,
            stdout=pipe,
            text=True,
        )

    def bench(
        self, *arguments: str, before: tuple[str, ...] = (), verb: str = "bench"
    ) -> "subprocess.CompletedProcess[str]":
        """Run to the end; `before` is a command that starts it, like `taskset -c 0`."""
        command = [*before, *self.command(*arguments, verb=verb)]
        return subprocess.run(
            command, cwd=self.path, env=self.environment(), capture_output=True, text=True, timeout=LONGEST_S
        )

    def runs(self) -> list[Path]:
        """Every run's folder, oldest first."""
        return sorted((self.path / "results" / "runs").glob("*"))

    def processes(self) -> list[psutil.Process]:
        """The live processes of this sandbox."""
        return [one for one in psutil.process_iter() if is_marked(one, str(self.path))]

    def left_behind(self) -> list[str]:
        """Processes (and so ports), temporary files, semaphores and locks that a run has left behind."""
        left = [f"process {one.pid}: {' '.join(command_line(one))}" for one in self.processes()]
        left += [str(file) for file in (self.path / "results").rglob("*.partial")]
        left += [str(file) for file in (self.path / "tmp").iterdir()]
        left += map(str, orphans() - self.before)
        try:
            with FileLock(self.path / "results" / ".lock", timeout=0):
                return left
        except Timeout:
            return [*left, "the lock"]


def orphans() -> set[Path]:
    """Semaphores and folders in shared memory that no living process of Python uses any more."""
    named = {file for kind in SHARED for file in MEMORY.glob(kind)}
    if not named:
        return set()
    used = "".join(map(maps, psutil.process_iter()))
    return {file for file in named if str(file) not in used and not owner_lives(file)}


def maps(process: psutil.Process) -> str:
    """The files that a process has mapped."""
    try:
        return Path(f"/proc/{process.pid}/maps").read_text()
    except OSError:
        return ""


def owner_lives(file: Path) -> bool:
    """Whether a process whose id is part of the name is alive, as loky names its files."""
    return any(psutil.pid_exists(int(part)) for part in re.split(r"[-_]", file.name)[1:-1] if part.isdigit())


def is_marked(process: psutil.Process, mark: str) -> bool:
    """Whether a live process has the mark in its environment."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except psutil.Error:
        return False


def command_line(process: psutil.Process) -> list[str]:
    """The command line of a process; empty when it has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until_empty(remaining: Callable[[], list[str]]) -> list[str]:
    """Wait until nothing is left behind, CLEANUP_S at most; what remains."""
    deadline = time.monotonic() + CLEANUP_S
    while (left := remaining()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
