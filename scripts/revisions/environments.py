"""The environment of each side: what a block imports, the project as it stands there, and what was asked for.

Each is made in a temporary folder, so that the user's own environments stay as they are. An environment of the user's
is not installed into: a new one of the same interpreter looks into it.
"""

import json
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.run.interpreters import error_of, uv
from scripts.util.exit_codes import CommandError, Exit

NEEDED = ("psutil>=7", "pytest>=9", "pytest-benchmark>=5.2")  # what a block of a user's work imports
ASK_SITE = "import json, site, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
ASK_PACKAGES = (
    "import json; from importlib.metadata import distributions as d;"
    "print(json.dumps({one.metadata['Name']: one.version for one in d()}))"
)


def make_environment(home: Path, python: str, requirements: Sequence[str], *, name: str) -> str:
    """A new environment with those requirements; its interpreter. CommandError when one can't be had."""
    require_success(uv("venv", "-q", "--no-project", "--python", python, str(home)), name)
    new = str(home / "bin" / "python")
    require_success(uv("pip", "install", "-q", "--compile-bytecode", "--python", new, *NEEDED, *requirements), name)
    return new


def link_environment(home: Path, theirs: str, *, name: str) -> None:
    """Let an environment find the packages of another one after its own, with its editable installs."""
    other, own = (answer(python, ASK_SITE, name) for python in (theirs, str(home / "bin" / "python")))
    (Path(own) / "overlap_theirs.pth").write_text(f"import site; site.addsitedir({other!r})\n")


def packages(python: str, *, name: str) -> dict[str, str]:
    """The packages of an environment, each with its version."""
    return dict(sorted(answer(python, ASK_PACKAGES, name).items()))


def answer(python: str, program: str, name: str) -> Any:
    """The output of a one-line program in that interpreter. CommandError when it fails."""
    try:
        ended = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True, timeout=60)
        return json.loads(ended.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        why = f"{name}: {python} does not run ({type(problem).__name__})"
        raise CommandError(Exit.NOT_MEASURED, f"{why}. Next: name another environment") from None


def project_requirements(folder: Path) -> list[str]:
    """The requirements that install the project in a folder: the project itself, its requirements.txt, or none."""
    file = folder / "pyproject.toml"
    try:
        described = tomllib.loads(file.read_text()) if file.is_file() else {}
    except (ValueError, OSError) as problem:
        raise CommandError(Exit.NOT_MEASURED, f"{file} cannot be read: {problem}") from None
    if "project" in described or "build-system" in described or (folder / "setup.py").is_file():
        return [str(folder)]
    return ["-r", str(folder / "requirements.txt")] if (folder / "requirements.txt").is_file() else []


def require_success(ended: "subprocess.CompletedProcess[str]", name: str) -> None:
    """CommandError when uv could not do what it had to do for a side."""
    if ended.returncode:
        raise CommandError(Exit.NOT_MEASURED, f"no environment could be made for {name}: {error_of(ended)}")
