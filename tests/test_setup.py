"""The set-up and the verbs, in a fresh copy with an empty home, under whatever a shell's environment may hold."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.once import make_once

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
LARGEST_MB = 400  # the environment of `make bench`
# What somebody's shell holds, and what each would do: change another Python, hide the code, end in a traceback.
FOREIGN = {
    "UV_SYSTEM_PYTHON": "1",
    "UV_PYTHON": "{bystander}",
    "UV_CACHE_DIR": "{elsewhere}",
    "UV_NO_BINARY": "1",
    "UV_TARGET": "{elsewhere}",
    "PIP_USER": "1",
    "PIP_TARGET": "{elsewhere}",
    "PIP_NO_INDEX": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "VIRTUAL_ENV": "{bystander_home}",
    "CONDA_PREFIX": "{bystander_home}",
    "PYTHONHOME": "/nowhere",
    "PYTHONPATH": "{elsewhere}",
    "PYTHONSAFEPATH": "1",
    "PYTHONSTARTUP": "/nowhere",
    "PYTHONWARNINGS": "error",
    "PYTHONIOENCODING": "ascii",
    "PYTHONOPTIMIZE": "2",
    "PYTHON": "/nowhere/python",
    "CLUSTER": "tcp://nowhere.invalid:1",
    "ONLY": "nonsense",
    "RUN": "/nowhere",
    "MPLBACKEND": "nonsense",
    "MATPLOTLIBRC": "/nowhere",
    "LC_ALL": "C",
    "TMPDIR": "{spaced}",
}
INSTALLERS = ("UV_", "PIP_", "PYTHON", "VIRTUAL_ENV")


def own(name: str) -> bool:
    """Whether a file or folder is no part of a fresh clone."""
    return name in {".git", "reference", ".venv", ".venvs", ".tools", "runs", "latest", "mutants"} or name.endswith(
        "cache"
    )


class Checkout:
    """A copy of the project with a home of its own, and a Python nearby that is none of its business."""

    def __init__(self, folder: Path) -> None:
        self.path, self.home, self.elsewhere = folder / "overlap", folder / "home", folder / "elsewhere"
        self.bystander, self.spaced = folder / "bystander", folder / "a folder"

    def copy(self) -> None:
        """Make the copy and what lies around it."""
        for made in (self.home, self.elsewhere, self.spaced):
            made.mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.bystander], check=True)
        shutil.copytree(ROOT, self.path, symlinks=True, ignore=lambda _, names: [name for name in names if own(name)])

    def make(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Call make; downloads are kept from test to test."""
        named = {"elsewhere": self.elsewhere, "bystander": self.bystander / "bin" / "python", "spaced": self.spaced}
        values = {name: value.format(**named, bystander_home=self.bystander) for name, value in environment.items()}
        kept = {name: value for name, value in os.environ.items() if "CERT" in name or name == "PIP_FIND_LINKS"}
        path = os.pathsep.join([str(Path(sys.base_prefix) / "bin"), "/usr/bin", "/bin"])
        return subprocess.run(
            ["make", *words, f"CACHE={ROOT}/.cache"],
            cwd=self.path,
            env=kept | {"HOME": str(self.home), "PATH": path} | values,
            capture_output=True,
            text=True,
        )

    def touched(self) -> list[str]:
        """What lies where nothing may be written."""
        packages = self.bystander.glob("lib/python3*/site-packages/*")
        return sorted(str(file) for folder in (self.home, self.elsewhere) for file in folder.rglob("*")) + [
            str(file) for file in packages
        ]


def set_up(folder: Path) -> None:
    """Make a copy, set it up and measure in it, under all variables at once."""
    (made := Checkout(folder)).copy()
    ended = made.make("models", **FOREIGN)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("overlap: ") == 3, "each step says what it fetches"
    ended = made.make("bench", "BLOCKS=2", "ONLY=io and sleep and (sequential or asyncio)", **FOREIGN)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy that is set up and has measured, under everything at once."""
    return Checkout(make_once(tmp_path_factory, "checkout", set_up))


@pytest.fixture(scope="module")
def plain(checkout: Checkout) -> str:
    """What `make models` says where no variable is set."""
    return checkout.make("models").stdout


@pytest.mark.real
def test_the_set_up_changes_no_other_python_and_nothing_outside_the_folder(checkout: Checkout) -> None:
    assert checkout.touched() == []


@pytest.mark.real
def test_the_environment_of_make_bench_stays_small(checkout: Checkout) -> None:
    blocks = {file.stat().st_ino: file.stat().st_blocks for file in (checkout.path / ".venv").rglob("*")}
    assert sum(blocks.values()) * 512 / 2**20 < LARGEST_MB


@pytest.mark.real
@pytest.mark.parametrize("name", FOREIGN)
def test_no_variable_of_a_shell_changes_what_a_verb_says(checkout: Checkout, plain: str, name: str) -> None:
    foreign = checkout.make("models", **{name: FOREIGN[name]})
    assert (foreign.returncode, foreign.stdout, foreign.stderr) == (0, plain, "")
    assert checkout.touched() == []


@pytest.mark.real
def test_blocks_measure_the_same_under_all_variables_at_once(checkout: Checkout) -> None:
    assert checkout.touched() == []
    assert {file.name for file in (checkout.path / "results" / "latest").glob("*.*")} > {
        "rounds.parquet",
        "report.html",
    }


@pytest.mark.real
@pytest.mark.parametrize("kind", INSTALLERS)
def test_the_variables_of_one_installer_leave_the_set_up_as_it_is(tmp_path: Path, kind: str) -> None:
    (made := Checkout(tmp_path)).copy()
    lock = (made.path / "requirements.lock").read_text()
    (made.path / "requirements.lock").write_text(lock[lock.index("\npsutil==") + 1 : lock.index("\npygments==") + 1])
    ended = made.make(".venv/core", **{name: value for name, value in FOREIGN.items() if name.startswith(kind)})
    assert ended.returncode == 0, ended.stderr
    assert list(made.path.glob(".venv/lib/python3*/site-packages/psutil"))
    assert made.touched() == []


def test_every_setting_that_the_makefile_reads_is_known_as_one() -> None:
    lines = MAKEFILE.replace("\\\n", " ")
    listed = re.findall(r"^SETTINGS := (.*)$", lines, re.MULTILINE)[0].split()
    read = {
        name
        for names in re.findall(r"\$\(call (?:option,[a-z-]+|quoted),([A-Z_]+)\)|\$\(value ([A-Z_]+)\)", lines)
        for name in names
    }
    assert read - {""} <= set(listed)


@pytest.mark.real
def test_a_value_reaches_the_verb_as_it_was_typed(tmp_path: Path) -> None:
    odd = """a b'c"d$e`f;g"""
    ended = subprocess.run(
        ["make", "-n", "-o", ".venv/core", "report", f"RUN={odd}"], cwd=ROOT, capture_output=True, text=True
    )
    done = subprocess.run(
        ["sh", "-c", ended.stdout.strip().replace(".venv/bin/python", "printf '%s\\n'")], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == odd


@pytest.mark.real
def test_other_tools_read_the_blocks_in_the_environment_of_make_bench(checkout: Checkout) -> None:
    blocks = sorted((checkout.path / "results" / "latest" / "blocks").glob("*.json"))
    command = [str(checkout.path / ".venv/bin/pytest-benchmark"), "compare", *map(str, blocks)]
    compared = subprocess.run(command, cwd=checkout.path, capture_output=True, text=True)
    assert compared.returncode == 0, compared.stderr
    assert "Name (time in" in compared.stdout
    for block in map(json.loads, map(Path.read_text, blocks)):
        assert "node" not in block["machine_info"], "a run can be shown to anybody"
        assert not block["commit_info"]["branch"]
