"""The latency server as a program: its ends, its refusals, and 10,000 requests in flight."""

import asyncio
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from servers.request_stats import reset, stats
from servers.subprocesses import ROOT, Service, serve
from tests.missing import missing

pytestmark = pytest.mark.real

MANY = 10_000
SPARE_FILES = 100  # pytest's own, and the loop's


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A start that should be refused."""
    command = [sys.executable, "-m", "servers.latency", *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=20, check=False
    )


@pytest.fixture
def many_files() -> Iterator[None]:
    """As many open files as 10,000 connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + SPARE_FILES:
        missing(f"{MANY} connections need {MANY + SPARE_FILES} open files, the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + SPARE_FILES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def ask(url: str, n: int, opening: asyncio.Semaphore) -> bytes:
    """The body, over a connection of its own."""
    host, _, port = url.removeprefix("http://").partition(":")
    async with opening:  # the kernel's accept queue is shorter than 10,000
        reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /delay?n={n} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
    return answer.partition(b"\r\n\r\n")[2]


async def test_ten_thousand_requests_in_flight_lose_none(many_files: None) -> None:
    with serve("servers.latency", "--ms", "4000", "--expect", str(MANY)) as service:
        reset(service.url)
        opening = asyncio.Semaphore(500)
        async with asyncio.timeout(90):
            bodies = await asyncio.gather(*(ask(service.url, n, opening) for n in range(MANY)))
        assert bodies == [b"%d" % n for n in range(MANY)]
        account = stats(service.url)
        assert account["requests"] == account["successes"] == account["connections"] == MANY
        assert account["peak_in_flight"] <= MANY
        assert account["peak_in_flight"] > MANY / 2  # all of them, unless connecting took longer than the delay
        assert account["in_flight"] == account["abandoned"] == 0
        service.check()


def test_two_servers_on_one_port_are_refused_with_what_to_type() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = start("--port", str(port))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"127.0.0.1 port {port}" in ended.stderr
    assert os.strerror(errno.EADDRINUSE) in ended.stderr
    assert "--port 0" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_a_benchmark_never_opens_a_port_to_other_machines_by_accident(host: str) -> None:
    ended = start("--host", host)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--expose" in ended.stderr


def test_a_server_on_every_address_says_by_which_it_is_reached_or_does_not_start() -> None:
    ended = start("--host", "0.0.0.0", "--expose")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "add --advertise with the one to reach it by" in ended.stderr
    with serve("servers.latency", "--host", "0.0.0.0", "--expose", "--advertise", "localhost") as service:
        assert service.url.startswith("http://localhost:")
        assert stats(service.url)["requests"] == 0


def test_a_host_that_does_not_exist_is_refused() -> None:
    ended = start("--host", "no.such.host.invalid")
    assert ended.returncode == 2
    assert "no.such.host.invalid" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--ms", "fast"], "ms"), (["--errors", "0.9", "--hangs", "0.9"], "hangs"), (["--port", "99999"], "99999")],
)
def test_wrong_options_end_with_2_and_a_sentence(arguments: list[str], named: str) -> None:
    ended = start(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def test_too_low_a_file_limit_is_known_before_the_run_not_in_its_middle() -> None:
    ended = start("--expect", "100000000")
    assert ended.returncode == 3
    assert "sudo prlimit --pid $$ --nofile=100000064:100000064" in ended.stderr


@pytest.fixture
def waiting() -> Iterator[tuple[Service, HTTPConnection]]:
    """A server with a request in flight."""
    with serve("servers.latency", "--ms", "60000") as service:
        host, _, port = service.url.removeprefix("http://").partition(":")
        connection = HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/delay?n=1")
        while stats(service.url)["in_flight"] == 0:
            time.sleep(0.01)
        yield service, connection
        connection.close()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_server_quietly_even_with_requests_in_flight(
    waiting: tuple[Service, HTTPConnection], sent: signal.Signals, code: int
) -> None:
    service, connection = waiting
    os.kill(service.pid, sent)
    assert service.process.wait(2) == code
    assert os.fstat(service.err.fileno()).st_size == 0
    with pytest.raises(ConnectionError):
        connection.getresponse()


def test_a_server_started_by_hand_outlives_a_closed_stdin() -> None:
    command = [sys.executable, "-m", "servers.latency", "--no-lifeline"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert "url" in server.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(0.3)
        server.terminate()
        assert server.wait(5) == 0


def test_only_one_line_is_ever_said_on_stdout() -> None:
    with serve("servers.latency", "--host", "localhost") as service:
        assert stats(service.url)["requests"] == 0
        output = os.pread(service.out.fileno(), 10_000, 0)
    assert output.count(b"\n") == 1


def test_a_client_on_ipv6_finds_the_server() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        missing(f"no IPv6 loopback here: {error}")
    with serve("servers.latency", "--host", "::1") as service:
        assert service.url.startswith("http://[::1]:")
        assert stats(service.url)["requests"] == 0


def test_the_command_line_sets_the_defaults_of_the_query() -> None:
    with serve("servers.latency", "--bytes", "6", "--errors", "1") as service:
        host, _, port = service.url.removeprefix("http://").partition(":")
        connection = HTTPConnection(host, int(port), timeout=20)
        for query, expected in (("n=5", 503), ("n=5&errors=0", 200)):
            connection.request("GET", f"/delay?{query}")
            response = connection.getresponse()
            body = response.read()
            assert response.status == expected
        assert body == b"5     "
        connection.close()


@pytest.mark.parametrize("request_bytes", [b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", b"\0\xff\r\n\r\n"])
def test_a_request_that_is_none_is_answered_without_a_traceback_in_the_log(request_bytes: bytes) -> None:
    with serve("servers.latency") as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request_bytes)
            assert connection.recv(4096).startswith(b"HTTP/1.0 400")
        assert stats(service.url)["requests"] == 0
        assert os.pread(service.err.fileno(), 4096, 0) == b""
