"""`python -m scripts.site` as a program: where it listens, what it refuses, what it leaves."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from servers.subprocesses import ROOT

pytestmark = pytest.mark.real

COMMAND = [sys.executable, "-m", "scripts.race"]
GONE_S = 10.0


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and its address."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment()) as process:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert found
        yield process, found[0]
        process.kill()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_the_page_ends_nothing_is_left(page: tuple[subprocess.Popen[str], str], sent: signal.Signals) -> None:
    process, url = page
    assert b"<title>Overlap: the race</title>" in urlopen(url).read()
    family = psutil.Process(process.pid).children(recursive=True)
    folders = {folder for child in family for folder in [child.environ().get("TMPDIR", "")] if "overlap-" in folder}
    folders -= {os.environ.get("TMPDIR", "")}  # that of the tests themselves
    assert len(family) >= 3  # a server, a spinner for each core, the janitor
    process.send_signal(sent)
    code = process.wait(GONE_S)
    assert code == (-signal.SIGKILL if sent == signal.SIGKILL else 0)
    assert psutil.wait_procs(family, GONE_S)[1] == []
    deadline = time.monotonic() + GONE_S
    while any(os.path.exists(folder) for folder in folders):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_no_port_is_opened_to_other_machines_by_accident(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "--host", "0.0.0.0"], capture_output=True, text=True, cwd=tmp_path, env=environment(), timeout=30
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--expose" in ended.stderr


def test_a_port_that_is_taken_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*COMMAND, "--port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment(), timeout=30)
    assert ended.returncode == 2
    assert "--port 0" in ended.stderr
    assert "Traceback" not in ended.stderr
