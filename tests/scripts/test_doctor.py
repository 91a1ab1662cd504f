"""Does the doctor say what a machine can establish? Machines that never were, planted as readings."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.selfcheck.known_durations import ErrorEstimate, waits
from scripts import doctor
from scripts.doctor import Check, blocking_problems, checks, conclusion, measuring_error_text
from scripts.run import machine_readings
from scripts.run.machine_readings import Lateness, Limits, Readings, read_all
from scripts.run.preflight import NEEDED_FILES
from scripts.util.exit_codes import Exit

WELL = Limits(files=20_000, threads=90_000, shm_bytes=2**33, locks=True, loopback=True)

QUIET = Readings(
    machine={
        "cpu": "A Processor With A Very Long Name @ 2.80GHz",
        "cores": 4,
        "cores_usable": 4,
        "cgroup_quota_cores": None,
        "governor": "performance",
        "virtual": False,
        "load_average": [0.1, 0.1, 0.1],
    },
    python={
        "implementation": "CPython",
        "version": "3.14.0",
        "optimised": True,
        "gil": True,
        "jit": False,
        "free_threaded": False,
    },
    affinity=4,
    turbo=False,
    steal_share=0.0,
    others_share=0.01,
    short=Lateness(60e-6, 90e-6),
    long=Lateness(80e-6, 300e-6),
    timer_s=50e-9,
    python_threads=0.98,
    c_threads=1.95,
    capacity_samples=(3.8, 3.9, 3.85),
    limits=WELL,
    known=(ErrorEstimate(waits("threads", 20, 5), (0.081, 0.0815)),),
)


def on(**machine: Any) -> Readings:
    """The quiet machine, otherwise."""
    return replace(QUIET, machine=QUIET.machine | machine)


def running(**python: Any) -> Readings:
    """The quiet machine with another Python."""
    return replace(QUIET, python=QUIET.python | python)


HALF_A_CORE = replace(on(cores_usable=1, cgroup_quota_cores=0.5), affinity=4)
ONE_CORE = replace(on(cores=1, cores_usable=1), affinity=1, capacity_samples=(1.0, 1.0))
POWERSAVE = on(governor="powersave")
CRAMPED = replace(on(cores=2, cores_usable=2), affinity=2, capacity_samples=(1.2, 1.3, 1.4))
DRIFTING = replace(QUIET, capacity_samples=(2.5, 3.8, 3.9))
BUSY = replace(QUIET, others_share=0.4, steal_share=0.1, short=Lateness(88.6e-6, 3.39e-3), long=Lateness(0.4e-3, 5e-3))
FREE_THREADED = replace(running(gil=False, free_threaded=True), python_threads=1.9)
NO_LOCKS = replace(QUIET, limits=replace(WELL, shm_bytes=None, locks=False))
SILENT = replace(on(governor=None, virtual=True), turbo=None)
ALL = [QUIET, HALF_A_CORE, ONE_CORE, POWERSAVE, CRAMPED, DRIFTING, BUSY, FREE_THREADED, NO_LOCKS, SILENT]


def line(readings: Readings, what: str) -> Check:
    return next(check for check in checks(readings) if check.what == what)


def minded(readings: Readings) -> set[str]:
    return {check.what for check in checks(readings) if check.warns}


def test_a_quiet_machine_is_told_that_it_can_establish_both() -> None:
    assert minded(QUIET) == set()
    assert conclusion(QUIET) == (
        "4 cores gave 3.9 times one core's work: parallel speed-up can be established; "
        "statements about waiting can be too."
    )


def test_two_cores_that_are_one_and_a_bit_are_not_sold_as_two() -> None:
    assert minded(CRAMPED) == {"2 processes"}
    assert conclusion(CRAMPED) == (
        "2 cores gave 1.3 times one core's work: verdicts about parallel speed-up will not be established now; "
        "statements about waiting will be."
    )


def test_a_capacity_that_changes_within_seconds_is_said() -> None:
    assert minded(DRIFTING) == {"4 processes"}
    assert "but between 2.5 and 3.9: only large speed-ups will be established" in conclusion(DRIFTING)


def test_one_core_cannot_speak_about_parallel_speed_up() -> None:
    assert minded(ONE_CORE) == {"cores"}
    assert conclusion(ONE_CORE).startswith("With one usable core nothing about parallel speed-up can be established")
    assert conclusion(ONE_CORE).endswith("statements about waiting can be too.")


def test_half_a_core_is_not_a_core() -> None:
    assert line(HALF_A_CORE, "cores").warns
    assert conclusion(HALF_A_CORE).startswith("A quota of 0.5 cores stops all work in bursts: nothing about computing")


def test_a_busy_machine_is_told_to_wait() -> None:
    assert minded(BUSY) == {"other programs", "steal", "sleep 20 ms, late"}
    assert "sleepers wake up to 5.00 ms late (p99): small differences in waiting will not be" in conclusion(BUSY)
    assert conclusion(BUSY).endswith(
        "Other programs and the hypervisor took 50 % of its cores meanwhile: wait until they are done."
    )


def test_a_governor_that_follows_the_load_is_minded() -> None:
    assert line(POWERSAVE, "governor") == Check("governor", "powersave", "the clock follows the load: drift", True)
    assert not line(SILENT, "governor").warns


def test_threads_that_speed_up_python_are_believed_only_without_the_gil() -> None:
    assert not line(FREE_THREADED, "2 threads, primes").warns
    assert line(replace(QUIET, python_threads=1.58), "2 threads, primes").means == "impossible under the GIL: drift"
    assert line(replace(FREE_THREADED, python_threads=1.0), "2 threads, primes").warns


def test_missing_shared_memory_is_named_but_stops_nobody() -> None:
    assert minded(NO_LOCKS) == {"/dev/shm"}
    assert not blocking_problems(NO_LOCKS.limits)


def test_shared_memory_that_is_missing_is_read_as_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(context: object) -> None:
        raise FileNotFoundError("/dev/shm")

    monkeypatch.setattr(machine_readings, "SHM", tmp_path / "shm")
    monkeypatch.setattr("multiprocessing.context.BaseContext.Lock", missing)
    assert (machine_readings.shm_bytes(), machine_readings.can_share_locks()) == (None, False)


def test_too_few_threads_are_named() -> None:
    assert minded(replace(QUIET, limits=replace(WELL, threads=500))) == {"threads"}
    assert minded(replace(QUIET, limits=replace(WELL, threads=None))) == set()


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (replace(WELL, files=64), f"64 files may be open, {NEEDED_FILES} are needed. Next: ulimit -Hn {NEEDED_FILES}"),
        (replace(WELL, loopback=False), "nothing answers on 127.0.0.1. Next: ip link set lo up"),
    ],
)
def test_what_makes_measuring_impossible_ends_at_once_with_the_next_thing_to_type(
    limits: Limits, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Limits, "read", lambda: limits)
    monkeypatch.setattr("sys.argv", ["doctor"])
    with pytest.raises(SystemExit) as ended:
        doctor.main()
    assert ended.value.code == Exit.NOT_MEASURED
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rounds_s", "says"),
    [
        ((0.081, 0.081, 0.09), "met"),
        ((0.081, 0.09, 0.09), "when quiet"),
        ((0.083, 0.09, 0.09), "sleepers"),  # 3 ms, of which four late wake-ups are 2 ms
        ((0.085, 0.09, 0.09), "missed"),
    ],
)
def test_an_error_is_blamed_on_who_made_it(rounds_s: tuple[float, ...], says: str) -> None:
    assert measuring_error_text(ErrorEstimate(waits("threads", 20, 5), rounds_s), late_s=0.0005) == says


@pytest.mark.parametrize("readings", ALL)
def test_every_check_fits_its_line_in_80_columns(readings: Readings) -> None:
    with Console(width=80, record=True, file=StringIO()) as out:
        out.print(doctor.rows(checks(readings)))
        out.print(doctor.errors(readings))
        for text in doctor.LEGEND.splitlines():
            assert len(text) <= 80
    for check in checks(readings):
        assert len(check.what) <= 17
        assert len(check.means) <= 33
        assert check.what == "processor" or len(check.reading) <= 23
    lines = out.export_text().splitlines()
    assert len(lines) == len(checks(readings)) + 1 + len(readings.known)
    assert all(len(text) <= 80 for text in lines)


@pytest.mark.real
def test_this_machine_can_be_read() -> None:
    taken = read_all(Limits.read())
    assert taken.affinity >= 1
    assert all(1 <= one <= taken.machine["cores_usable"] for one in taken.capacity_samples)
    assert 0 < taken.long.p50_s <= taken.long.p99_s
    assert 0 < taken.timer_s < 1e-3
    assert conclusion(taken)


def test_a_switch_in_the_shell_is_named_with_what_becomes_of_it() -> None:
    moody = replace(
        QUIET,
        switches={"PYTHONASYNCIODEBUG": "1", "PYTHON_JIT": "1"},
        kept=frozenset({"PYTHON_JIT"}),
        moods=("a profiler looks at every call",),
    )
    by_reading = {check.reading: check for check in checks(moody)}
    assert by_reading["PYTHONASYNCIODEBUG=1"].means == "left out; KEEP_ENV would keep it"
    assert by_reading["PYTHON_JIT=1"].means == "kept by KEEP_ENV, and recorded"
    assert by_reading["a profiler looks at every call"].warns
    assert not any(check.what == "switch" for check in checks(QUIET))
