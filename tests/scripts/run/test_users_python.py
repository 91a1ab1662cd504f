"""A user's own interpreter is measured with the user's packages; what a block needs lies behind them."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.run import users_python
from scripts.run.users_python import UsersPython, check_versions, interpreter_path, prepare
from scripts.util.exit_codes import CommandError, Exit

MODULES = (
    "pytest",
    "_pytest",
    "pytest_benchmark",
    "psutil",
    "pluggy",
    "iniconfig",
    "packaging",
    "pygments",
    "cpuinfo",
    "py",
)


def test_an_interpreter_is_found_below_the_project_and_keeps_its_own_name(tmp_path: Path) -> None:
    link = tmp_path / "venv" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(sys.executable)
    assert interpreter_path("venv/bin/python", tmp_path) == str(link)
    assert interpreter_path(str(link), Path()) == str(link)


def test_an_interpreter_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there is no such interpreter\. Next: make mine PYTHON=path") as stop:
        interpreter_path("venv/bin/python", tmp_path)
    assert stop.value.code == Exit.USAGE


def test_a_program_that_is_no_python_is_wrong_usage() -> None:
    with pytest.raises(CommandError, match="does not run"):
        prepare("/bin/true")


@pytest.mark.parametrize(("version", "fine"), [("9.0.1", True), ("10.0", True), ("8.4.2", False), ("7.0", False)])
def test_an_older_pytest_of_the_users_is_never_replaced(version: str, fine: bool) -> None:
    if fine:
        check_versions("python", {"pytest": version})
        return
    with pytest.raises(CommandError, match=f"has pytest {version}, and a block needs 9.0 or newer"):
        check_versions("python", {"pytest": version})


def test_a_python_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users_python, "json_output", lambda _: {"version": "3.9.2", "path": "p", "packages": {}})
    with pytest.raises(CommandError, match=r"is Python 3\.9\.2, and 3\.11 or newer is needed"):
        prepare("python3.9")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """An environment of a user's, with a package and a sitecustomize of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    packages = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    (packages / "onlyhere.py").write_text("NAME = 'theirs'\n")
    (packages / "sitecustomize.py").write_text("import os\nos.environ['CUSTOMIZED'] = 'theirs'\n")
    return tmp_path / "venv" / "bin" / "python"


def installed(*arguments: str, **_: Any) -> SimpleNamespace:
    """What uv would do, from our own environment."""
    target = Path(arguments[arguments.index("--target") + 1])
    for name in MODULES:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        place = Path(spec.origin)
        source = place.parent if place.name == "__init__.py" else place
        (target / source.name).symlink_to(source)
    return SimpleNamespace(returncode=0, stderr="")


SEEN = """import json, os, sys, onlyhere, psutil
seen = {"path": sys.path, "name": onlyhere.NAME, "custom": os.environ.get("CUSTOMIZED"), "psutil": psutil.__file__}
print(json.dumps(seen))"""


def files_of(python: Path) -> list[str]:
    """An environment's files, but for the bytecode that any use of it writes."""
    return sorted(str(path) for path in python.parents[1].rglob("*") if "__pycache__" not in path.parts)


@pytest.mark.real
def test_what_a_block_needs_comes_behind_the_users_packages_and_changes_none(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users_python, "HOME", tmp_path / ".venvs")
    monkeypatch.setattr(users_python, "uv", installed)
    before = files_of(theirs)
    users = prepare(str(theirs))
    assert isinstance(users, UsersPython)
    imported = json.loads(users.output_of("-B", "-c", SEEN))
    packages = next(place for place, path in enumerate(imported["path"]) if path.endswith("site-packages"))
    ours = next(place for place, path in enumerate(imported["path"]) if path.endswith("/packages"))
    assert packages < ours == len(imported["path"]) - 1
    assert (imported["name"], imported["custom"]) == ("theirs", "theirs")
    assert str(tmp_path / ".venvs") in imported["psutil"]
    assert files_of(theirs) == before


@pytest.mark.real
def test_children_of_the_users_interpreter_find_it_too(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users_python, "HOME", tmp_path / ".venvs")
    monkeypatch.setattr(users_python, "uv", installed)
    users = prepare(str(theirs))
    child = "subprocess.run([sys.executable, '-B', '-c', 'import psutil, onlyhere']).returncode"
    assert users.output_of("-c", f"import subprocess, sys; print({child})").strip() == "0"
    assert set(users.variables()) == {"PYTHONPATH", "OVERLAP_BESIDE"}
    assert os.pathsep not in users.variables()["OVERLAP_BESIDE"]
