"""What the floor of computing rests on: each kind of work by its own loop, and never less than was seen."""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import pytest

from benchmarks.machine import capacity
from benchmarks.machine.calibration import BLOCKS, NUMBERS, PIECES, Calibration, kind_of, rate
from benchmarks.machine.capacity import MAX_AGE_S, CapacityMonitor, SpinProcess, cgroup_quota, most, usable_cores
from benchmarks.workloads import Capacity, Workload
from benchmarks.workloads.digest import Digest
from benchmarks.workloads.mixed import Mixed
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire

PACE = Calibration({NUMBERS: 1000.0, BLOCKS: 10.0})
STEADY = Capacity(1.0, 1.5)
NOT_ALLOWED = 77
LOOK = f"""
import os, sys
from pathlib import Path
from benchmarks.machine.capacity import cgroup_quota, usable_cores
group = Path(sys.argv[1])
try:
    if (group / "cpu.max").exists():
        (group / "cpu.max").write_text("50000 100000")
    else:
        (group / "cpu.cfs_quota_us").write_text("50000")
    (group / "cgroup.procs").write_text(str(os.getpid()))
except OSError:
    sys.exit({NOT_ALLOWED})
print(cgroup_quota(), usable_cores())
"""


@dataclass(frozen=True)
class Pictures(Workload):
    """A newcomer that computes, and has no piece of its own."""

    name = "pictures"

    def compute_s(self, task: int) -> float:
        return 0.05


class Planted(CapacityMonitor):
    """A gauge that sees what a test plants, at a time that the test says."""

    def __init__(self, numbers: Iterable[Capacity] = repeat(STEADY), blocks: Iterable[Capacity] = repeat(STEADY)):
        super().__init__(PACE, cores=2, clock=lambda: self.now)
        self.now, self.looked = 0.0, list[str]()
        self.planted = {NUMBERS: iter(numbers), BLOCKS: iter(blocks)}
        self.sample()  # as on entering

    def measure_once(self, kind: str) -> Capacity:
        self.looked.append(kind)
        return next(self.planted[kind])


@pytest.mark.parametrize(
    ("workload", "kind"),
    [(Primes(), NUMBERS), (Digest(), BLOCKS), (Mixed(), NUMBERS), (Wire(), NUMBERS), (Pictures(), NUMBERS)],
    ids=lambda value: getattr(value, "name", value),
)
def test_each_kind_of_work_is_held_to_its_own_loop_and_a_newcomer_to_primes(workload: Workload, kind: str) -> None:
    assert kind_of(workload) == kind
    gauge = Planted([STEADY] * 2 + [Capacity(0.8, 1.1)] * 9, [STEADY] + [Capacity(0.9, 1.9)] * 9)
    gauge.now = 10 * MAX_AGE_S
    expected = {NUMBERS: Capacity(0.8, 1.1), BLOCKS: Capacity(0.9, 1.9)}[kind] if workload.compute_s(0) else STEADY
    assert gauge.latest(workload) == expected


@pytest.mark.parametrize("workload", [Sleep(), Wire(), Nothing(), Mixed(cpu_share=0)], ids=lambda one: one.name)
def test_a_cell_that_waits_costs_no_sample(workload: Workload) -> None:
    gauge = Planted()
    gauge.now = 100 * MAX_AGE_S
    assert gauge.latest(workload) == STEADY
    assert gauge.looked == [NUMBERS] * 2


def test_a_sample_is_renewed_when_it_is_too_old_and_not_before() -> None:
    gauge = Planted()
    for gauge.now in (0.1, MAX_AGE_S - 0.1, MAX_AGE_S + 0.1, MAX_AGE_S + 0.2):
        gauge.latest(Primes())
    assert gauge.looked == [NUMBERS] * 3


def test_the_first_look_at_a_kind_finds_cold_caches_and_is_thrown_away() -> None:
    gauge = Planted(blocks=[Capacity(9.0, 2.0), STEADY])
    assert gauge.latest(Digest()) == STEADY
    assert gauge.best(Digest()) == STEADY


def test_the_best_is_the_most_that_was_seen_and_the_columns_are_what_was_seen_last() -> None:
    gauge = Planted([STEADY, Capacity(1.2, 1.1), Capacity(0.7, 1.9), Capacity(0.8, 1.0)])
    for gauge.now in (6, 12):
        latest = gauge.latest(Primes())
    assert latest == Capacity(0.8, 1.0)
    best = gauge.best(Primes())
    assert best.speed == 1.2  # one core, in the first sample
    assert best.rate(2) == pytest.approx(0.7 * 1.9)  # both, in the second
    assert best.rate(1) == 1.2


def test_an_ideal_time_is_held_to_its_own_moment_and_not_to_a_better_one_long_gone() -> None:
    """By the best speed of a run, two cores had a "limit" of 2.63 times what sequential did meanwhile."""
    gauge, workload, tasks = Planted([STEADY, Capacity(1.3, 2.0), Capacity(0.8, 1.9)]), Primes(task_s=0.05), [0, 1]
    gauge.now = 4 * MAX_AGE_S
    gauge.sample()
    assert gauge.around(workload, since=gauge.now) == Capacity(0.8, 1.9)
    assert gauge.ideal_s(workload, tasks, 1, took_s=0.2, since=gauge.now) == pytest.approx(0.1 / 0.8)
    assert gauge.best(workload).speed == 1.3


def test_what_sequential_did_is_a_look_that_no_ideal_time_may_be_slower_than() -> None:
    """One slow look, and sequential code reached 173 % of its limit."""
    gauge, workload = Planted([STEADY, Capacity(0.6, 1.9), Capacity(0.6, 1.9)]), Primes(task_s=0.05)
    gauge.add(NUMBERS, Capacity(1.04, 1.0))
    capacity = gauge.around(workload, since=0.0)
    assert capacity.speed == 1.04
    assert workload.ideal_s([0, 1], 1, capacity) == pytest.approx(0.1 / 1.04)
    assert workload.ideal_s([0, 1], 2, capacity) == pytest.approx(0.1 / (0.6 * 1.9))


def test_no_later_sample_raises_a_floor() -> None:
    moods = [Capacity(speed / 10, parallel / 10) for speed in (7, 12, 9) for parallel in (10, 14, 20)]
    workload = Primes(task_s=0.05, numbers_per_s=1)
    floors = [workload.ideal_s(list(range(6)), 2, most(moods[:count])) for count in range(1, len(moods) + 1)]
    assert floors == sorted(floors, reverse=True)
    alone = [workload.ideal_s(list(range(6)), 2, mood) for mood in moods]
    assert floors[-1] <= min(alone)


def test_a_round_that_had_the_machine_to_itself_is_not_held_to_what_was_seen_beside_others() -> None:
    crowded = [Capacity(0.5, 1.2), Capacity(1.0, 1.0)]
    gauge, workload, tasks = Planted([*crowded, Capacity(1.0, 1.9)]), Primes(task_s=0.05), list(range(6))
    assert workload.ideal_s(tasks, 2, gauge.best(workload)) == pytest.approx(0.3)  # 162 % of a round of 0.185 s
    assert gauge.ideal_s(workload, tasks, 2, took_s=0.185, since=0.0) == pytest.approx(0.3 / 1.9)
    assert gauge.ideal_s(workload, tasks, 2, took_s=0.2, since=0.0) == pytest.approx(0.3 / 1.9)
    assert len(gauge.looked) == 3


@pytest.mark.parametrize("workload", [Primes(task_s=0.05), Wire(delay_s=0.05)], ids=lambda one: one.name)
def test_no_look_is_spent_on_a_round_that_kept_to_its_floor_or_that_waits(workload: Workload) -> None:
    gauge = Planted()
    took_s = 0.1 if workload.compute_s(0) else 0.09
    assert gauge.ideal_s(workload, [0, 1], 1, took_s, since=0.0) == pytest.approx(0.1)
    assert len(gauge.looked) == 2


def test_a_drift_while_looking_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = iter([[(900.0, 950.0)], [(800.0, 1000.0), (800.0, 1000.0)], [(1100.0, 1050.0)]])
    monkeypatch.setattr(capacity, "rates", lambda kind, spinners: next(samples))
    gauge = CapacityMonitor(PACE, cores=2)
    gauge.spinners = []
    assert gauge.measure_once(NUMBERS) == Capacity(1.0, 1.6)


@pytest.mark.parametrize(("together", "parallel"), [([200.0, 200.0], 1.0), ([1500.0, 1500.0], 2.0)])
def test_no_machine_does_less_than_one_core_or_more_than_all(
    monkeypatch: pytest.MonkeyPatch, together: list[float], parallel: float
) -> None:
    samples = iter([[(1000.0, 1000.0)], [(one, one) for one in together], [(1000.0, 1000.0)]])
    monkeypatch.setattr(capacity, "rates", lambda kind, spinners: next(samples))
    gauge = CapacityMonitor(PACE, cores=2)
    gauge.spinners = []
    assert gauge.measure_once(NUMBERS).parallel == parallel


def test_what_others_take_of_a_core_makes_it_no_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = iter([[(500.0, 1000.0)], [(400.0, 1000.0)] * 2, [(500.0, 1000.0)]])
    monkeypatch.setattr(capacity, "rates", lambda kind, spinners: next(samples))
    gauge = CapacityMonitor(PACE, cores=2)
    gauge.spinners = []
    assert gauge.measure_once(NUMBERS) == Capacity(1.0, 1.6)


@pytest.mark.parametrize(
    ("wait_s", "compute_s", "tasks", "concurrency", "parallel", "ideal_s"),
    [
        (0.1, 0.1, 10, 10, 2.0, 0.1 + 1.0 / 2),  # one wait, and then all computing on both cores
        (0.1, 0.1, 10, 10, 1.0, 0.1 + 1.0),
        (0.9, 0.1, 10, 2, 2.0, 5.0),  # places: five waves of a second
        (0.1, 0.1, 10, 1, 2.0, 2.0),
        (0.1, 0.0, 10, 5, 2.0, 0.2),
    ],
)
def test_nobody_computes_before_the_first_wait_is_over(
    wait_s: float, compute_s: float, tasks: int, concurrency: int, parallel: float, ideal_s: float
) -> None:
    total_s = wait_s + compute_s
    workload = Mixed(task_s=total_s, cpu_share=compute_s / total_s)
    assert workload.ideal_s(list(range(tasks)), concurrency, Capacity(1.0, parallel)) == pytest.approx(ideal_s)


@pytest.mark.parametrize("kind", PIECES)
def test_every_kind_has_a_loop_that_counts_what_its_workload_does(kind: str) -> None:
    assert PIECES[kind]() > 0
    assert rate(kind, 0.01) > 0


def test_a_pace_is_read_as_it_was_written(tmp_path: Path) -> None:
    PACE.write(tmp_path / "pace.json")
    assert Calibration.read(tmp_path / "pace.json") == PACE


@pytest.mark.real
@pytest.mark.parametrize("kind", PIECES)
def test_a_spinner_does_each_kind_when_told_and_leaves_when_its_input_closes(kind: str) -> None:
    spinner = SpinProcess()
    spinner.begin(kind)
    assert all(rate > 0 for rate in spinner.rates())
    spinner.close()
    assert spinner.process.returncode == 0


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's control groups, none so far; this process is in `/pod/job` of both versions."""
    monkeypatch.setattr(capacity, "GROUPS", tmp_path)
    monkeypatch.setattr(capacity, "OWN_GROUPS", tmp_path / "own")
    (tmp_path / "own").write_text(
        "9:name=systemd:/elsewhere\n3:cpuset:/elsewhere\n2:cpu,cpuacct:/pod/job\n0::/pod/job\n"
    )
    return tmp_path


def limit(group: Path, **files: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (group / f"cpu.{name}").write_text(text + "\n")


def test_without_a_quota_there_is_no_limit(groups: Path) -> None:
    assert cgroup_quota() is None
    limit(groups / "pod" / "job", max="max 100000")
    limit(groups / "cpu" / "pod" / "job", cfs_quota_us="-1", cfs_period_us="100000")
    assert cgroup_quota() is None
    assert usable_cores() >= 1


@pytest.mark.parametrize("group", ["pod/job", "pod", "."])
def test_a_quota_is_found_in_the_own_group_and_in_those_above_it(groups: Path, group: str) -> None:
    limit(groups / group, max="50000 100000")
    assert (cgroup_quota(), usable_cores()) == (0.5, 1)


@pytest.mark.parametrize("group", ["pod/job", "pod", "."])
def test_a_quota_of_the_old_kind_is_found_too(groups: Path, group: str) -> None:
    limit(groups / "cpu" / group, cfs_quota_us="25000", cfs_period_us="100000")
    assert (cgroup_quota(), usable_cores()) == (0.25, 1)


def test_of_several_quotas_the_smallest_counts(groups: Path) -> None:
    limit(groups / "pod", max="150000 100000")
    limit(groups / "pod" / "job", max="400000 100000")
    assert cgroup_quota() == 1.5


def test_a_quota_of_one_and_a_half_cores_uses_two_and_no_quota_adds_any(
    groups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1, 2, 3})
    for quota, cores in (("150000", 2), ("800000", 4), ("1000", 1)):
        limit(groups / "pod", max=f"{quota} 100000")
        assert usable_cores() == cores


@pytest.mark.parametrize("text", ["", "much", "1 2 3", "half 100000"])
def test_a_quota_that_cannot_be_read_is_none(groups: Path, text: str) -> None:
    limit(groups / "pod", max=text)
    assert cgroup_quota() is None


@pytest.mark.real
def test_a_real_quota_is_seen_by_the_process_that_has_it() -> None:
    own = next((group for group in capacity.groups() if (group / "cgroup.procs").exists()), None)
    group = own / "overlap-test" if own else Path("/nowhere/overlap-test")
    try:
        group.mkdir()
    except OSError:
        pytest.skip("making a control group needs root")
    try:
        done = subprocess.run(
            [sys.executable, "-c", LOOK, str(group)], capture_output=True, text=True, cwd=Path(__file__).parents[3]
        )
    finally:
        group.rmdir()
    if done.returncode == NOT_ALLOWED:
        pytest.skip("a control group without a CPU quota")
    assert (done.stdout, done.stderr) == ("0.5 1\n", "")
