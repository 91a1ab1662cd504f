"""Other Pythons than our own, found by name or path.

A name such as 3.13t is looked for on PATH, among pyenv's versions, and among uv's. A candidate counts when it runs and
is what its name says: pyenv's shims are found on PATH and refuse to run. `name=path` tells two builds of one version
apart, and 3.14+jit is a build with its JIT switched on.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.util.exit_codes import CommandError, Exit
from scripts.util.paths import RESULTS, SAID
from servers.subprocesses import own_environment

ROOT = Path(__file__).parents[2]
HOME = (RESULTS if SAID else ROOT) / ".venvs"  # beside the results of the installed program
OLDEST = (3, 11)
FETCHING = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INSECURE_HOST", "UV_OFFLINE")
UV_TIMEOUT_S = 300  # for uv to fetch and to unpack on a slow line
EXAMPLE = 'make matrix PYTHON="3.13 3.14"'
JIT = "+jit"
DESCRIBE = """import json, platform, sys, sysconfig; print(json.dumps({
"version": platform.python_version(), "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
"jit": hasattr(sys, "_jit") and sys._jit.is_available(), "path": sys.executable, "prefix": sys.base_prefix}))"""


@dataclass(frozen=True)
class Interpreter:
    """A Python to be measured: its name in tables, its path, its version."""

    name: str
    path: str
    version: str

    @property
    def home(self) -> Path:
        """The folder of its virtual environment."""
        return HOME / self.name

    @property
    def python(self) -> str:
        """The interpreter of its virtual environment."""
        return executable(self.name)


def executable(name: str) -> str:
    """The interpreter of the virtual environment of that name."""
    return str(HOME / name / "bin" / "python")


def variables(name: str) -> dict[str, str]:
    """The variables that an interpreter of that name is measured with."""
    return {"PYTHON_JIT": "1"} if name.endswith(JIT) else {}


def json_output(command: list[str], **more: str) -> Any:
    """The JSON that a command prints, `more` variables set; None when it fails, hangs or prints none."""
    ours = own_environment() | more
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=ours)
        return json.loads(ended.stdout) if ended.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def interpreters_named(python: str) -> list[Interpreter]:
    """The interpreters that PYTHON names. CommandError for fewer than two, one twice, or an unusable one."""
    words = python.split()
    if len(words) < 2:
        raise CommandError(Exit.USAGE, f"PYTHON={python!r}: it takes two Pythons to compare. Next: {EXAMPLE}")
    interpreters = [find_interpreter(word) for word in words]
    names = [one.name for one in interpreters]
    if twice := next((name for name in names if names.count(name) > 1), None):
        sentence = f"PYTHON names {twice} twice. Next: tell two builds apart, like PYTHON='plain=/usr/bin/python3 ...'"
        raise CommandError(Exit.USAGE, sentence)
    return interpreters


def find_interpreter(word: str) -> Interpreter:
    """The interpreter that one word of PYTHON means. CommandError when there is none, or when it is too old."""
    name, _, path = word.removesuffix(JIT).rpartition("=")
    tried = [path] if os.sep in path else list(candidates(path))
    facts = next(
        (facts for one in tried if (facts := json_output([one, "-c", DESCRIBE])) and matches_name(path, facts)), None
    )
    if facts is None:
        where = "does not run" if os.sep in path else "was found neither on PATH nor by pyenv nor by uv"
        raise CommandError(
            Exit.USAGE, f"Python {path!r} {where}. Next: give a path, or install it (uv python install {path})"
        )
    if tuple(map(int, facts["version"].split(".")[:2])) < OLDEST:
        raise CommandError(
            Exit.USAGE, f"{path} is Python {facts['version']}, and 3.11 or newer is needed. Next: {EXAMPLE}"
        )
    if word.endswith(JIT) and not facts["jit"]:
        raise CommandError(Exit.USAGE, f"{word}: this build has no JIT. Next: leave {JIT} out, or another build")
    name = (name or (short_version(facts) if os.sep in path else path)) + JIT * word.endswith(JIT)
    if not re.fullmatch(r"[\w.+-]+", name) or name.startswith("."):
        raise CommandError(
            Exit.USAGE, f"{name!r} can't name a table and a folder. Next: use letters, digits, dots and dashes"
        )
    return Interpreter(name, facts["path"], facts["version"])


def short_version(facts: dict[str, Any]) -> str:
    """The version as in 3.13t."""
    major, minor, _ = str(facts["version"]).split(".", 2)
    return f"{major}.{minor}{'t' * facts['free_threaded']}"


def matches_name(name: str, facts: dict[str, Any]) -> bool:
    """Whether an interpreter has the version that its name says; a name that is no version fits any."""
    version = re.fullmatch(r"(\d+(?:\.\d+)*)(t?)", name)
    if not version:
        return True
    same = f"{facts['version']}.".startswith(f"{version[1]}.")
    return same and facts["free_threaded"] == bool(version[2])


def candidates(name: str) -> Iterator[str]:
    """Paths at which an interpreter of that name may be, in the order of preference."""
    yield from filter(None, (shutil.which(f"python{name}"), shutil.which(name)))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{name}*"), reverse=True))
    by_uv = uv("python", "find", "--no-project", "--no-python-downloads", "--managed-python", name)
    if by_uv.returncode == 0:
        yield by_uv.stdout.strip()


def uv(*arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Call uv, ours or another. CommandError when there is none."""
    installed = ROOT / ".tools" / "bin" / "uv"
    beside = Path(sys.executable).with_name("uv")  # of the wheel, which need not be on PATH
    program = next(
        (str(one) for one in (installed, beside) if one.exists()), shutil.which("uv") or os.environ.get("UV")
    )
    if not program:
        raise CommandError(Exit.NOT_MEASURED, "uv, which makes the environments, is missing. Next: pip install uv")
    cache = os.environ.get("OVERLAP_CACHE") or str(ROOT / ".cache")
    fetching = {name: value for name, value in os.environ.items() if name.startswith(FETCHING)}
    ours = own_environment() | fetching | {"UV_CACHE_DIR": f"{cache}/uv", "UV_LINK_MODE": "hardlink"}
    try:
        return subprocess.run(
            [program, *arguments], input=text, capture_output=True, text=True, timeout=UV_TIMEOUT_S, env=ours
        )
    except subprocess.TimeoutExpired:
        raise CommandError(
            Exit.NOT_MEASURED, f"uv {arguments[0]} took over {UV_TIMEOUT_S} s. Next: look at the network"
        ) from None


def interpreter_of_block(environment: dict[str, Any], number: int) -> str:
    """The name of the interpreter that measures a block; empty where a run has only ours."""
    pythons = environment["plan"].get("pythons")
    return str(pythons[number]) if pythons else ""
