"""Fixtures that tests in several folders use, and a look at the end for what the tests have left behind.

All tests have a temporary folder of their own. What lies in it at the end, a process or a semaphore that outlived its
test, fails the session: nobody would ever find it otherwise.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psutil
import pytest

from scripts.faults.sandbox import after_a_while, orphans
from tests.browser import browser, look

__all__ = ["browser", "look"]

FOLDER = pytest.StashKey[Path]()
BEFORE = pytest.StashKey[set[Path]]()
PYTESTS = "PYTEST_DEBUG_TEMPROOT"  # where pytest keeps the folders of the last three sessions


def pytest_configure(config: pytest.Config) -> None:
    """Give the session a temporary folder; the workers of xdist inherit it."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    os.environ.setdefault(PYTESTS, tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="overlap-tests-"))
    folder.chmod(0o711)  # a database that runs as nobody must get to its own folder below
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    config.stash[FOLDER], config.stash[BEFORE] = folder, orphans()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when anything is left."""
    if (folder := session.config.stash.get(FOLDER, None)) is None:
        return
    before = session.config.stash[BEFORE]
    found = after_a_while(lambda: left_behind(folder, before))
    shutil.rmtree(folder, ignore_errors=True)
    if found:
        print("\nThe tests left behind: " + ", ".join(found))
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def left_behind(folder: Path, before: set[Path]) -> list[str]:
    """Temporary files, semaphores, and processes below us that are no helpers of Python's own."""
    ours = psutil.Process().children(recursive=True)
    words = [" ".join(one.cmdline()) for one in ours if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    processes = [
        f"process {line}" for line in words if line and "multiprocessing" not in line and "execnet" not in line
    ]
    return [*map(str, folder.iterdir()), *map(str, orphans() - before), *processes]
