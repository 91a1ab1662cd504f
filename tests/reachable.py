"""A folder that a database's user can get to: pytest's own are closed to him, and again by each session that starts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def reachable_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty one, in which everybody's temporary files are from now on."""
    folder = Path(tempfile.mkdtemp(prefix="overlap-test-"))
    folder.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
