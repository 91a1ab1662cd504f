"""An interpreter is what its name says, or it is refused with a sentence before anything is made for it."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.run import interpreters
from scripts.run.interpreters import find_interpreter, interpreters_named, matches_name, variables
from scripts.util.exit_codes import CommandError, Exit

OURS = ".".join(map(str, sys.version_info[:2]))


def facts(
    version: str = "3.13.2", *, free: bool = False, jit: bool = False, path: str = "/somewhere/python"
) -> dict[str, Any]:
    return {"version": version, "free_threaded": free, "jit": jit, "path": path, "prefix": "/somewhere"}


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without any interpreter: neither on PATH nor by pyenv nor by uv."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv("PYENV_ROOT", "/nowhere")
    monkeypatch.setattr(interpreters, "uv", lambda *words, text="": SimpleNamespace(returncode=1, stdout="", stderr=""))
    return monkeypatch


def refused(python: str) -> tuple[Exit, str]:
    with pytest.raises(CommandError) as stop:
        interpreters_named(python)
    return stop.value.code, str(stop.value)


@pytest.mark.parametrize(
    ("name", "described", "same"),
    [
        ("3.13", facts("3.13.2"), True),
        ("3.13.2", facts("3.13.2"), True),
        ("3.1", facts("3.13.2"), False),
        ("3.13", facts("3.13.2", free=True), False),
        ("3.13t", facts("3.13.2", free=True), True),
        ("3.13t", facts("3.13.2"), False),
        ("pypy3", facts("3.11.9"), True),
    ],
)
def test_a_build_with_the_gil_never_passes_for_one_without(name: str, described: dict[str, Any], *, same: bool) -> None:
    assert matches_name(name, described) is same


def test_a_build_with_its_jit_on_is_another_interpreter_than_the_same_with_it_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interpreters, "candidates", lambda name: ["/somewhere/python"])
    monkeypatch.setattr(interpreters, "json_output", lambda command: facts("3.14.2", jit=True))
    off, on, named = interpreters_named("3.14 3.14+jit fast=/somewhere/python+jit")
    assert [one.name for one in (off, on, named)] == ["3.14", "3.14+jit", "fast+jit"]
    assert {one.path for one in (off, on, named)} == {"/somewhere/python"}
    assert [variables(one.name) for one in (off, on, named)] == [{}, {"PYTHON_JIT": "1"}, {"PYTHON_JIT": "1"}]


def test_a_build_without_a_jit_is_not_measured_as_if_it_had_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "candidates", lambda name: ["/somewhere/python"])
    monkeypatch.setattr(interpreters, "json_output", lambda command: facts("3.13.2"))
    assert refused("3.13 3.13+jit")[1].startswith("3.13+jit: this build has no JIT. Next: ")


def test_an_interpreter_that_is_not_found_is_a_sentence(nobody: pytest.MonkeyPatch) -> None:
    code, words = refused("3.99 3.98")
    assert code == Exit.USAGE
    assert "Python '3.99' was found neither on PATH nor by pyenv nor by uv. Next: " in words
    assert "Python '/no/such/python' does not run" in refused("/no/such/python 3.13")[1]


def test_a_shim_that_refuses_to_run_hides_no_interpreter_behind_it(nobody: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shim, home = tmp_path / "shim", tmp_path / "versions" / OURS / "bin"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    home.mkdir(parents=True)
    (home / "python").symlink_to(sys.executable)
    nobody.setattr("shutil.which", lambda name: str(shim))
    nobody.setenv("PYENV_ROOT", str(tmp_path))
    assert find_interpreter(OURS).version.startswith(OURS)


def test_a_python_that_is_too_old_is_a_sentence(nobody: pytest.MonkeyPatch) -> None:
    nobody.setattr(interpreters, "json_output", lambda command: facts("3.10.4"))
    assert refused("/old/python 3.13") == (
        Exit.USAGE, '/old/python is Python 3.10.4, and 3.11 or newer is needed. Next: make matrix PYTHON="3.13 3.14"'
    )  # fmt: skip


def test_one_python_is_no_matrix_and_a_name_stands_for_one_build(nobody: pytest.MonkeyPatch) -> None:
    nobody.setattr(interpreters, "json_output", lambda command: facts())
    assert "it takes two Pythons to compare" in refused("python3")[1]
    assert "it takes two Pythons to compare" in refused("")[1]
    code, words = refused("/a/python /b/python")
    assert (code, words.split(".")[0]) == (Exit.USAGE, "PYTHON names 3")
    assert [one.name for one in interpreters_named("plain=/a/python pgo=/b/python")] == ["plain", "pgo"]


@pytest.mark.parametrize("name", ["../elsewhere", "..", "a b"])
def test_no_name_leads_out_of_the_folder_of_environments(nobody: pytest.MonkeyPatch, name: str) -> None:
    nobody.setattr(interpreters, "json_output", lambda command: facts())
    with pytest.raises(CommandError) as stop:
        find_interpreter(f"{name}={os.sep}a{os.sep}python")
    assert stop.value.code == Exit.USAGE
