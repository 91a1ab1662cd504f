"""Runs under limits, tried for real: few files, processes, bytes, cores; a full disk; no shared memory; a long pause.

Each run either says what it cannot do, or is right: every cell has its rounds or a reason, and nothing is left behind.
What needs mounts, other users or control groups is tried as root only.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scripts.faults.sandbox import LONGEST_S, Sandbox, wait_until_empty
from scripts.tables.load import load
from scripts.util.exit_codes import Exit

ONLY = "io and sleep and not twin"  # sequential, threads, asyncio, processes
PAUSE_S = 30.0  # of the whole tree; longer than a cell waits for anything, shorter than a block may be silent
PAUSED_AFTER_S = 8.0  # most runs are in their first block by then
NOBODY = 65534
GROUPS = Path("/sys/fs/cgroup")
QUOTA = (20_000, 100_000)  # µs of CPU in a period: a fifth of a core
# A folder of devices without shared memory; the real ones are reached through a second way to them.
NO_SHARED_MEMORY = """mount --bind /dev "$0/dev" && mount -t tmpfs tmpfs /dev
for one in null zero full random urandom tty; do touch /dev/$one && mount --bind "$0/dev/$one" /dev/$one; done
ln -s /proc/self/fd /dev/fd; exec"""
FILLING = """mount -t tmpfs -o size=20m tmpfs "$0/results"
(until ls "$0"/results/runs/*/blocks/*.journal; do sleep 0.2; done; cat /dev/zero > "$0/results/x") 2>/dev/null >&2 &
exec"""
MOUNTED = {  # what a shell does before the run; its $0 is the sandbox
    "a full disk": 'mount -t tmpfs -o size=16m tmpfs "$0/results"; head -c 1m /dev/zero > "$0/results/x"; exec',
    "a disk that fills up": FILLING,
    "a read-only disk": 'mount -t tmpfs -o ro tmpfs "$0/results"; exec',
    "no /dev/shm": NO_SHARED_MEMORY,
    "a read-only /dev/shm": "mount -t tmpfs -o ro tmpfs /dev/shm; exec",
    "a /dev/shm of one page": "mount -t tmpfs -o size=4k tmpfs /dev/shm; exec",
}
JUMPS = """
import time as _time
_real, _began = _time.time, _time.monotonic()
_time.time = lambda: _real() + (-86400.0, 0.0, 3600.0)[int(_time.monotonic() - _began) % 3]
"""


@dataclass(frozen=True)
class Trial:
    """The outcome of a run under a limit."""

    limit: str
    code: int
    stderr: str
    lost: list[str]  # cells without a result, each with its reason
    measured: int  # rounds
    left: list[str]

    @property
    def wrong(self) -> list[str]:
        """The faults of the run: a wrong exit code, no error message, nothing measured, something left behind."""
        complaints = []
        if self.code not in (Exit.OK, Exit.NOT_MEASURED) or "Traceback" in self.stderr:
            complaints.append(f"exit code {self.code}: {self.stderr[-500:]}")
        if self.code == Exit.OK and not self.measured:
            complaints.append("nothing was measured, and it was called a success")
        if self.code == Exit.NOT_MEASURED and "Next: " not in self.stderr:
            complaints.append(f"no way out is named: {self.stderr[-500:]}")
        return [*complaints, *(f"left behind: {one}" for one in self.left)]


@dataclass(frozen=True)
class Limit:
    """A limit: its name, and how a command line becomes one under it, or what is done to the run meanwhile."""

    name: str
    before: Callable[[Sandbox], list[str]] = lambda sandbox: []
    meanwhile: Callable[[Sandbox], None] = lambda sandbox: None
    root: bool = False
    after: Callable[[], None] = field(default=lambda: None)


def mount_limit(name: str) -> Limit:
    """A limit that mounts make, in a name space of its own."""

    def before(sandbox: Sandbox) -> list[str]:
        for folder in ("dev", "results"):
            (sandbox.path / folder).mkdir(exist_ok=True)
        return ["unshare", "-m", "sh", "-c", f'{MOUNTED[name]} "$@"', str(sandbox.path)]

    return Limit(name, before, root=True)


def few_processes(most: int) -> Limit:
    """A limit of processes and threads, for an unprivileged user who may read our files: root has no such limit."""
    files = "+dac_override,+dac_read_search"
    user = f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={files}", f"--ambient-caps={files}"
    return Limit(f"{most} processes", lambda sandbox: ["setpriv", *user, "prlimit", f"--nproc={most}", "--"], root=True)


def prlimit(name: str, *options: str) -> Limit:
    """A limit that prlimit sets."""
    return Limit(name, lambda sandbox: ["prlimit", *options, "--"])


def one_core(sandbox: Sandbox) -> list[str]:
    """Held to one core."""
    return ["taskset", "-c", str(min(os.sched_getaffinity(0)))]


def quota(sandbox: Sandbox) -> list[str]:
    """In a control group with a quota of CPU time (version 1, as mounted here, or 2)."""
    enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    return ["sh", "-c", enter, str(quota_group())]


def quota_group() -> Path:
    """The control group, made if need be."""
    old = (GROUPS / "cpu").is_dir()
    group = (GROUPS / "cpu" if old else GROUPS) / f"overlap-{os.getpid()}"
    if not group.is_dir():
        group.mkdir()
        quota_us, period_us = map(str, QUOTA)
        both = {"cpu.cfs_period_us": period_us, "cpu.cfs_quota_us": quota_us}
        for name, text in (both if old else {"cpu.max": f"{quota_us} {period_us}"}).items():
            (group / name).write_text(text)
    return group


def pause(sandbox: Sandbox) -> None:
    """Stop every process of the run for PAUSE_S, as suspending a laptop does."""
    time.sleep(PAUSED_AFTER_S)
    stopped = sandbox.processes()
    for number, pause_s in ((signal.SIGSTOP, PAUSE_S), (signal.SIGCONT, 0.0)):
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        time.sleep(pause_s)


def clock(sandbox: Sandbox) -> list[str]:
    """A wall clock that jumps by a day and by an hour, every second, in every process of the run."""
    for package in ("scripts", "benchmarks", "servers"):
        file = sandbox.path / package / "__init__.py"
        text = file.read_text()
        if JUMPS not in text:
            file.write_text(text + JUMPS)
    return []


LIMITS = (
    prlimit("64 files", "--nofile=64"),
    prlimit("2 GiB of addresses", f"--as={2**31}"),
    prlimit("600 MiB of addresses", f"--as={600 * 2**20}"),
    prlimit("files of 1 MiB", f"--fsize={2**20}"),
    few_processes(4),
    few_processes(24),
    few_processes(60),
    *(mount_limit(name) for name in MOUNTED),
    Limit("one core", one_core),
    Limit("a quota of a fifth of a core", quota, root=True, after=lambda: quota_group().rmdir()),
    Limit("a clock that jumps", clock),
    Limit("a pause of 30 s", meanwhile=pause),
)


def can_try(limit: Limit) -> bool:
    """Whether a limit can be tried here."""
    programs = "prlimit", "setpriv", "unshare", "taskset"
    return sys.platform == "linux" and all(map(shutil.which, programs)) and (not limit.root or os.geteuid() == 0)


def try_limit(sandbox: Sandbox, limit: Limit) -> Trial:
    """Run a few cells under a limit and return the outcome."""
    shutil.rmtree(sandbox.path / "results", ignore_errors=True)
    command = [*limit.before(sandbox), *sandbox.command("--blocks", "1", "--only", ONLY, "--seed", "1")]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=sandbox.path, env=sandbox.environment(), stdout=subprocess.DEVNULL, stderr=log
        )
        limit.meanwhile(sandbox)
        code = exit_code(process)
        left = wait_until_empty(sandbox.left_behind)
        limit.after()
        log.seek(0)
        text = log.read()
    lost, measured = outcome(sandbox) if code == Exit.OK else ([], 0)
    return Trial(limit.name, code, text, lost, measured, left)


def exit_code(process: "subprocess.Popen[bytes]") -> int:
    """The exit code of a run; -9 when it hung."""
    try:
        return process.wait(LONGEST_S * 3)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def outcome(sandbox: Sandbox) -> tuple[list[str], int]:
    """Cells without a result, and the number of rounds; the run may lie in a mount that is gone."""
    if not (runs := sandbox.runs()):
        return ["what was measured went with its disk"], 1
    run = load(runs[-1])
    return [f"{one.subject}: {one.reason}" for one in run.omissions], len(run.rounds)
