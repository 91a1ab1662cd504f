"""Whole blocks in a real pytest: what is no result is in neither file, whatever ended its test."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core import journal

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[3]
PATIENCE_S = 60

HEAD = """
import asyncio, os, signal, time
import pytest
from benchmarks.core import runner as measuring
from benchmarks.core.cell import cells
from benchmarks.workloads.sleep import Sleep
"""

FAULTS = """
class Wrong(Sleep):
    name = "wrong"
    def perform(self, client, task):
        return super().perform(client, task) + (task == 3)
    async def aperform(self, client, task):
        return self.perform(client, task)

class Forgotten(Sleep):
    name = "forgotten"
    def perform(self, client, task):
        return task
    async def aperform(self, client, task):
        asyncio.sleep(self.delay_s)
        return task

@cells("planted", workloads=[Sleep(delay_s=0.001), Wrong(delay_s=0.001), Forgotten(delay_s=0.01)],
       models=["sequential", "threads", "asyncio"], concurrency=[2], tasks=lambda c: 4, rounds=1)
def test_planted(measure, cell):
    measure(cell)

@cells("probed", workloads=[Sleep()], models=["nan", "fine", "other"], concurrency=[1], tasks=lambda c: 1,
       metrics=("told",))
def test_probed(observe, cell):
    observe(cell, lambda: {"other" if cell.model == "other" else "told": float("nan") if cell.model == "nan" else 1.0})

@cells("skipped", workloads=[Sleep()], models=["threads"], concurrency=[1], tasks=lambda c: 1)
def test_skipped(measure, cell):
    measure(cell)
    pytest.skip("after the measurement")
"""

INTERRUPTED = """
class Interrupting(Sleep):
    name = "interrupting"
    def perform(self, client, task):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

@cells("planted", workloads=[Sleep(delay_s=0.001), Interrupting()], models=["sequential", "threads"],
       concurrency=[1], tasks=lambda c: 1)
def test_planted(measure, cell):
    measure(cell)
"""

UNWINDING = """
class Unwinding(Sleep):
    name = "unwinding"
    def perform(self, client, task):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        finally:
            time.sleep(1000)  # as a pool may that is interrupted while it starts

@cells("planted", workloads=[Unwinding()], models=["sequential"], concurrency=[1], tasks=lambda c: 1)
def test_planted(measure, cell):
    measure(cell)
"""

LEFT_WORKER = """
import multiprocessing, os, time
import psutil
from benchmarks.core.runner import stop_fork_server
worker = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(1000,))
worker.start()
stop_fork_server()
stop_fork_server()  # where there is none, too
while psutil.pid_exists(worker.pid) and psutil.Process(worker.pid).status() != psutil.STATUS_ZOMBIE:
    time.sleep(0.01)
os._exit(0)
"""

HANGING = """
measuring.BUDGET_S = 0.5

class Hanging(Sleep):
    def perform(self, client, task):
        time.sleep(60)

@cells("planted", workloads=[Hanging()], models=["sequential"], concurrency=[1], tasks=lambda c: 1)
def test_planted(measure, cell):
    measure(cell)
"""


@dataclass(frozen=True)
class Block:
    """What an experiment left behind."""

    code: int
    output: str
    entries: list[dict[str, Any]]
    benchmarks: list[dict[str, Any]] | None

    def valid(self) -> dict[str, bool]:
        return {str(entry["cell"]): bool(entry["valid"]) for entry in self.entries if entry["kind"] == "cell"}

    def planned(self) -> set[str]:
        return {cell["cell"] for cell in self.entries[0]["order"]}


def block(folder: Path, experiment: str, *options: str) -> Block:
    (folder / "test_planted.py").write_text(HEAD + experiment)
    (folder / "conftest.py").write_text("from benchmarks.conftest import *\n")
    (folder / "pace.json").write_text('{"numbers_per_s": 1000000, "blocks_per_s": 1000, "pixels_per_s": 10000000}')
    out, kept = folder / "out.json", folder / "00.journal"
    command = [sys.executable, "-m", "pytest", str(folder), "-q", "--capture=sys", "-c", str(ROOT / "pyproject.toml")]
    command += [*options, f"--benchmark-json={out}", f"--journal={kept}", f"--pace={folder / 'pace.json'}"]
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_benchmark.plugin"}
    ours, theirs = os.pipe()  # a lifeline
    done = subprocess.run(
        command,
        env=os.environ | plugins | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        stdin=ours,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's `&` ignores it
    )
    os.close(ours)
    os.close(theirs)
    entries = [entry for _, entry in journal.read(kept) if isinstance(entry, dict)]
    benchmarks = json.loads(out.read_text())["benchmarks"] if out.exists() and out.stat().st_size else None
    return Block(done.returncode, done.stdout, entries, benchmarks)


def test_what_is_no_result_is_in_neither_file(tmp_path: Path) -> None:
    ended = block(tmp_path, FAULTS)
    right = {f"planted-sleep-{model}-c2" for model in ("sequential", "threads", "asyncio")} | {"probed-sleep-fine-c1"}
    assert {cell for cell, valid in ended.valid().items() if valid} == right, ended.output
    assert len(ended.valid()) == 13
    assert ended.benchmarks is not None
    assert {one["name"].partition("[")[2].strip("]") for one in ended.benchmarks} == right
    assert ended.planned() == ended.valid().keys()
    assert ended.entries[-1]["kind"] == "end"
    reasons = {entry["cell"]: entry["reason"] for entry in ended.entries if entry["kind"] == "cell"}
    assert "got the answer 4 instead of 3" in reasons["planted-wrong-asyncio-c2"]
    assert "waiting alone takes 0.01 s" in reasons["planted-forgotten-asyncio-c2"]


def test_an_interrupted_block_has_not_ended_and_its_cell_is_no_result(tmp_path: Path) -> None:
    ended = block(tmp_path, INTERRUPTED)
    assert ended.code == pytest.ExitCode.INTERRUPTED, ended.output
    assert not {"planted-interrupting-sequential-c1", "planted-interrupting-threads-c1"} & ended.valid().keys()
    assert not [one for one in ended.benchmarks or [] if "interrupting" in one["name"]]
    assert ended.planned() - ended.valid().keys(), "the driver must see that it has not ended"


def test_a_block_ends_at_once_when_it_is_interrupted_however_long_unwinding_would_take(tmp_path: Path) -> None:
    ended = block(tmp_path, UNWINDING, "--supervised")
    assert ended.code == -signal.SIGINT, ended.output
    assert [entry["kind"] for entry in ended.entries] == ["block", "begin"]


def test_a_fork_server_ends_though_a_worker_is_left_that_nobody_tells_to_go(tmp_path: Path) -> None:
    command, environment = [sys.executable, "-c", LEFT_WORKER], os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_cell_that_hangs_is_no_result_and_tells_where_it_hung(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = block(tmp_path, HANGING)
    assert time.monotonic() - began < PATIENCE_S / 2
    assert [entry["kind"] for entry in ended.entries] == ["block", "begin"]
    assert not ended.benchmarks
    assert "in perform" in ended.output
