"""Blocks: each a fresh interpreter that measures every cell once, watched through its journal.

A block runs in a session of its own, so that it can be ended with all its descendants: killing a process that holds
a `ProcessPoolExecutor` leaves its workers alive. It holds the other end of a pipe of ours, so that it ends when we do.
A cell that hangs or kills its interpreter is entered as no result, and the rest of the block goes on in a new one.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import journal
from scripts.exits import Exit, Stop

POLL_S = 0.1  # how often the journal is looked at: the screen needs no more, and looking disturbs
NOTHING_SELECTED = 5  # pytest's exit code
USAGE_ERROR = 4

Entry = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """One block of a run: where it writes, and what it runs."""

    run: Path
    number: int
    seed: int
    only: str

    def path(self, suffix: str) -> Path:
        """A file of this block."""
        return self.run / "blocks" / f"{self.number:02}{suffix}"

    def entries(self) -> list[Entry]:
        """What the journal holds so far; torn lines are left out."""
        path = self.path(".journal")
        return [entry for _, entry in journal.read(path) if isinstance(entry, dict)] if path.exists() else []

    def finished(self) -> set[str]:
        """Cells that have an entry, be they results or not."""
        return {entry["cell"] for entry in self.entries() if entry["kind"] == "cell"}

    def ended(self) -> bool:
        """Whether the block ran to its end."""
        return any(entry["kind"] == "end" for entry in self.entries())

    def under_way(self) -> Entry | None:
        """The cell that was begun last and has no entry: the block died of it."""
        begun = [entry["cell"] for entry in self.entries() if entry["kind"] == "begin"]
        if not begun or begun[-1] in self.finished():
            return None
        planned = [cell for entry in self.entries() if entry["kind"] == "block" for cell in entry["order"]]
        return next((cell for cell in planned if cell["cell"] == begun[-1]), None)

    def command(self) -> list[str]:
        """The interpreter's command line."""
        self.path(".done").write_text("\n".join(self.finished()))
        options = {
            "only": self.only,
            "block": self.number,
            "seed": self.seed,
            "journal": self.path(".journal"),
            "pace": self.run / "pace.json",
            "without": self.path(".done"),
            "benchmark-json": self.path(".json.partial"),
        }
        # capture=sys: the default closes the standard input that ties the block to us
        pytest = [sys.executable, "-m", "pytest", "benchmarks", "-q", "--capture=sys", "--supervised"]
        return pytest + [f"--{name}={value}" for name, value in options.items()]


@contextmanager
def interpreter(block: Block) -> Iterator[subprocess.Popen[bytes]]:
    """The block's process; it and all its descendants are gone afterwards, whatever happens."""
    with block.path(".log").open("ab") as log:
        process = subprocess.Popen(
            block.command(), stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, env=environment()
        )
    try:
        yield process
    finally:
        end_session(process)


def environment() -> dict[str, str]:
    """Ours, but bytecode is written (or every worker compiles its imports anew) and only known plugins are loaded."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS")
    }
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_benchmark.plugin"}


def end_session(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the session that `process` leads."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin:
        process.stdin.close()
    process.wait()


def follow(block: Block, process: subprocess.Popen[bytes], listen: Callable[[Entry], None], seen: int) -> int:
    """Tell `listen` of each new entry until the process has ended; returns how many entries there are."""
    while True:
        ended = process.poll() is not None
        entries = block.entries()
        for entry in entries[seen:]:
            listen(entry)
        seen = len(entries)
        if ended:
            return seen
        time.sleep(POLL_S)


def run_block(block: Block, listen: Callable[[Entry], None]) -> None:
    """Run the block to its end, in as many interpreters as it takes. Stop when nothing could be measured."""
    seen = len(block.entries())
    while not block.ended():
        before = block.finished()
        with interpreter(block) as process:
            seen = follow(block, process, listen, seen)
        explain(block, process.returncode)
        if culprit := block.under_way():
            reason = f"its interpreter ended with {ending(process.returncode)}; see {block.path('.log').name}"
            journal.append(
                block.path(".journal"), {"kind": "cell", **culprit, "valid": False, "reason": reason, "rounds": []}
            )
        elif not block.ended() and block.finished() == before:
            raise Stop(Exit.UNMEASURED, f"block {block.number} measured nothing: {last_words(block)}")
    publish(block)


def explain(block: Block, code: int) -> None:
    """Stop for what pytest refused to run at all."""
    if code == USAGE_ERROR:
        raise Stop(Exit.USAGE, last_words(block))
    if code == NOTHING_SELECTED and not block.ended():
        if not block.finished():
            raise Stop(Exit.USAGE, f"ONLY={block.only!r} selects no cell. Next: make bench ONLY=io")
        journal.append(block.path(".journal"), {"kind": "end"})


def last_words(block: Block) -> str:
    """The line of the block's log that says what went wrong."""
    lines = block.path(".log").read_text(errors="replace").splitlines()
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    failures = [line.removeprefix("E").strip() for line in lines if line.startswith("E  ")]
    return (errors or failures or lines or ["it said nothing"])[-1] + f" (all of it: {block.path('.log')})" * (
        not errors
    )


def ending(code: int) -> str:
    """How a process ended, in words."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def publish(block: Block) -> None:
    """Rename the finished JSON into place and remove what only the block needed."""
    partial = block.path(".json.partial")
    if partial.exists() and partial.stat().st_size:
        partial.replace(block.path(".json"))
    else:
        partial.unlink(missing_ok=True)
    block.path(".done").unlink(missing_ok=True)
