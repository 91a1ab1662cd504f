"""A switch in the user's shell never decides a figure in silence."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.machine import switches
from benchmarks.machine.switches import block_environment, interpreter_moods, kept_switches, unasked_moods
from benchmarks.metadata import environment

ROOT = Path(__file__).parents[3]
SHELL = {"PATH": "/usr/bin", "HOME": "/home/a", "LC_ALL": "C.UTF-8", "POSTGRES_URI": "postgres://x", "OVERLAP_X": "1"}
MOODS = {
    "PYTHONASYNCIODEBUG": "1",  # asyncio 2.6 times slower
    "PYTHONDEVMODE": "1",
    "PYTHONTRACEMALLOC": "5",
    "PYTHONMALLOC": "debug",
    "PYTHONPERFSUPPORT": "1",
    "PYTHONOPTIMIZE": "1",
    "PYTHONSTARTUP": "rc.py",
    "PYTHONPATH": "/where/a/sitecustomize/traces",
    "PYTHONHASHSEED": "7",
    "PYTHON_GIL": "0",
    "PYTHON_JIT": "1",
    "PYTHONGC": "off",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_PERTURB_": "7",
    "LD_PRELOAD": "libjemalloc.so",
    "LD_AUDIT": "audit.so",
    "LD_BIND_NOW": "1",
    "DYLD_INSERT_LIBRARIES": "x.dylib",
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=1",
    "COVERAGE_PROCESS_START": "pyproject.toml",
    "COV_CORE_SOURCE": "x",
    "PYTEST_ADDOPTS": "--cov",
    "UV_THREADPOOL_SIZE": "64",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "64",
    "HTTP_PROXY": "http://proxy:3128",
    "https_proxy": "http://proxy:3128",
    "GEVENT_LOOP": "libev-cffi",
    "AIOHTTP_NO_EXTENSIONS": "1",
}
PROGRAM = "import json, os, sys, tracemalloc; print(json.dumps([sorted(os.environ), sys.flags.dev_mode]))"


@pytest.mark.parametrize("mood", MOODS)
def test_a_switch_that_was_left_in_a_shell_never_reaches_a_block(mood: str) -> None:
    made = block_environment(SHELL | MOODS)
    assert mood not in made
    assert SHELL.items() <= made.items()


@pytest.mark.parametrize("mood", MOODS)
def test_a_switch_that_was_asked_for_is_kept_and_recorded(mood: str) -> None:
    shell = SHELL | MOODS | {"KEEP_ENV": f"ABSENT, {mood}"}
    made = block_environment(shell)
    assert made[mood] == MOODS[mood] or mood.startswith("PYTEST")
    assert kept_switches(shell) == {mood: MOODS[mood]}
    assert set(made) & set(MOODS) == {mood}


def test_what_may_be_a_secret_is_recorded_as_set_and_no_more() -> None:
    shell = SHELL | {"API_TOKEN": "hush", "KEEP_ENV": "API_TOKEN"}
    assert block_environment(shell)["API_TOKEN"] == "hush"
    assert kept_switches(shell) == {"API_TOKEN": "set"}


def test_a_users_own_work_has_its_keys_and_modules_but_no_switch() -> None:
    made = block_environment(SHELL | MOODS | {"OVERLAP_MINE": "survey.json", "API_TOKEN": "hush"})
    assert (made["API_TOKEN"], made["PYTHONPATH"]) == ("hush", MOODS["PYTHONPATH"])
    assert set(made) & set(MOODS) == {"PYTHONPATH"}
    assert "API_TOKEN" not in block_environment(SHELL | {"API_TOKEN": "hush"})


def test_only_known_plugins_are_loaded_whatever_the_shell_says() -> None:
    made = block_environment({"PYTEST_PLUGINS": "pytest_cov", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""})
    assert (made["PYTEST_PLUGINS"], made["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]) == ("pytest_benchmark.plugin", "1")


def test_the_switches_of_a_quiet_shell_are_none() -> None:
    assert switches.switches(SHELL | {"PYTHONUNBUFFERED": "1", "PYTHONMALLOC": ""}) == {}
    assert list(switches.switches(SHELL | MOODS)) == sorted(
        name for name in MOODS if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")
    )


def test_the_doctor_knows_what_make_has_not_passed_on() -> None:
    shell = SHELL | {"OVERLAP_LEFT_OUT": "PYTHONASYNCIODEBUG PYTHONDONTWRITEBYTECODE PYTHON"}
    assert switches.switches(shell)["PYTHONASYNCIODEBUG"] == "set"
    assert "PYTHONDONTWRITEBYTECODE" not in switches.switches(shell)


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("make"), reason="make is missing")
@pytest.mark.parametrize("kept", ["", "PYTHONASYNCIODEBUG"])
def test_make_names_a_switch_of_the_shell_to_the_doctor(kept: str) -> None:
    shell = os.environ | {"PYTHONASYNCIODEBUG": "1", "KEEP_ENV": kept}
    output = subprocess.run(["make", "-n", "doctor"], cwd=ROOT, env=shell, capture_output=True, text=True).stdout
    assert re.search(r'OVERLAP_LEFT_OUT="[^"]*\bPYTHONASYNCIODEBUG\b', output)


@pytest.mark.parametrize(
    ("option", "mood"),
    [
        (["-X", "dev"], "development mode is on"),
        (["-X", "tracemalloc"], "tracemalloc traces every allocation"),
        (["-O"], "assertions are off"),
        (["-c", "import sys; sys.settrace(lambda *a: None)"], "a debugger or coverage traces every line"),
        (["-c", "import sys; sys.setprofile(lambda *a: None)"], "a profiler looks at every call"),
        ([], ""),
    ],
)
def test_an_interpreter_that_is_watched_or_slowed_says_so(option: list[str], mood: str) -> None:
    ask = "from benchmarks.machine.switches import interpreter_moods; print(*interpreter_moods(), sep=';')"
    flags, first = (option[:-2], option[-1] + "\n") if "-c" in option else (option, "")
    command = [sys.executable, *flags, "-c", first + ask]
    done = subprocess.run(command, env=block_environment(), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().startswith(mood)
    assert bool(done.stdout.strip()) is bool(mood)


def test_a_mood_is_excused_only_by_a_switch_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "interpreter_moods", lambda: iter(["a debugger traces every line"]))
    assert unasked_moods(SHELL) == ["a debugger traces every line"]
    assert unasked_moods(SHELL | {"KEEP_ENV": "PYTHONTRACEMALLOC"}) == []


def test_runs_with_other_switches_are_never_put_together() -> None:
    base = {"machine": {"cpu": "x", "cores_usable": 2, "kernel": "6"}, "python": {}, "packages": {}, "source": "a"}
    with_jit = base | {"switches": {"PYTHON_JIT": "1"}}
    assert environment.environment_mismatch(base, base) == ""
    assert environment.environment_mismatch(with_jit, with_jit) == ""
    mismatch = environment.environment_mismatch(with_jit, base | {"switches": {}})
    assert mismatch == "was measured with other switches (PYTHON_JIT=1; here none)"


def test_a_run_on_another_kernel_is_another_machines() -> None:
    base = {"machine": {"cpu": "x", "cores_usable": 2, "kernel": "6"}, "python": {}, "packages": {}, "source": "a"}
    newer = base | {"machine": {"cpu": "x", "cores_usable": 2, "kernel": "7"}}
    assert "kernel differs" in environment.environment_mismatch(base, newer)


def test_the_recorded_interpreter_is_the_blocks_and_not_the_one_that_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert environment.python()["bytecode_written"] is False
    assert environment.python_of_blocks()["bytecode_written"] is True


def test_a_start_of_the_system_is_recorded_without_its_number() -> None:
    number, boot_id = environment.first_line("/proc/sys/kernel/random/boot_id"), environment.boot()
    assert boot_id is None or (number and number not in json.dumps(environment.machine()) and len(boot_id) == 12)


@pytest.mark.real
@pytest.mark.parametrize("journal", [True, False])
def test_a_block_under_a_mood_nobody_asked_for_measures_nothing(tmp_path: Path, journal: bool) -> None:
    command = [sys.executable, "-X", "dev", "-m", "pytest", "benchmarks", "-q", "--only=io and sleep and sequential"]
    command += ["--collect-only", *([f"--journal={tmp_path / '0.journal'}"] if journal else [])]
    done = subprocess.run(command, env=block_environment(os.environ), cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode == pytest.ExitCode.USAGE_ERROR) is journal, done.stdout + done.stderr
    assert ("development mode is on: figures would be those of that" in done.stderr) is journal


def test_this_interpreter_is_read_without_a_complaint() -> None:
    assert all(isinstance(mood, str) for mood in interpreter_moods())
