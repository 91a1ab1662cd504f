"""Other Pythons than our own: found by name or path, each with an environment of its own in .venvs.

A name such as 3.13t is looked for on PATH, among pyenv's versions, and among uv's. A candidate counts when it runs and
is what its name says: pyenv's shims are found on PATH and refuse to run. `name=path` tells two builds of one version
apart.

An environment holds what a block imports and nothing of what draws and computes. It is locked for that Python alone,
in the versions of our own lock wherever they have a wheel for it, so that what is compared is Pythons. Nothing is
compiled: a package without a wheel is left out, and costs only the experiments that import it.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environment import PACKAGES
from scripts.exits import Exit, Stop

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".venvs"
LOCK = ROOT / "requirements.lock"
OLDEST = (3, 11)
NEEDED = ("psutil", "pytest", "pytest-benchmark")  # without these no block can run
LONGEST_S = 300  # for uv to fetch and to unpack on a slow line
EXAMPLE = 'make matrix PYTHON="3.13 3.14"'
ASK = """import json, platform, sys, sysconfig; print(json.dumps({
"version": platform.python_version(), "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
"path": sys.executable, "prefix": sys.base_prefix}))"""


@dataclass(frozen=True)
class Interpreter:
    """A Python to be measured: what it is called in tables, and where it is."""

    name: str
    path: str
    version: str

    @property
    def home(self) -> Path:
        """Its environment."""
        return HOME / self.name

    @property
    def python(self) -> str:
        """The interpreter of its environment."""
        return executable(self.name)


def executable(name: str) -> str:
    """The interpreter of the environment that is called so."""
    return str(HOME / name / "bin" / "python")


def answered(command: list[str]) -> Any:
    """The JSON that a command prints; None when it fails, hangs or prints none."""
    unlike = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")  # what a block runs without, or what is not ours
    kept = {name: value for name, value in os.environ.items() if name not in unlike}
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=kept)
        return json.loads(ended.stdout) if ended.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def asked(python: str) -> list[Interpreter]:
    """The interpreters that PYTHON names. Stop when it names less than two, one twice, or one that cannot be used."""
    words = python.split()
    if len(words) < 2:
        raise Stop(Exit.USAGE, f"PYTHON={python!r}: it takes two Pythons to compare. Next: {EXAMPLE}")
    found = [interpreter(word) for word in words]
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        sentence = f"PYTHON names {twice} twice. Next: tell two builds apart, like PYTHON='plain=/usr/bin/python3 ...'"
        raise Stop(Exit.USAGE, sentence)
    return found


def interpreter(word: str) -> Interpreter:
    """The interpreter that one word of PYTHON means. Stop when there is none, or when it is too old."""
    name, _, path = word.rpartition("=")
    tried = [path] if os.sep in path else list(candidates(path))
    facts = next((facts for one in tried if (facts := answered([one, "-c", ASK])) and fits(path, facts)), None)
    if facts is None:
        where = "does not run" if os.sep in path else "was found neither on PATH nor by pyenv nor by uv"
        raise Stop(Exit.USAGE, f"Python {path!r} {where}. Next: give a path, or install it (uv python install {path})")
    if tuple(map(int, facts["version"].split(".")[:2])) < OLDEST:
        raise Stop(Exit.USAGE, f"{path} is Python {facts['version']}, and 3.11 or newer is needed. Next: {EXAMPLE}")
    name = name or (short(facts) if os.sep in path else path)
    if not re.fullmatch(r"[\w.+-]+", name) or name.startswith("."):
        raise Stop(Exit.USAGE, f"{name!r} is no name for a table and a folder. Next: letters, digits, dots and dashes")
    return Interpreter(name, facts["path"], facts["version"])


def short(facts: dict[str, Any]) -> str:
    """As in 3.13t."""
    major, minor, _ = str(facts["version"]).split(".", 2)
    return f"{major}.{minor}{'t' * facts['free_threaded']}"


def fits(name: str, facts: dict[str, Any]) -> bool:
    """Whether an interpreter is what its name says; a name that is no version says nothing."""
    version = re.fullmatch(r"(\d+(?:\.\d+)*)(t?)", name)
    if not version:
        return True
    same = f"{facts['version']}.".startswith(f"{version[1]}.")
    return same and facts["free_threaded"] == bool(version[2])


def candidates(name: str) -> Iterator[str]:
    """Where an interpreter of that name could be, in the order of preference."""
    yield from filter(None, (shutil.which(f"python{name}"), shutil.which(name)))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{name}*"), reverse=True))
    found = uv("python", "find", "--no-project", "--no-python-downloads", "--managed-python", name)
    if found.returncode == 0:
        yield found.stdout.strip()


def uv(*arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Call uv, ours or another. Stop when there is none."""
    ours = ROOT / ".tools" / "bin" / "uv"
    program = str(ours) if ours.exists() else shutil.which("uv")
    if not program:
        raise Stop(Exit.UNMEASURED, "uv, which makes the environments, is missing. Next: make .tools/bin/uv")
    try:
        return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        raise Stop(Exit.UNMEASURED, f"uv {arguments[0]} took over {LONGEST_S} s. Next: look at the network") from None


def done(ended: "subprocess.CompletedProcess[str]", name: str) -> None:
    """Stop when uv could not do what it had to do for an interpreter."""
    if ended.returncode:
        why = " ".join((ended.stderr.strip() or "it said nothing").split())[-300:]
        raise Stop(Exit.UNMEASURED, f"no environment could be made for Python {name}: {why}. Next: leave it out")


def ready(one: Interpreter) -> dict[str, Any]:
    """Make the environment, unless it is there, and describe it: an entry of environment.json. Stop when it fails."""
    stamp = one.home / "made-of.json"
    wanted = {"path": one.path, "version": one.version, "packages": PACKAGES, "lock": LOCK.read_text()}
    made = json.loads(stamp.read_text()) if stamp.exists() else {}
    if {name: made.get(name) for name in wanted} != json.loads(json.dumps(wanted)):
        done(uv("venv", "-q", "--clear", "--no-project", "--python", one.path, str(one.home)), one.name)
        made = wanted | {"left_out": install(one)}
        stamp.write_text(json.dumps(made))
    return {**described(one.name), "left_out": made["left_out"]}


def install(one: Interpreter) -> list[str]:
    """Lock and install what a block needs; returns the packages that have no wheel for this Python."""
    lock = one.home / "requirements.lock"
    chosen = list(PACKAGES)
    compiled = compile_lock(one, chosen, "-c", str(LOCK))
    if compiled.returncode:
        pinned = [name for name in PACKAGES if not compile_lock(one, [name], "-c", str(LOCK)).returncode]
        others = [name for name in PACKAGES if name not in pinned and not compile_lock(one, [name]).returncode]
        chosen = [name for name in PACKAGES if name in pinned or name in others]
        compiled = compile_lock(one, chosen)
    done(compiled, one.name)
    left_out = [name for name in PACKAGES if name not in chosen]
    if missing := [name for name in NEEDED if name in left_out]:
        raise Stop(Exit.UNMEASURED, f"{', '.join(missing)} has no wheel for Python {one.name}. Next: leave it out")
    lock.write_text(compiled.stdout)
    done(
        uv("pip", "sync", "-q", "--require-hashes", "--only-binary", ":all:", "--compile-bytecode",
           "--python", one.python, str(lock)), one.name
    )  # fmt: skip
    return left_out


def compile_lock(one: Interpreter, packages: list[str], *more: str) -> "subprocess.CompletedProcess[str]":
    """A lock of these packages for this Python, as uv prints it."""
    options = ("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--only-binary", ":all:")
    return uv("pip", "compile", "-q", *options, "--python", one.python, *more, "-", text="\n".join(packages))


def described(name: str) -> dict[str, Any]:
    """What the interpreter of an environment says of itself; on a free-threaded build also who brings the GIL back."""
    python = executable(name)
    if (found := answered([python, "-m", "benchmarks.interpreter"])) is None:
        raise Stop(
            Exit.UNMEASURED, f"Python {name} in .venvs/{name} does not run. Next: rm -r .venvs/{name}, once more"
        )
    questions = found["packages"] if not found["python"]["gil"] else ()
    quiet = [python, "-Wignore", "-m", "benchmarks.interpreter"]
    return {"name": name, **found, "gil_brought_back_by": [one for one in questions if answered([*quiet, one])]}


def under(found: dict[str, Any], number: int) -> str:
    """The name of the interpreter that a block belongs to; empty where a run has only ours."""
    return str(found["plan"]["pythons"][number]) if "pythons" in found["plan"] else ""


def changed(found: dict[str, Any]) -> str:
    """What keeps a run of several interpreters from being gone on with: one of them is another by now."""
    strangers = [one["name"] for one in found.get("interpreters", []) if not same(one, described(one["name"]))]
    return f"was measured with another Python {strangers[0]} or other packages" if strangers else ""


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two descriptions are of the same build with the same packages."""
    return all(one[part] == other[part] for part in ("python", "packages"))
