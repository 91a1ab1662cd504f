"""A user's own interpreter, measured with the user's packages: what a block needs lies beside them, and behind them.

Nothing of the user's is changed. What is missing there is installed into a folder of ours below .venvs, for that very
interpreter, and comes last on its path: the user's packages win. A `sitecustomize` of ours puts it there, in every
interpreter that the measurement starts, and then runs the user's own. (Rejected: PYTHONPATH alone, which comes first;
a copy of the environment, which is not the user's any more.)
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from scripts.run.interpreters import HOME, OLDEST, ROOT, UV_TIMEOUT_S, json_output, uv
from scripts.util.exit_codes import CommandError, Exit

NEEDED = {"pytest": (9, 0), "pytest-benchmark": (5, 2), "psutil": (7, 0)}  # of a block, with the oldest that will do
EXAMPLE = "Next: make mine PYTHON=path/to/venv/bin/python WORK=…"
COPY = "Next: measure in a copy of that environment"
FACTS = """import json, platform, sys
from importlib import metadata
packages = {}
for name in sys.argv[1:]:
    try: packages[name] = metadata.version(name)
    except metadata.PackageNotFoundError: pass
print(json.dumps({"version": platform.python_version(), "path": sys.executable, "packages": packages}))"""
CHECK = "import pytest, pytest_benchmark.plugin, psutil"
CALIBRATE = """import sys; from pathlib import Path
from benchmarks.machine.calibration import NUMBERS, Calibration
Calibration.measure((NUMBERS,)).write(Path(sys.argv[1]))"""
CUSTOMIZE = '''"""Put Overlap's packages behind those of this interpreter, then run the user's own sitecustomize."""
import importlib.machinery, importlib.util, os, sys
here = os.path.dirname(__file__)
sys.path[:] = [one for one in sys.path if one != here]
sys.path.append({packages!r})
theirs = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
if theirs and theirs.loader:
    theirs.loader.exec_module(importlib.util.module_from_spec(theirs))
'''


@dataclass(frozen=True)
class UsersPython:
    """A user's interpreter, ready to be measured: its executable, and the folder of our sitecustomize."""

    path: str
    version: str
    first: str

    def variables(self) -> dict[str, str]:
        """What its processes need in their environment."""
        own = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one and one != self.first]
        return {"PYTHONPATH": os.pathsep.join([self.first, *own]), "OVERLAP_BESIDE": self.first}

    def output_of(self, *arguments: str) -> str:
        """What a program prints under it, in our folder. CommandError when it fails."""
        environment = {**os.environ, **self.variables()}
        done = subprocess.run(
            [self.path, *arguments], capture_output=True, text=True, timeout=UV_TIMEOUT_S, env=environment, cwd=ROOT
        )
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise CommandError(
                Exit.NOT_MEASURED, f"a block does not run with the packages of {self.path}: {why}. {COPY}"
            )
        return done.stdout

    def description(self) -> dict[str, Any]:
        """The interpreter and its packages, as environment.json has them."""
        described = json.loads(self.output_of("-m", "benchmarks.metadata.interpreter").splitlines()[-1])
        return {name: described[name] for name in ("python", "packages")}

    def calibrate(self, pace: Path) -> None:
        """Measure one core's rate under it, into a file."""
        self.output_of("-c", CALIBRATE, str(pace.resolve()))


def located(python: str, project: Path) -> str:
    """The path of the interpreter that PYTHON names: as it stands, below the project, or on PATH. CommandError."""
    for path in (Path(python), project / python):
        if path.is_file():
            return str(path.absolute())  # not resolved: an interpreter knows its environment by this name
    if program := shutil.which(python):
        return program
    raise CommandError(Exit.USAGE, f"PYTHON={python}: there is no such interpreter. {EXAMPLE}")


def prepare(python: str) -> UsersPython:
    """The interpreter with what a block needs beside it. CommandError when it cannot be used."""
    facts = json_output([python, "-c", FACTS, *NEEDED])
    if facts is None:
        raise CommandError(Exit.USAGE, f"PYTHON={python} does not run. {EXAMPLE}")
    if parts(facts["version"])[:2] < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        sentence = f"{python} is Python {facts['version']}, and {oldest} or newer is needed"
        raise CommandError(Exit.USAGE, f"{sentence}. Next: measure in a newer one")
    check_versions(python, facts["packages"])
    home = HOME / f"beside-{sha256(python.encode()).hexdigest()[:12]}"
    install(python, home, facts)
    users = UsersPython(python, facts["version"], str(home / "first"))
    users.output_of("-c", CHECK)
    return users


def check_versions(python: str, theirs: dict[str, str]) -> None:
    """CommandError when the user's own version of something that a block needs is too old: it would win over ours."""
    for name, version in theirs.items():
        if parts(version)[:2] < NEEDED[name]:
            needed = ".".join(map(str, NEEDED[name]))
            sentence = f"{python} has {name} {version}, and a block needs {needed} or newer"
            raise CommandError(Exit.NOT_MEASURED, f"{sentence}. {COPY} that has it")


def parts(version: str) -> tuple[int, ...]:
    """The numbers of a version."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def install(python: str, home: Path, facts: dict[str, Any]) -> None:
    """Put what is missing into our folder, unless it is there. CommandError when it cannot be had."""
    missing = [
        f"{name}>={'.'.join(map(str, least))}" for name, least in NEEDED.items() if name not in facts["packages"]
    ]
    stamp, packages = home / "made-of.json", home / "packages"
    record = {"path": facts["path"], "version": facts["version"], "missing": missing}
    if stamp.exists() and json.loads(stamp.read_text()) == record:
        return
    (home / "first").mkdir(parents=True, exist_ok=True)
    packages.mkdir(exist_ok=True)
    (home / "first" / "sitecustomize.py").write_text(CUSTOMIZE.format(packages=str(packages)))
    if missing:
        done = uv(
            "pip", "install", "-q", "--target", str(packages), "--python", python, "--only-binary", ":all:", *missing
        )
        if done.returncode:
            why = " ".join((done.stderr.strip() or "it printed nothing").split())[-300:]
            sentence = f"what a block needs cannot be installed beside {python}: {why}"
            raise CommandError(Exit.NOT_MEASURED, f"{sentence}. Next: look at the network")
    stamp.write_text(json.dumps(record))
