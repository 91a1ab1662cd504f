"""The environment of an interpreter has what the selection needs; what cannot be had costs only who needs it."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import models
from benchmarks.core.cell import Cell
from benchmarks.machine import gil
from benchmarks.workloads.httpx import Httpx
from benchmarks.workloads.noop import Nothing
from scripts.run import venvs
from scripts.run.interpreters import Interpreter
from scripts.run.venvs import (
    NEEDED,
    canonical,
    check_measurable,
    make_environment,
    missing_wheel_reason,
    packages_to_install,
    unavailable_names,
)
from scripts.util.exit_codes import CommandError, Exit

ONE = Interpreter("x", "/a/python", "3.13.2")
NO_WHEEL = "hint: Wheels are required for `{}` because building from source is disabled"


def cell(model: str = "threads", workload: Any = None) -> Cell:
    return Cell("models", workload or Nothing(), model, 1, 1)


class Stored(Nothing):
    """A workload that asks a database."""

    name = "stored"
    service = "mongo"


class FakeUv:
    """A uv for which some packages have no wheel."""

    def __init__(self, *, no_wheel: tuple[str, ...] = (), not_meant: tuple[str, ...] = (), broken: str = "") -> None:
        self.no_wheel, self.not_meant, self.broken = no_wheel, not_meant, broken
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, *words: str, text: str = "") -> SimpleNamespace:
        self.calls.append(words)
        wanted = list(map(canonical, text.split("\n"))) if text else []
        lacking = [name for name in self.no_wheel if name in wanted]
        if words[:2] == ("pip", "compile") and not lacking:
            pinned = [f"{name}==1.0 \\\n    --hash=sha256:0" for name in wanted if name not in self.not_meant]
            Path(words[-1]).write_text("\n".join(pinned))
        problem = NO_WHEEL.format(lacking[0]) if lacking else "there is no venv in it"
        fails = bool(lacking) or words[0] == self.broken
        return SimpleNamespace(returncode=int(fails), stdout="", stderr=problem if fails else "")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty house for environments; whoever is asked there lacks nothing."""
    monkeypatch.setattr("scripts.run.interpreters.HOME", tmp_path)
    monkeypatch.setattr(venvs, "describe_interpreter", lambda name, cells: {"name": name, "unavailable": {}})
    (tmp_path / "x").mkdir()
    return tmp_path


def made(monkeypatch: pytest.MonkeyPatch, uv: FakeUv, *cells: Cell) -> dict[str, Any]:
    monkeypatch.setattr(venvs, "uv", uv)
    return make_environment(ONE, list(cells) or [cell()])


def installed(home: Path) -> set[str]:
    return set(re.findall(r"^(\S+)==", (home / "x" / "requirements.lock").read_text(), re.MULTILINE))


def test_an_environment_has_what_the_selection_needs_and_nothing_of_what_draws(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(monkeypatch, FakeUv(), cell("gevent"), cell("threads", Httpx()))
    assert {"gevent", "httpx", "pytest", "aiohttp"} <= installed(home)
    assert not {"pandas", "matplotlib", "trio", "ray"} & installed(home)


def test_what_is_needed_is_asked_for_as_the_project_asks_for_it() -> None:
    assert packages_to_install([cell("gevent")])["gevent"].startswith("gevent>=")
    assert canonical("psycopg[binary,pool]>=3.2") == "psycopg"
    assert canonical("ray>=2.50; sys_platform != 'win32'") == "ray"


def test_a_package_without_a_wheel_costs_only_the_models_that_need_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = FakeUv(no_wheel=("uvloop",), not_meant=("gevent",))
    facts = made(monkeypatch, uv, cell("uvloop"), cell("gevent"), cell("trio"), cell())
    assert facts["left_out"] == {"uvloop": "has no wheel for this Python", "gevent": "is not made for this Python"}
    assert facts["absent"] == {
        "uvloop": "needs uvloop, which has no wheel for this Python",
        "gevent": "needs gevent, which is not made for this Python",
    }
    assert {"trio", "pytest"} <= installed(home)
    assert all(":all:" in call for call in uv.calls if call[0] == "pip")


def test_a_package_that_is_not_in_our_lock_is_never_asked_for() -> None:
    """`bson` is imported of pymongo; the registry has another package of that name."""
    assert ("stored", "bson") in venvs.packages_of_cell(cell("threads", Stored()))
    assert "bson" not in packages_to_install([cell("threads", Stored())])
    assert "uvicorn" in packages_to_install([replace(cell("a-framework"), packages=("uvicorn",))])


def test_what_the_machine_lacks_is_said_for_every_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stored, "unavailable_reason", "needs a disk of its own")
    assert unavailable_names([cell("threads", Stored())], {}, {}) == {"stored": "needs a disk of its own"}


def test_the_reason_names_the_package_that_really_has_no_wheel() -> None:
    assert missing_wheel_reason("nx-27017", NO_WHEEL.format("pymongo")) == (
        "has no wheel of pymongo, which it needs, for this Python"
    )  # fmt: skip
    assert (
        missing_wheel_reason("ray", "error: the network is\n down") == "can't be installed: error: the network is down"
    )


def test_an_environment_that_is_there_is_made_again_only_for_another_selection(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = FakeUv()
    first, calls = made(monkeypatch, uv), len(uv.calls)
    assert (made(monkeypatch, uv), len(uv.calls)) == (first, calls)
    made(monkeypatch, uv, cell("trio"))
    assert len(uv.calls) == 2 * calls


@pytest.mark.parametrize(
    ("uv", "sentence"),
    [
        (FakeUv(no_wheel=("psutil",)), "Python x: psutil has no wheel for this Python. Next: leave it out"),
        (FakeUv(broken="venv"), "no environment could be made for Python x: there is no venv in it"),
    ],
)
def test_what_no_block_can_do_without_is_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, uv: FakeUv, sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as stop:
        made(monkeypatch, uv)
    assert stop.value.code == Exit.NOT_MEASURED
    assert "psutil" in NEEDED


def test_an_interpreter_that_can_measure_nothing_of_the_selection_is_refused() -> None:
    cells = [cell("interpreters")]
    interpreter = {"name": "3.11", "absent": unavailable_names(cells, {"interpreters": "needs Python 3.14"}, {})}
    with pytest.raises(
        CommandError, match=r"Python 3\.11 can measure nothing of that: interpreters needs Python 3\.14"
    ):
        check_measurable(interpreter, cells)
    check_measurable(interpreter, [*cells, cell()])


def test_a_workload_is_absent_where_its_library_is() -> None:
    assert unavailable_names([cell("threads", Httpx())], {"httpx": "needs httpx"}, {}) == {"httpx": "needs httpx"}


def test_an_environment_that_does_not_run_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venvs, "json_output", lambda command: None)
    with pytest.raises(CommandError, match=r"Python x in \.venvs/x does not run\. Next: rm -r \.venvs/x") as stop:
        venvs.describe_interpreter("x")
    assert stop.value.code == Exit.NOT_MEASURED


GREENLET = """<frozen importlib._bootstrap>:488: RuntimeWarning: The global interpreter lock (GIL) has been enabled to
load module 'greenlet._greenlet', which has not declared that it can run safely without the GIL.""".replace("\n", " ")


def test_what_switches_the_gil_back_on_is_named_and_what_needs_it_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    gil.gil_enabling_extension.cache_clear()
    monkeypatch.setattr(gil, "free_threaded", lambda: True)
    monkeypatch.setattr(
        "subprocess.run", lambda command, **how: SimpleNamespace(stderr=GREENLET * ("pytest" in command))
    )
    assert (gil.gil_enabling_extension("pytest"), gil.gil_enabling_extension("psutil")) == ("greenlet._greenlet", "")
    assert models.missing_package("pytest") == "needs pytest, and importing greenlet._greenlet switches the GIL back on"
    assert models.missing_package("psutil") == ""
    gil.gil_enabling_extension.cache_clear()


def test_a_build_that_has_a_gil_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gil.gil_enabling_extension.cache_clear()
    monkeypatch.setattr(gil, "free_threaded", lambda: False)
    monkeypatch.setattr("subprocess.run", lambda *words, **how: pytest.fail("a process was started"))
    assert gil.gil_enabling_extension("psutil") == ""
    gil.gil_enabling_extension.cache_clear()


@pytest.mark.real
def test_a_module_is_imported_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gil.gil_enabling_extension.cache_clear()
    (tmp_path / "greedy.py").write_text(f"import warnings; warnings.warn({GREENLET!r}, RuntimeWarning)")
    monkeypatch.setattr(gil, "free_threaded", lambda: True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert gil.gil_enabling_extension("greedy") == "greenlet._greenlet"
    assert "greedy" not in sys.modules
    gil.gil_enabling_extension.cache_clear()
