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
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import psutil
import pytest

from scripts.atlas.share_format import encode
from servers.subprocesses import ROOT
from tests.missing import missing
from tests.scripts.atlas.fleet import share

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
        match = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert match
        yield process, match[0]
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


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The program started with --listen: this machine's address in its network, and the code."""
    command = [*COMMAND, "--listen", f"--shares={tmp_path / 'shares'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment()) as process:
        assert process.stdout
        assert re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        line = process.stdout.readline()
        code = re.search(r"code (\w{6})$", line.strip())
        assert code
        address = re.search(r"http://[\d.]+:\d+/", line)
        yield address[0] if address else "", code[1]
        process.terminate()


def send(url: str, data: bytes | None = None, code: str = "") -> tuple[int, str]:
    request = Request(url, data, {"Overlap-Code": code} if code else {})
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_a_machine_of_the_network_sends_its_share_and_reaches_nothing_else(
    listening: tuple[str, str], tmp_path: Path
) -> None:
    address, code = listening
    if not address:
        missing("this machine has no address in a local network")
    data = encode(share([1.4], np.random.default_rng(1)))
    assert send(f"{address}machines", data)[0] == 403
    assert not (tmp_path / "shares").exists()
    assert send(f"{address}machines", data, code) == (
        200,
        "Thank you: 3 cells and 1 verdict of Intel Core i7, 4 cores, Python 3.14.",
    )
    assert [path.read_bytes() for path in (tmp_path / "shares").iterdir()] == [data]
    status, page = send(address)
    assert (status, code in page) == (200, False)
    assert {send(f"{address}{path}")[0] for path in ("runs", "live", "replay.html", "compare")} == {403}
