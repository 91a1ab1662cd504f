"""The server that simulates waiting must not take the client's core where there is another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from benchmarks.core import runner
from benchmarks.core.cell import Cell
from benchmarks.core.context import BlockContext
from benchmarks.machine.pinning import NONE, PINNED, Pinning
from benchmarks.models import Run
from benchmarks.workloads import Workload
from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire
from servers.subprocesses import serve
from tests.benchmarks.core.test_mutants import FakeBenchmark, FakeGauge


@pytest.mark.parametrize("cores", [set(), {0}, {0, 1}, {0, 1, 2}])
def test_with_few_cores_neither_has_any_of_its_own(cores: set[int]) -> None:
    assert Pinning.of(cores) == NONE
    assert Pinning.of(cores).described() is None


def test_with_four_cores_the_server_has_one_and_the_client_the_others() -> None:
    assert Pinning.of({0, 2, 5, 7}).described() == {"server": [7], "client": [0, 2, 5]}


class Kernel:
    """The cores that are allowed, as the kernel keeps them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.allowed: dict[int, set[int]] = {0: {0, 1, 2, 3}}
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: self.allowed[pid], raising=False)
        monkeypatch.setattr(os, "sched_setaffinity", self.set, raising=False)

    def set(self, pid: int, cores: Any) -> None:
        self.allowed[pid] = set(cores)


def test_the_client_has_all_cores_again_after_a_round_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch)
    here = Pinning.for_this_process()
    here.pin_server(77)

    def fail() -> None:
        with here.client_apart():
            assert kernel.allowed == {0: {0, 1, 2}, 77: {3}}
            raise ValueError("the round has failed")

    with pytest.raises(ValueError, match="the round has failed"):
        fail()
    assert kernel.allowed == {0: {0, 1, 2, 3}, 77: {3}}


@pytest.mark.real
@pytest.mark.parametrize(
    ("workload", "pinned"), [(Wire(delay_s=0.001), True), (Mixed(task_s=0.002), None), (Sleep(delay_s=0.001), None)]
)
def test_only_a_cell_that_waits_for_the_server_keeps_off_its_core(
    workload: Workload, pinned: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    affinities: list[set[int]] = []

    @contextmanager
    def watching(workload: Workload, concurrency: int) -> Iterator[Run]:
        affinities.append(os.sched_getaffinity(0))
        with workload.client() as client:
            yield lambda tasks: [workload.perform(client, task) for task in tasks]

    allowed = os.sched_getaffinity(0)
    core = {min(allowed)}
    monkeypatch.setattr(runner, "budget", nullcontext)
    monkeypatch.setattr(runner, "model", lambda name: watching)
    with serve("servers.latency") as server:
        given = {"url": server.url, "numbers_per_s": 1e5}
        gauge: Any = FakeGauge()
        place = BlockContext(
            given,
            gauge,
            frozenset({server.pid}),
            lambda entry: None,
            pinning=Pinning(frozenset({max(allowed)}), frozenset(core)),
        )
        done = runner.measure(FakeBenchmark(), place, Cell("pinned", workload, "threads", 1, 2, rounds=1))
    assert affinities == [core if pinned else allowed] * 2
    assert {entry.get("pinned") or None for entry in done} == {pinned}
    assert os.sched_getaffinity(0) == allowed


def test_two_cores_are_shared_unless_somebody_asks_what_setting_them_apart_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    assert Pinning.for_this_process() == NONE
    monkeypatch.setenv(PINNED, "1")
    assert Pinning.for_this_process().described() == {"server": [1], "client": [0]}
