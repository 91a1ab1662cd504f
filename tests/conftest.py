"""Fixtures that tests in several folders use, and a look at the end for what the tests have left behind.

All tests have a temporary folder of their own. What lies in it at the end, a process or a semaphore that outlived its
test, fails the session: nobody would ever find it otherwise.
"""

import atexit
import multiprocessing.process
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.machine.cpu_usage import subreaper
from scripts.faults.sandbox import command_line, orphans, wait_until_empty
from scripts.util.processes import in_session, start_janitor
from servers.ending import alive
from tests.browser import browser, look

__all__ = ["browser", "look"]

FOLDER = pytest.StashKey[Path]()
JANITOR = pytest.StashKey[Any]()
BEFORE = pytest.StashKey[set[Path]]()
# Semaphores do not say whose they are: they are counted where the machine is known to be ours, as in CI.
ALONE = os.environ.get("OVERLAP_REQUIRE_ALL") == "1"
HELPERS = ("multiprocessing", "execnet", "loky")  # they end with us
PYTESTS = "PYTEST_DEBUG_TEMPROOT"  # where pytest keeps the folders of the last three sessions


def pytest_configure(config: pytest.Config) -> None:
    """Give the session a temporary folder; the workers of xdist inherit it.

    A worker's children know nothing of xdist: pytest-benchmark would measure nothing in a block that a test starts.
    """
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        del os.environ[name]
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    os.environ.setdefault(PYTESTS, tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="overlap-tests-"))
    folder.chmod(0o711)  # a database that runs as nobody must get to its own folder below
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    config.stash[FOLDER], config.stash[BEFORE] = folder, orphans()
    config.stash[JANITOR] = start_janitor(str(folder))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when anything is left. A worker of xdist ends without its exit functions: it calls them here."""
    if hasattr(session.config, "workerinput"):
        atexit._run_exitfuncs()
    if (folder := session.config.stash.get(FOLDER, None)) is None:
        return
    before = session.config.stash[BEFORE]
    leftovers = wait_until_empty(lambda: left_behind(folder, before, session.config.stash[JANITOR].pid))
    if leftovers:
        print("\nThe tests left behind: " + ", ".join(leftovers))
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def left_behind(folder: Path, before: set[Path], janitor: int) -> list[str]:
    """Temporary files, semaphores and processes, but for what Python itself removes when this process ends."""
    own = multiprocessing.process.current_process()._config.get("tempdir")  # type: ignore[attr-defined]
    files = [str(file) for file in folder.iterdir() if str(file) != own and not is_scratch_space(file)]
    ours = [one for one in psutil.Process().children(recursive=True) if alive(one) and not in_session(janitor, one)]
    lines = [" ".join(command_line(one)) for one in ours]
    processes = [f"process {line}" for line in lines if line and not any(helper in line for helper in HELPERS)]
    return files + list(map(str, orphans() - before if ALONE else ())) + processes


def is_scratch_space(file: Path) -> bool:
    """Whether this is the folder that Dask makes for its workers: it never removes it, nor what a killed one had."""
    return file.name == "dask-scratch-space"


@pytest.fixture(autouse=True)
def orphans_go_to_the_system() -> Iterator[None]:
    """Undo what a block does to its process: adopt what its descendants leave behind. A later test would inherit it."""
    yield
    subreaper(False)
