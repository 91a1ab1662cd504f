"""What releases the GIL: planted seconds give the shares they must, and no kind's imports land in another's."""

import subprocess
import sys
from itertools import count

import pytest

from benchmarks.probes import gil_release, run_probe
from benchmarks.probes.gil_release import BLAS, KINDS


@pytest.mark.parametrize(
    ("in_threads", "in_processes", "share"),
    [(2.0, 1.0, 0.0), (1.0, 1.0, 1.0), (4 / 3, 1.0, 0.5), (2.5, 1.0, -0.2), (1.25, 1.25, 1.0)],
)
def test_threads_that_gain_what_processes_gain_have_let_go(
    in_threads: float, in_processes: float, share: float
) -> None:
    metrics = gil_release.shares([(1.0, in_threads, in_processes)] * 3)
    assert metrics["gil_released_share"] == pytest.approx(share)
    assert metrics["processes_speedup"] == 2 / in_processes


def test_a_machine_without_a_second_core_knows_no_share() -> None:
    assert gil_release.shares([(1.0, 2.0, 1.8)])["gil_released_share"] is None


def test_one_disturbed_round_of_three_changes_nothing() -> None:
    sound = (1.0, 1.1, 1.05)
    assert gil_release.shares([sound, sound, (1.0, 9.0, 0.5)]) == gil_release.shares([sound])


def test_a_task_is_as_many_units_as_fit_its_time() -> None:
    ticks = count()
    assert gil_release.units(lambda: None, 5, lambda: next(ticks)) == 4
    assert gil_release.units(lambda: None, 0, lambda: next(ticks)) == 1


def test_both_threads_do_all_units_on_data_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[list[int]]()

    def kind() -> gil_release.Unit:
        made.append(mine := [])
        return lambda: mine.append(1)

    monkeypatch.setitem(KINDS, "planted", kind)
    with gil_release.threads("planted", 2) as both:
        both(3)
    assert made == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.real
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_work_that_threads_and_processes_can_do(kind: str) -> None:
    metrics = gil_release.measure(kind, task_s=0.002, rounds=1)
    assert min(metrics["threads_speedup"] or 0, metrics["processes_speedup"] or 0) > 0


@pytest.mark.real
def test_a_process_that_has_died_is_no_quick_one() -> None:
    ended = pytest.raises(ConnectionError, match="a process that should have worked has ended")
    with ended, gil_release.two_processes("no such kind"):
        pytest.fail("nobody can work")


@pytest.mark.real
def test_no_kind_is_measured_beside_the_imports_of_another() -> None:
    program = "import sys; from benchmarks.probes.gil_release import KINDS; KINDS['json']()(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "PIL", "lzma", "pandas"} & set(loaded)


@pytest.mark.real
def test_matrices_are_multiplied_by_one_thread() -> None:
    program = "import psutil; from benchmarks.probes.gil_release import KINDS; KINDS['matmul']()(); "
    program += "print(psutil.Process().num_threads())"
    alone = subprocess.run(
        [sys.executable, "-c", program], env=dict.fromkeys(BLAS, "1"), capture_output=True, text=True
    )
    assert alone.stdout == "1\n", alone.stderr


@pytest.mark.real
def test_the_probe_tells_what_the_experiment_promises() -> None:
    assert set(run_probe("gil_release", "json")) == {"threads_speedup", "processes_speedup", "gil_released_share"}
