"""The wheel in an environment of its own, as a user has it: what it declares, and nothing that this clone has."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.run.interpreters import uv
from tests.missing import missing

ROOT = Path(__file__).parents[2]
LONGEST_S = 500  # a run of a few cells on a machine that does much else


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel."""

    home: Path

    @classmethod
    def make(cls, home: Path, *requirements: str) -> "Installed":
        """A fresh environment with those requirements. Missing where no packages can be had."""
        made = uv("venv", "-q", "--no-project", "--python", sys.executable, str(home))
        if not made.returncode:
            made = uv("pip", "install", "-q", "--python", str(home / "bin" / "python"), *requirements)
        if made.returncode:
            missing(f"no packages can be fetched here: {made.stderr[-300:]}")
        return cls(home)

    def environment(self, folder: Path, **more: str) -> dict[str, str]:
        """A user's variables: a home of their own, and nothing that leads to this clone."""
        ours = ("OVERLAP_", "XDG_", "PYTHON", "VIRTUAL_ENV", "UV_", "MPL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own = {"PATH": f"{self.home / 'bin'}{os.pathsep}{kept['PATH']}", "HOME": str(folder / "home")}
        return kept | own | more

    def line(self, *arguments: str) -> list[str]:
        """The command line of the installed program."""
        return [str(self.home / "bin" / "overlap"), *arguments]

    def call(self, folder: Path, *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment in a folder."""
        line = [str(self.home / "bin" / command[0]), *command[1:]]
        environment = self.environment(folder, **more)
        return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST_S)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this clone."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made
