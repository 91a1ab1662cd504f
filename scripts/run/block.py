"""Blocks: each a fresh interpreter that measures every cell once, watched through its journal.

A block runs in a session of its own, so that it can be ended with all its descendants. It holds the other end of a
pipe of ours, so that it ends when we do.

A cell that hangs or kills its interpreter is entered as no result, and the rest of the block goes on in a new one.
So it does after every cell that failed, whatever of: a dead server, a stray thread or a half-spent limit would be the
next cell's trouble. Rejected: looking for each of them.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.core import journal
from benchmarks.core.runner import BUDGET_S
from benchmarks.machine.switches import block_environment
from scripts.run.cluster import NO_CLUSTER, ClusterConfig
from scripts.run.preflight import require_disk_space
from scripts.tables.schema import Entry, fault, fingerprint, read_environment, whose
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import HOUSE
from scripts.util.processes import end_session

POLL_S = 0.1  # between two reads of the journal: the screen needs no more, and reading disturbs the measurement
# A stopped interpreter cannot keep its own budget. The margin is for its start: imports, the server, the spinners.
SILENCE_S = BUDGET_S + 15
ATTEMPTS = 2  # interpreters that may fail to begin a cell: the cause of the first failure may be over
NOTHING_SELECTED = 5  # pytest's exit code
USAGE_ERROR = 4


@dataclass(frozen=True)
class Block:
    """One block of a run: where it writes, and what it runs."""

    run: Path
    number: int
    seed: int
    only: str
    python: str = sys.executable  # the interpreter that is measured; the server runs under ours, whatever it is
    unloadable: tuple[str, ...] = ()  # files of experiments that it cannot import
    where: ClusterConfig = NO_CLUSTER
    variables: tuple[tuple[str, str], ...] = ()  # for the interpreter, beside those that every block has

    def path(self, suffix: str) -> Path:
        """The path of this block's file with that suffix."""
        return self.run / "blocks" / f"{self.number:02}{suffix}"

    def entries(self) -> list[Entry]:
        """The valid entries of the journal so far; torn lines are left out."""
        path = self.path(".journal")
        lines = journal.read(path) if path.exists() else []
        return [entry for _, entry in lines if isinstance(entry, dict) and not fault(entry)]

    def finished(self) -> set[str]:
        """The cells that have an entry, valid or not."""
        return {entry["cell"] for entry in self.entries() if entry["kind"] == "cell"}

    def planned(self) -> dict[str, Entry]:
        """The cells that the block planned, by name."""
        return {cell["cell"]: cell for entry in self.entries() if entry["kind"] == "block" for cell in entry["order"]}

    def ended(self) -> bool:
        """Whether every planned cell has an entry; an `end` line is no proof, an interrupted pytest writes it too."""
        planned = self.planned().keys()
        return planned <= self.finished() and (bool(planned) or any(entry["kind"] == "end" for entry in self.entries()))

    def cell_in_progress(self) -> Entry | None:
        """The cell that was begun last and has no entry: it killed or stopped the interpreter."""
        begun = [entry["cell"] for entry in self.entries() if entry["kind"] == "begin"]
        if not begun or begun[-1] in self.finished():
            return None
        return self.planned().get(begun[-1])

    def command(self, done: IO[bytes], made: IO[bytes]) -> list[str]:
        """The interpreter's command line. Finished cells (`done`) and the JSON (`made`) pass through unnamed files."""
        done.write("\n".join(self.finished()).encode())
        done.seek(0)
        options = {
            "only": self.only,
            "block": self.number,
            "seed": self.seed,
            "journal": self.path(".journal"),
            "pace": self.run / "pace.json",
            "server-python": sys.executable,
            "server-bind": self.where.bind,
            "server-address": self.where.address,
            "without": f"/dev/fd/{done.fileno()}",
            "benchmark-json": f"/dev/fd/{made.fileno()}",
        }
        pytest = [*experiments_command(self.python), "-x"]
        pytest.append("-Wignore:Not saving anything")  # what pytest-benchmark says, as an error, where nothing was run
        pytest += [f"--ignore={HOUSE / 'benchmarks' / 'experiments' / file}" for file in self.unloadable]
        return pytest + [f"--{name}={value}" for name, value in options.items()]


def experiments_command(python: str) -> list[str]:
    """The command line that runs our experiments in an interpreter, from any folder."""
    # capture=sys: the default closes the standard input that ties the block to us
    # -P: a `benchmarks` folder of the user's own, where the verb was called, must not be taken for ours
    # short: the long form prints what functions were called with, a password included
    place = [str(HOUSE / "benchmarks"), f"-c{HOUSE / 'pyproject.toml'}"]
    return [python, "-P", "-m", "pytest", *place, "-q", "--capture=sys", "--supervised", "--tb=short"]


@contextmanager
def block_process(block: Block) -> Iterator[subprocess.Popen[bytes]]:
    """Start the block's process; on exit kill it with all its descendants, and write its JSON when it is complete."""
    unnamed = tempfile.TemporaryFile  # an unnamed file can't be left behind
    with block.path(".log").open("ab") as log, unnamed() as done, unnamed() as made:
        process = subprocess.Popen(
            block.command(done, made),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[done.fileno(), made.fileno()],
            start_new_session=True,
            env=environment() | block.where.environment() | dict(block.variables),
        )
        try:
            yield process
        finally:
            end_session(process)
        if process.returncode >= 0:  # or it was killed, perhaps while it wrote
            made.seek(0)
            write_json(block, made.read())


def environment() -> dict[str, str]:
    """The variables of a block, with the suite itself on its path: a verb can be called in any folder."""
    kept = block_environment()
    path = [str(HOUSE), *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    return kept | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(path))}


@dataclass
class Tail:
    """Reads a growing journal: only new bytes, because our computing disturbs the measurement."""

    path: Path
    at: int = 0

    def new(self) -> list[Entry]:
        """The entries since the last call; a line that is still being written is left for the next call."""
        with self.path.open("rb") as file:
            file.seek(self.at)
            lines = [line for line in file if line.endswith(b"\n")]
        self.at += sum(map(len, lines))
        entries = (journal.entry_or_problem(line.decode(errors="replace")) for line in lines)
        return [entry for entry in entries if isinstance(entry, dict) and not fault(entry)]


def follow(tail: Tail, process: subprocess.Popen[bytes], listen: Callable[[Entry], None], silence_s: float) -> float:
    """Pass each new entry to `listen` until the process has ended, or written none for `silence_s`.

    Returns the seconds since the last entry.
    """
    heard_at = time.monotonic()
    while True:
        ended = process.poll() is not None
        for entry in tail.new():
            listen(entry)
            heard_at = time.monotonic()
        silent_s = time.monotonic() - heard_at
        if ended or silent_s > silence_s:
            return silent_s
        time.sleep(POLL_S)


def run_block(block: Block, listen: Callable[[Entry], None]) -> None:
    """Run the block to its end, in as many interpreters as it takes. CommandError when nothing could be measured."""
    open_journal(block)
    tail, fruitless = Tail(block.path(".journal"), block.path(".journal").stat().st_size), 0
    while not block.ended():
        require_disk_space(block.run)
        before = block.finished()
        with block_process(block) as process:
            silent_s = follow(tail, process, listen, SILENCE_S)
        if culprit := block.cell_in_progress():
            record_crash(block, culprit, ending_text(process.returncode, silent_s))
        else:
            check_exit_code(block, process.returncode)
        fruitless = fruitless + 1 if block.finished() == before and not block.ended() else 0
        if fruitless == ATTEMPTS:
            require_disk_space(block.run)
            raise CommandError(
                Exit.NOT_MEASURED, f"block {block.number} measured nothing: {last_log_error(block)}. Next: make doctor"
            )


def open_journal(block: Block) -> None:
    """Begin the journal with the fingerprint of its run, or check it. CommandError when it belongs to another run."""
    path, run = block.path(".journal"), fingerprint(block.run, read_environment(block.run))
    if not path.exists():
        with atomic_write(path) as file:
            journal.append(file, {"kind": "run", "schema": journal.SCHEMA, "block": block.number, "of": run})
    if mismatch := whose(next((entry for _, entry in journal.read(path)), None), block.number, run):
        raise CommandError(Exit.BAD_DATA, f"{path} cannot be resumed: {mismatch}. Next: rm {path}")
    if not path.read_bytes().endswith(b"\n"):
        with path.open("ab") as file:  # a torn line must not tear the next one
            file.write(b"\n")


def record_crash(block: Block, culprit: Entry, what: str) -> None:
    """Record the cell during which the interpreter died as invalid."""
    entry = {
        "kind": "cell",
        **culprit,
        "valid": False,
        "reason": f"{what}; see {block.path('.log').name}",
        "rounds": [],
    }
    journal.append(block.path(".journal"), entry)


def ending_text(code: int, silent_s: float) -> str:
    """How the interpreter of a cell ended, in words."""
    if silent_s > BUDGET_S - 2 * POLL_S:
        return f"it had not ended after {BUDGET_S:g} s"
    return f"its interpreter ended with {signal.Signals(-code).name if code < 0 else f'exit code {code}'}"


def check_exit_code(block: Block, code: int) -> None:
    """CommandError for an exit code that says that pytest ran nothing."""
    if code == USAGE_ERROR:
        raise CommandError(Exit.USAGE, last_log_error(block))
    if code == NOTHING_SELECTED and not block.ended():
        if not block.finished():
            raise CommandError(Exit.USAGE, f"ONLY={block.only!r} selects no cell. Next: make bench ONLY=io")
        journal.append(block.path(".journal"), {"kind": "end"})


def last_log_error(block: Block) -> str:
    """The line of the block's log that names the error."""
    lines = block.path(".log").read_text(errors="replace").splitlines()
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    failures = [line.removeprefix("E").strip() for line in lines if line.startswith("E  ")]
    return (errors or failures or lines or ["it printed nothing"])[-1] + f" (whole log: {block.path('.log')})" * (
        not errors
    )


def write_json(block: Block, made: bytes) -> None:
    """Write pytest-benchmark's JSON, if there is any."""
    if made:
        with atomic_write(block.path(".json")) as file:
            file.write_bytes(made)
