"""What takes long to make is made once in a session, whichever of its processes needs it first."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name` of this session, which `make` has filled; a folder of which `make` fails is made anew."""
    own = factory.getbasetemp()
    folder = (own.parent if own.name.startswith("popen-") else own) / name  # those of xdist have the session's above
    complete = folder.with_suffix(".complete")
    with FileLock(folder.with_suffix(".lock")):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            complete.touch()
    return folder
