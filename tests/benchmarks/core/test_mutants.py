"""Planted faults: whatever goes wrong in a round, its cell is not a result.

Each mutant is a model or a workload with one fault. It goes through the real `measure`, with a stand-in for
pytest-benchmark's fixture that calls set-up, target and tear-down as the real one does.
"""

import json
import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core import cell_runner, journal, runner
from benchmarks.core.cell import CLASSICAL, Cell
from benchmarks.core.context import BlockContext, InvalidCell
from benchmarks.core.round import Timing
from benchmarks.core.work_done import Account, saturated
from benchmarks.machine import cpu_usage
from benchmarks.models import NAMES, Model, Run, model, needs, without_cluster
from benchmarks.workloads import Capacity, Workload
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve
from tests.benchmarks.planted import Raising

HERE = [name for name in without_cluster() if not needs(name).unavailable_reason()]
Change = Callable[[list[Any]], list[Any]]


@dataclass
class FakeBenchmark:
    """pytest-benchmark's fixture, as far as `measure` uses it."""

    has_error: bool = False
    extra_info: dict[str, Any] = field(default_factory=dict)

    def pedantic(
        self, target: Any, *, setup: Any = None, teardown: Any = None, rounds: int, warmup_rounds: int = 0
    ) -> Any:
        for _ in range(warmup_rounds + rounds):
            if setup:
                setup()
            result = target()
            if teardown:
                teardown()
        return result


class FakeGauge:
    """A machine of two full cores, always."""

    cores = 2
    looks = 0

    def latest(self, workload: Workload) -> Capacity:
        return Capacity(1.0, 2.0)

    def around(self, workload: Workload, since: float) -> Capacity:
        return Capacity(1.0, 2.0)

    def renew(self, workload: Workload, oldest_s: float = 0.0) -> None:
        self.looks += 1

    def add(self, kind: str, capacity: Capacity) -> None:
        """It knows already."""

    def ideal_s(self, workload: Workload, tasks: list[int], concurrency: int, took_s: float, since: float) -> float:
        return workload.ideal_s(tasks, concurrency, Capacity(1.0, 2.0))


@dataclass
class Bench:
    """Where a mutant is measured, and what was written of it."""

    url: str = ""
    apart: frozenset[int] = frozenset()
    written: list[dict[str, Any]] = field(default_factory=list)
    benchmark: FakeBenchmark = field(default_factory=FakeBenchmark)

    def measure(self, cell: Cell) -> list[dict[str, Any]]:
        place = BlockContext({"url": self.url}, FakeGauge(), self.apart, self.written.append)  # type: ignore[arg-type]
        return runner.measure(self.benchmark, place, cell)

    def refuses(self, cell: Cell, why: str) -> None:
        """The cell must fail, for this reason, and leave nothing for pytest-benchmark.

        `why` is looked for in the exception's type and text: a time-out has no text.
        """
        with pytest.raises(Exception) as refused:  # noqa: PT011
            self.measure(cell)
        assert re.search(why, f"{refused.typename}: {refused.value}")
        assert self.benchmark.has_error


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest's own capture has no file for the traceback; the budget has a test of its own."""
    monkeypatch.setattr(runner, "budget", nullcontext)


def planted(monkeypatch: pytest.MonkeyPatch, mutant: Model) -> None:
    """Let every model be `mutant`."""
    monkeypatch.setattr(runner, "model", lambda name: mutant)


def changing(name: str, change: Change) -> Model:
    """The model called `name`, whose answers are changed on the way out."""

    @contextmanager
    def changed(workload: Workload, concurrency: int) -> Iterator[Run]:
        with model(name)(workload, concurrency) as run:
            yield lambda tasks: change(run(tasks))

    return changed


def cell(name: str, workload: Workload | None = None) -> Cell:
    bounded = name not in NAMES or needs(name).bounded
    return Cell("mutants", workload or Sleep(delay_s=0.001), name, concurrency=3 if bounded else 6, tasks=6)


@pytest.mark.real
@pytest.mark.parametrize("name", HERE)
def test_a_sound_model_is_a_result(name: str, bench: Bench) -> None:
    assert [entry["warmup"] for entry in bench.measure(cell(name))] == [True, False, False]
    assert not bench.benchmark.has_error


def test_a_cell_that_is_measured_cold_discards_nothing(bench: Bench) -> None:
    once = replace(cell("sequential"), rounds=1, warmup_rounds=0)
    assert [entry["warmup"] for entry in bench.measure(once)] == [False]


def test_what_a_round_must_find_is_brought_about_before_each_of_them(bench: Bench) -> None:
    prepared: list[list[int]] = []

    class Prepared(Sleep):
        def prepare(self, tasks: list[int]) -> None:
            prepared.append(tasks)

    bench.measure(cell("sequential", Prepared(delay_s=0)))
    assert prepared == [[0, 1, 2, 3, 4, 5]] * 3


MUTATIONS: dict[str, tuple[Change, str]] = {
    "a wrong value": (lambda out: [(out[0][0] + 1, *out[0][1:]), *out[1:]], "got the answer 1 instead of 0"),
    "a lost item": (lambda out: out[:-1], "6 tasks went in, 5 answers came out"),
    "a duplicate": (lambda out: [out[0], out[0], *out[2:]], "task 1 got the answer 0"),
    "one too many": (lambda out: [*out, out[-1]], "7 answers came out"),
    "a swapped order": (lambda out: [out[1], out[0], *out[2:]], "task 0 got the answer 1"),
    "a swallowed exception": (lambda out: [None, *out[1:]], "was not performed: its answer is None"),
    "an exception as answer": (lambda out: [ValueError("x"), *out[1:]], "was not performed"),
    "an iterator instead of answers": (lambda out: iter(out), "returned a list_iterator"),  # type: ignore[dict-item, return-value]
}


@pytest.mark.real
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("name", CLASSICAL)
def test_answers_that_are_not_whole_are_never_a_result(
    name: str, mutation: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, why = MUTATIONS[mutation]
    planted(monkeypatch, changing(name, change))
    bench.refuses(cell(name), why)


@pytest.mark.real
@pytest.mark.parametrize("name", HERE)
def test_a_task_that_fails_fails_its_cell(name: str, bench: Bench) -> None:
    bench.refuses(cell(name, Raising(delay_s=0.001)), "task 3 went wrong|in a TaskGroup|from Trio nursery")


def test_a_forgotten_await_is_never_a_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def forgetful(workload: Workload, concurrency: int) -> Iterator[Run]:
        made: list[Any] = []

        def run(tasks: list[int]) -> list[Any]:
            made.extend(workload.aperform(None, task) for task in tasks)
            return made

        yield run
        for coroutine in made:
            coroutine.close()

    planted(monkeypatch, forgetful)
    bench.refuses(cell("asyncio"), "was not performed: its answer is <coroutine")


def test_work_that_is_done_after_the_clock_has_stopped_is_never_a_result(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def early(workload: Workload, concurrency: int) -> Iterator[Run]:
        answers: list[Any] = []
        late = threading.Thread(target=lambda: answers.extend(workload.perform(None, task) for task in range(6)))
        yield lambda tasks: late.start() or answers  # type: ignore[func-returns-value]
        late.join()

    planted(monkeypatch, early)
    bench.refuses(cell("threads"), "not done between the start and the end of the round")


def test_answers_kept_from_the_last_round_are_never_a_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []

    @contextmanager
    def remembering(workload: Workload, concurrency: int) -> Iterator[Run]:
        yield lambda tasks: kept or kept.extend(workload.perform(None, task) for task in tasks) or kept  # type: ignore[func-returns-value]

    planted(monkeypatch, remembering)
    bench.refuses(cell("threads"), "round 1: task 0 was not done between")


def test_a_stray_thread_is_never_a_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    @contextmanager
    def straying(workload: Workload, concurrency: int) -> Iterator[Run]:
        threading.Thread(target=release.wait, name="stray", daemon=True).start()
        yield lambda tasks: [workload.perform(None, task) for task in tasks]

    planted(monkeypatch, straying)
    try:
        bench.refuses(cell("threads"), "thread stray")
    finally:
        release.set()


@pytest.mark.real
def test_a_stray_child_is_never_a_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def straying(workload: Workload, concurrency: int) -> Iterator[Run]:
        children.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        yield lambda tasks: [workload.perform(None, task) for task in tasks]

    planted(monkeypatch, straying)
    try:
        bench.refuses(cell("processes"), r"process \d+ \(python")
    finally:
        for child in children:
            child.communicate()


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with serve("servers.latency") as service:
        yield service


def at(server: Any) -> Bench:
    return Bench(server.url, frozenset({server.pid}))


@pytest.mark.real
@pytest.mark.parametrize("name", CLASSICAL)
def test_the_server_has_seen_what_the_cell_says(name: str, server: Any) -> None:
    for entry in at(server).measure(Cell("mutants", Wire(delay_s=0.05), name, concurrency=4, tasks=8)):
        assert (entry["requests"], entry["received_bytes"]) == (8, 8)
        # on a crowded machine a worker may start so late that another has done its share by then
        possible = [1] if name == "sequential" else range(2, 5)
        assert entry["connections"] in possible
        assert entry["peak_in_flight"] in possible
        assert entry["seconds"] >= entry["ideal_seconds"]


@pytest.mark.real
def test_a_cache_in_front_of_the_server_is_never_a_result(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def caching(workload: Workload, concurrency: int) -> Iterator[Run]:
        def run(tasks: list[int]) -> list[Any]:
            with workload.client() as client:
                _, *times = workload.perform(client, tasks[0])
            return [(str(task).encode(), *times) for task in tasks]

        yield run

    planted(monkeypatch, caching)
    at(server).refuses(Cell("mutants", Wire(delay_s=0.001), "threads", 4, 8), "its times were made up")


shared: Any = None


def perform_with_the_parents_client(work: tuple[Workload, int]) -> Any:
    """In a forked worker: use the connection that the parent opened."""
    return work[0].perform(shared, work[1])


@pytest.mark.real
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads: it is what is shown
def test_a_forked_parents_open_socket_is_never_a_result(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def forking(workload: Workload, concurrency: int) -> Iterator[Run]:
        global shared
        with workload.client() as shared:
            context = multiprocessing.get_context("fork")
            with ProcessPoolExecutor(concurrency, context) as pool:

                def run(tasks: list[int]) -> list[Any]:
                    work = [(workload, task) for task in tasks]
                    return list(pool.map(perform_with_the_parents_client, work, timeout=5))

                try:
                    yield run
                finally:  # a worker whose answer another has read waits for ever; a run's budget would end it
                    for process in pool._processes.values():
                        process.kill()

    planted(monkeypatch, forking)
    at(server).refuses(Cell("mutants", Wire(delay_s=0.02), "processes", 4, 8), "connection|answer|peer|Error")


@dataclass(frozen=True)
class Busy(Wire):
    """`wire` whose client burns the time that it should wait."""

    def perform(self, client: Any, task: int) -> bytes:
        until = time.perf_counter() + 0.03
        while time.perf_counter() < until:
            pass
        return super().perform(client, task)


@pytest.mark.real
def test_a_saturated_client_is_flagged_and_an_idle_one_is_not(server: Any) -> None:
    flags = {}
    for workload in (Wire(delay_s=0.02), Busy(delay_s=0.001)):
        rounds = at(server).measure(Cell("mutants", workload, "threads", 4, 16))
        # what others take, the client cannot burn: such a round says that it is disturbed
        flags[type(workload)] = [
            entry["saturated"] or ("disturbed" if entry["disturbed"] else "") for entry in rounds[1:]
        ]
    assert set(flags[Wire]) <= {"", "disturbed"}
    assert set(flags[Busy]) <= {"client", "machine", "disturbed"}


@pytest.mark.parametrize(
    ("ours_s", "server_s", "flag"),
    [(0.1, 0.1, ""), (0.95, 0.1, "client"), (0.2, 0.95, "server"), (1.2, 0.7, "machine"), (0.89, 0.1, "")],
)
def test_who_is_saturated_is_told_apart(ours_s: float, server_s: float, flag: str) -> None:
    usage, timing = cpu_usage.CpuUsage(1.0, ours_s, 0.0, 0.0), Timing(0.0, 0.0, 0.0, 1.0, [])
    account = Account(cell("threads"), (), timing, usage, {"cpu_s": server_s}, Capacity(1.0, 2.0))
    assert saturated(account) == flag


@pytest.mark.parametrize(
    ("others_s", "steal_s", "disturbed"), [(0, 0, False), (0.09, 0, False), (0.06, 0.06, True), (0.5, 0, True)]
)
def test_a_round_is_disturbed_when_others_took_more_than_five_percent(
    others_s: float, steal_s: float, disturbed: bool
) -> None:
    assert cpu_usage.CpuUsage(1.0, 0.5, others_s, steal_s).disturbed(cores=2) is disturbed


@pytest.mark.real
def test_who_supports_the_measurement_is_left_out_with_all_that_it_started() -> None:
    parent = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print(flush=True); sys.stdin.read()"
    families = [
        subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for family in families:
        assert family.stdout
        family.stdout.readline()
    ours, apart = families
    try:
        descendants = cpu_usage.descendants(frozenset({apart.pid}))
        assert ours.pid in {process.pid for process in descendants}
        assert [process.ppid() for process in descendants if process.name() == "sleep"] == [ours.pid]
    finally:
        for family in families:
            cpu_usage.end_with_children(family.pid)
            family.communicate()


@pytest.mark.real
def test_a_busy_loop_beside_disturbs_the_rounds() -> None:
    until = f"import time; t=time.time()+{3}\nwhile time.time()<t: pass"
    loops = [subprocess.Popen([sys.executable, "-c", until], start_new_session=True) for _ in range(2)]
    try:
        beside = Bench(apart=frozenset(loop.pid for loop in loops))
        rounds = beside.measure(Cell("mutants", Sleep(delay_s=0.1), "threads", 2, 6))
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    assert any(entry["disturbed"] for entry in rounds)


def test_an_interrupted_cell_leaves_nothing_valid(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def interrupted(workload: Workload, concurrency: int) -> Iterator[Run]:
        raise KeyboardInterrupt
        yield

    planted(monkeypatch, interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.measure(cell("threads"))
    assert bench.benchmark.has_error
    assert [entry["kind"] for entry in bench.written] == ["begin"]


EXPERIMENT = """
import asyncio, time
import pytest
from benchmarks.core.cell import cells
from benchmarks.workloads.sleep import Sleep

@cells("planted", workloads=[Sleep(delay_s=0.001)], models=["threads", "asyncio"], concurrency=[2], tasks=lambda c: 4)
def test_planted(measure, cell):
    measure(cell)
    assert cell.model != "asyncio", "an assertion after the measurement"
"""


@pytest.mark.real
def test_an_assertion_after_the_measurement_leaves_no_entry_in_pytest_benchmarks_json(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    (tmp_path / "test_planted.py").write_text(EXPERIMENT)
    (tmp_path / "conftest.py").write_text("from benchmarks.conftest import *\n")
    out, kept = tmp_path / "out.json", tmp_path / "00.journal"
    command = [sys.executable, "-m", "pytest", str(tmp_path), "-q", "--capture=sys", f"--benchmark-json={out}"]
    environment = os.environ | {"PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment["PYTEST_PLUGINS"] = "pytest_benchmark.plugin"
    done = subprocess.run(
        [*command, f"--journal={kept}", "-c", str(root / "pyproject.toml")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    entries = [entry for _, entry in journal.read(kept) if isinstance(entry, dict) and entry["kind"] == "cell"]
    assert {entry["model"]: (entry["valid"], len(entry["rounds"])) for entry in entries} == {
        "threads": (True, 3),
        "asyncio": (False, 0),
    }
    assert "an assertion after the measurement" in next(entry["reason"] for entry in entries if not entry["valid"])
    names = [one["extra_info"]["model"] for one in json.loads(out.read_text())["benchmarks"]]
    assert names == ["threads"]


def test_a_refusal_names_the_cell_and_the_round() -> None:
    rounds = cell_runner.CellRunner.__new__(cell_runner.CellRunner)
    rounds.cell, rounds.done = cell("threads"), [{}]
    with pytest.raises(InvalidCell, match="mutants-sleep-threads-c3, round 1: lost"):
        rounds.fail_if("lost")
