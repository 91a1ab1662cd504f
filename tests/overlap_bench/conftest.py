"""The wheel and an environment with it, made once for all tests of the program."""

from pathlib import Path

import pytest

from tests.overlap_bench.installed import Installed, build_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone."""
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with the wheel, what it declares for `ab` included, and nothing else."""
    return Installed.make(tmp_path_factory.mktemp("user") / "venv", f"{wheel}[ab]")
