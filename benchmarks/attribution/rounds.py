"""The rounds of a cell that tell where its time goes: never those that count.

Half of them run as always, half with the accounts that attribution needs; in turns, so that both meet the same machine.
How much longer the second half took is what the accounts cost, and stands on the record.
"""

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.attribution.accounted import Accounted, reading
from benchmarks.attribution.holders import holders
from benchmarks.attribution.path import Record
from benchmarks.attribution.terms import attribute
from benchmarks.attribution.thread_state import unavailable_reason
from benchmarks.attribution.traced_lock import LockHold, tracing_locks
from benchmarks.core.cell import Cell
from benchmarks.core.context import BlockContext, InvalidCell
from benchmarks.core.round import Timing, time_round, validation_error
from benchmarks.core.runner import budget, stop_fork_server
from benchmarks.machine.scheduler import process_times
from benchmarks.models import NAMES, Model, model, needs
from benchmarks.workloads import Workload
from benchmarks.workloads._user_module import TaskFailed
from benchmarks.workloads.http_base import Pages
from benchmarks.workloads.user_work import Mine
from servers.request_stats import request_log, reset

METHOD = "the kernel's account of each thread, and a sampler of their system calls outside the process"
ROOT = Path(__file__).parents[2]
LEAST_ROUNDS, MOST_ROUNDS = 3, 20  # attributed; as many run as always
ENOUGH_S = 8.0  # of rounds of a cell, so that all of it takes less than a minute
PR_SET_PTRACER = 0x59616D61  # prctl(2): which process may trace, where Yama allows it to ancestors only


@contextmanager
def sampling(excluded: frozenset[int]) -> Iterator["Sampling"]:
    """A sampler of this process, at rest."""
    command = [sys.executable, "-m", "benchmarks.attribution.sampler", str(os.getpid()), *map(str, excluded)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, process.pid, 0, 0, 0)
    sampler = Sampling(process)
    try:
        sampler.pause()
        yield sampler
    finally:
        sampler.end()


class Sampling:
    """A sampler process that can be paused and resumed, and returns its samples at the end."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.seen = array("d")
        self.cpu_s = 0.0

    def resume(self) -> None:
        """Resume sampling."""
        self.process.send_signal(signal.SIGCONT)

    def pause(self) -> None:
        """Pause sampling."""
        self.process.send_signal(signal.SIGSTOP)

    def end(self) -> None:
        """Let the process return its samples and end."""
        if self.process.returncode is None:
            times = process_times(self.process.pid)
            self.cpu_s = times.cpu_s if times else 0.0
            self.resume()
            self.seen.frombytes(self.process.communicate()[0])


@dataclass(frozen=True)
class CellRounds:
    """What the rounds of a cell need: its workload with all that it needs filled in, and the server's address."""

    cell: Cell
    model: Model
    tasks: list[int]
    url: str = ""

    @property
    def loop(self) -> bool:
        """Whether its tasks share an event loop."""
        return self.cell.model in NAMES and needs(self.cell.model).workers == "loop"

    def prepare(self) -> None:
        """Clear the table, as for a round that counts."""
        self.cell.workload.prepare(self.tasks)
        gc.collect()
        if self.url:
            reset(self.url)

    def plain(self, workload: Workload | None = None) -> float:
        """Seconds of a round as always, or of a round of a workload that wraps the cell's."""
        self.prepare()
        timing = time_round(self.model, workload or self.cell.workload, self.tasks, self.cell.concurrency)
        self.check(timing)
        return timing.seconds

    def accounted(self) -> Record:
        """A round with its accounts."""
        self.prepare()
        before = reading()
        timing = time_round(self.model, Accounted(self.cell.workload), self.tasks, self.cell.concurrency)
        after = reading()
        self.check(replace(timing, returned=[(item[0][0], *item[1:]) for item in timing.returned]))
        asked_s = {task: self.cell.workload.wait_s(task) for task in self.tasks}
        if isinstance(self.cell.workload, Mine):
            asked_s = {}  # what its tasks waited on average, once, says nothing of this round
        served = {task: (arrived_s, left_s) for task, arrived_s, left_s in request_log(self.url)} if self.url else {}
        steps = tuple(item[0][1] for item in timing.returned)
        tid = threading.get_native_id()
        return Record(timing.began, timing.closed, tid, (before, after), steps, asked_s, served, self.loop)

    def check(self, timing: Timing) -> None:
        """Refuse a round that is no result. ValueError."""
        if wrong := validation_error(self.cell.workload, self.tasks, timing):
            raise ValueError(f"{self.cell}: {wrong}")


def turns(rounds: CellRounds, sampler: Sampling, clock: Callable[[], float]) -> tuple[list[float], list[Record]]:
    """Rounds in turns, as always and accounted, until there are enough of both; the first of each is discarded."""
    plain, records, began = list[float](), list[Record](), clock()
    while len(records) <= LEAST_ROUNDS or (len(records) <= MOST_ROUNDS and clock() - began < ENOUGH_S):
        plain.append(rounds.plain())
        sampler.resume()
        records.append(rounds.accounted())
        sampler.pause()
    return plain[1:], records[1:]


def explain(place: BlockContext, cell: Cell) -> dict[str, Any]:
    """Where the time of a cell goes, measured with the block's servers. Raises InvalidCell or ValueError."""
    with tracing_locks() as locks:
        return attribution_of(place, place.bind(cell), locks)


def attribution_of(place: BlockContext, cell: Cell, locks: list[LockHold]) -> dict[str, Any]:
    """Where the time of a cell goes; its workload is bound to the servers already."""
    url = place.params["url"] if isinstance(cell.workload, Pages) else ""
    since = time.monotonic()
    rounds = CellRounds(cell, model(cell.model), cell.workload.tasks(cell.tasks), url)
    with budget(), sampling(place.excluded_pids) as sampler:
        plain, records = turns(rounds, sampler, time.monotonic)
        held = holders(rounds.plain, cell.workload, locks) if sys.platform == "linux" else []
    stop_fork_server()
    usual_s, total_s = median(plain), sum(record.seconds for record in records)
    return {
        "cell": str(cell),
        **cell.key(),
        "rounds": len(records),
        "ideal_seconds": place.gauge.ideal_s(cell.workload, rounds.tasks, cell.concurrency, usual_s, since),
        "ceiling_seconds": place.ceiling_s(cell.workload, rounds.tasks, cell.concurrency),
        "plain_seconds": usual_s,
        "attributed_seconds": total_s / len(records),
        "slowdown": median(record.seconds for record in records) / usual_s,
        "sampler_cpu_share": sampler.cpu_s / total_s,
        "method": METHOD,
        "left_out": unavailable_reason(),
        "holders": [holder.to_record() for holder in held],
        "terms": attribute(records, sampler.seen),
    }


def keep(path: Path, place: BlockContext, cell: Cell) -> None:
    """Append where the time of a cell goes to a file, or why that was not found: a line each."""
    try:
        entry = explain(place, cell)
    except (InvalidCell, TaskFailed, ValueError) as problem:
        entry = {"cell": str(cell), **cell.key(), "reason": str(problem)}
    with path.open("a") as file:
        file.write(json.dumps(entry, allow_nan=False) + "\n")
