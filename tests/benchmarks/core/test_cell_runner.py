"""What is said of a round: who disturbed it, whether it beat its ideal time, and what cannot be said at all."""

from contextlib import nullcontext
from typing import Any

import pytest

from benchmarks.core import cell_runner, runner
from benchmarks.core.cell import Cell
from benchmarks.core.cell_runner import CellRunner
from benchmarks.core.context import BlockContext
from benchmarks.core.round import Timing
from benchmarks.core.work_done import Account, not_waited
from benchmarks.machine.capacity import ABOVE
from benchmarks.machine.cpu_usage import CpuUsage
from benchmarks.machine.scheduler import ThreadTimes
from benchmarks.models import model
from benchmarks.workloads import Capacity, Workload
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire
from tests.benchmarks.core.test_mutants import FakeBenchmark, FakeGauge

QUIET = CpuUsage(1.0, 0.5, 0.0, 0.0)


class Pausing:
    """A heartbeat that noticed a pause of so much of each round."""

    def __init__(self, share: float) -> None:
        self.share, self.waited_for = share, list[float]()

    def wait(self, moment: float) -> None:
        self.waited_for.append(moment)

    def suspended_s(self, began: float, ended: float) -> float:
        return self.share * (ended - began)


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "budget", nullcontext)


def measured(workload: Workload, gauge: Any = None, heartbeat: Any = None) -> list[dict[str, Any]]:
    given = {"url": "", "numbers_per_s": 1e5}
    monitor: Any = gauge or FakeGauge()
    place = BlockContext(given, monitor, frozenset(), lambda entry: None, heartbeat=heartbeat)
    return runner.measure(FakeBenchmark(), place, Cell("said", workload, "sequential", 1, 3))


@pytest.mark.slow
@pytest.mark.parametrize(("share", "disturbed"), [(0.9, True), (0.06, True), (0.0, False)])
def test_a_round_that_was_suspended_for_a_twentieth_of_it_is_disturbed(share: float, disturbed: bool) -> None:
    heart = Pausing(share)
    for entry in measured(Sleep(delay_s=0.01), heartbeat=heart):
        assert entry["suspended_seconds"] >= share * entry["seconds"]  # the pause may reach beyond the round
        assert bool(entry["suspended_seconds"]) is bool(share)
        assert (entry["disturbed_by"] == "a suspension") is disturbed
        assert entry["disturbed"] or not disturbed
    assert len(heart.waited_for) == 3, "what the heart noticed is written down only with its next beat"


class Slow(FakeGauge):
    """A machine that was seen to be slower than it is."""

    def ideal_s(self, workload: Workload, tasks: list[int], concurrency: int, took_s: float, since: float) -> float:
        return 1.5 * took_s


class Same(FakeGauge):
    """A machine of which one look differs a little from the next."""

    def ideal_s(self, workload: Workload, tasks: list[int], concurrency: int, took_s: float, since: float) -> float:
        return (ABOVE - 0.01) * took_s


@pytest.mark.slow
@pytest.mark.parametrize(("gauge", "above"), [(Slow(), True), (Same(), False)])
def test_a_round_above_its_ideal_time_says_so(gauge: FakeGauge, above: bool) -> None:
    assert [entry["above_ideal"] for entry in measured(Sleep(delay_s=0.001), gauge)] == [above] * 3


@pytest.mark.slow
def test_every_round_is_held_to_its_own_moment() -> None:
    moments: list[float] = []

    class Watching(FakeGauge):
        def ideal_s(self, workload: Workload, tasks: list[int], concurrency: int, took_s: float, since: float) -> float:
            moments.append(since)
            return 0.0

    measured(Sleep(delay_s=0.02), Watching())
    assert len(moments) == 3
    assert moments[1] - moments[0] > 0.05
    assert moments[2] - moments[1] > 0.05


@pytest.mark.slow
def test_what_sequential_computed_is_a_look_at_the_machine_and_what_it_waited_is_none() -> None:
    looks: list[Capacity] = []

    class Adding(FakeGauge):
        def add(self, kind: str, capacity: Capacity) -> None:
            looks.append(capacity)

        def around(self, workload: Workload, since: float) -> Capacity:
            return Capacity(1e3, 2.0)  # a core that needs next to nothing for it

    measured(Sleep(delay_s=0.001), Adding())
    assert looks == []
    done = measured(Primes(task_s=0.02), Adding())
    assert [look.speed for look in looks] == [pytest.approx(0.06 / entry["cpu_seconds"]) for entry in done]


def alone(model_name: str = "sequential", workload: Workload | None = None) -> CellRunner:
    place = BlockContext({"url": "http://127.0.0.1:1"}, FakeGauge(), frozenset(), lambda entry: None)  # type: ignore[arg-type]
    made = CellRunner(Cell("queue", workload or Primes(task_s=0.001), model_name, 2, 2), place, model)
    made.timing = Timing(0.0, 0.0, 1.0, 1.0, [])
    return made


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the main thread has waited for a core."""
    waited = [0.0]
    monkeypatch.setattr(cell_runner, "get_native_id", lambda: 7)
    monkeypatch.setattr(cell_runner, "thread_times", lambda: {7: ThreadTimes(1.0, waited[0], 9)})
    return waited


@pytest.mark.parametrize(
    ("name", "workload", "queued_s", "who"),
    [
        ("sequential", Primes(task_s=0.001), 0.06, "a queue for the cores"),
        ("sequential", Primes(task_s=0.001), 0.04, ""),
        ("threads", Primes(task_s=0.001), 0.5, ""),  # its own threads compete for the cores
        ("sequential", Wire(), 0.5, ""),  # so does the server
    ],
)
def test_one_thread_that_waits_for_a_core_is_disturbed_by_others(
    name: str, workload: Workload, queued_s: float, who: str, queued: list[float]
) -> None:
    made = alone(name, workload)
    made.threads = {7: ThreadTimes(1.0, 0.0, 3)}
    queued[0] = queued_s
    assert made.run_queue() == {"run_queue_seconds": pytest.approx(queued_s)}
    assert made.disturbed_by(QUIET) == who


def test_where_the_kernel_does_not_say_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_runner, "thread_times", dict)
    made = alone()
    made.threads = {}
    assert (made.run_queue(), made.disturbed_by(QUIET)) == ({}, "")


@pytest.mark.parametrize(("seconds", "says"), [(0.01, "waiting for its tasks takes 0.04 s"), (0.04, ""), (0.0395, "")])
def test_nobody_waits_for_less_than_all_of_it_however_well_the_spans_were_made_up(seconds: float, says: str) -> None:
    timing = Timing(0.0, 0.0, seconds, seconds, [(task, 0.0, 0.02) for task in range(4)])
    cell = Cell("said", Sleep(delay_s=0.02), "threads", 2, 4)
    assert says in not_waited(Account(cell, (0, 1, 2, 3), timing, QUIET, {}, Capacity()))
    assert bool(not_waited(Account(cell, (0, 1, 2, 3), timing, QUIET, {}, Capacity()))) is bool(says)
