"""Servers in processes of their own: started or refused with a reason, and never leaked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from servers import subprocesses
from servers.request_stats import reset, stats
from servers.subprocesses import Service, ServiceError, serve

pytestmark = pytest.mark.real

FAULTY = "tests.servers.faulty"
GONE_S = 2.0  # promised: a server outlives a killed parent by at most this
SERVING = """
import multiprocessing, sys, time
from servers.subprocesses import serve
with serve(sys.argv[1], *sys.argv[2:-1]) as service:
    if sys.argv[-1] == "fork":
        worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(20,))
        worker.start()
    pids = [service.pid] + [service.ready[name] for name in ("worker", "database") if name in service.ready]
    print(*pids, *([worker.pid] if sys.argv[-1] == "fork" else []), flush=True)
    time.sleep(60)
"""


def alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped doesn't."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_gone(*pids: int, within_s: float = GONE_S) -> None:
    deadline = time.monotonic() + within_s
    while left := [pid for pid in pids if alive(pid)]:
        assert time.monotonic() < deadline, f"{left} still alive"
        time.sleep(0.01)


def kill_a_parent_of(*arguments: str) -> list[int]:
    """Have a process serve, SIGKILL it; the ids of what it had started."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVING, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=subprocesses.ROOT,
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert pids
        assert all(map(alive, pids))
        parent.kill()
    return pids


def test_a_service_answers_as_soon_as_it_is_there_and_is_gone_afterwards() -> None:
    with serve("servers.latency") as service:
        service.check()
        reset(service.url)
        assert stats(service.url)["requests"] == 0
        assert service.ready["pid"] == service.pid
    assert not alive(service.pid)
    assert service.process.returncode == 0
    with pytest.raises(ConnectionError):
        stats(service.url)


def test_an_error_in_the_block_does_not_leak_the_server() -> None:
    with pytest.raises(ZeroDivisionError), serve("servers.latency") as service:
        raise ZeroDivisionError
    assert not alive(service.pid)


def test_asking_for_the_account_leaves_no_connection_behind() -> None:
    with serve("servers.latency") as service:
        for _ in range(5):
            reset(service.url)
            stats(service.url)
        deadline = time.monotonic() + GONE_S
        while [c for c in psutil.Process(service.pid).net_connections() if c.status == psutil.CONN_ESTABLISHED]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_parent_that_is_killed_takes_its_server_with_it() -> None:
    assert_gone(*kill_a_parent_of("servers.latency", "no fork"))


def test_a_forked_worker_that_survives_its_parent_does_not_hold_the_lifeline() -> None:
    server, worker = kill_a_parent_of("servers.latency", "fork")
    try:
        assert_gone(server)
    finally:
        os.kill(worker, signal.SIGKILL)


def test_the_workers_of_a_server_go_when_its_parent_is_killed() -> None:
    assert_gone(*kill_a_parent_of(FAULTY, "has a lifeline and a worker", "no fork"))


def test_what_a_server_leaves_behind_goes_with_it() -> None:
    with serve(FAULTY, "leaves a worker") as service:
        worker = service.ready["worker"]
        assert alive(worker)
    assert_gone(worker)


def test_a_server_that_ignores_everything_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "STOP_S", 0.1)
    with serve(FAULTY, "ignores everything") as service:
        pass
    assert not alive(service.pid)
    assert service.process.returncode == -signal.SIGKILL


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(ServiceError, match=r"did not start: exit code 1\. Its last words:\nno such database"):
        Served(FAULTY, "dies at once").run()


def test_a_server_that_never_gets_ready_does_not_hang_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "STOP_S", 0.1)
    with pytest.raises(ServiceError, match=r"was not ready after 1 s\. Its last words:\nstill thinking"):
        Served(FAULTY, "says nothing").run(timeout_s=1)


def test_a_server_that_says_something_else_is_not_taken_for_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "STOP_S", 0.1)
    with pytest.raises(ServiceError, match="one JSON line, but printed b'Listening!'"):
        Served(FAULTY, "says something else").run()


def test_a_module_that_does_not_exist_is_named() -> None:
    with pytest.raises(ServiceError, match=r"did not start: exit code 1\. .*\n.*No module named '?servers\.nothing"):
        Served("servers.nothing").run()


def test_a_server_that_dies_while_in_use_is_noticed() -> None:
    with serve(FAULTY, "dies later") as service:
        service.check()
        assert service.process.stdin is not None
        service.process.stdin.write(b"now\n")
        service.process.wait(GONE_S)
        with pytest.raises(ServiceError, match=r"died while in use: exit code 7\. Its last words:\nout of memory"):
            service.check()


def test_a_server_that_is_killed_while_in_use_is_noticed() -> None:
    with serve("servers.latency") as service:
        os.kill(service.pid, signal.SIGKILL)
        service.process.wait(GONE_S)
        with pytest.raises(ServiceError, match=rf"pid {service.pid}\) died while in use: killed by SIGKILL"):
            service.check()


def test_a_talkative_server_blocks_on_no_pipe_and_does_not_flood_the_message() -> None:
    with serve(FAULTY, "talks too much") as service:
        service.process.wait(10)
        with pytest.raises(ServiceError, match="exit code 3") as caught:
            service.check()
    assert str(caught.value).endswith("the end")
    assert len(str(caught.value)) < 3_000


def test_ctrl_c_reaches_the_supervisor_not_the_server() -> None:
    with serve("servers.latency") as service:
        assert os.getpgid(service.pid) == service.pid != os.getpgid(0)


def test_a_server_starts_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serve("servers.latency") as service:
        assert stats(service.url)["requests"] == 0


class Served:
    """A service that should not come up; nothing of it may be left."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.module, self.arguments = module, arguments

    def run(self, timeout_s: float = 10) -> None:
        before = {child.pid for child in psutil.Process().children()}
        try:
            with serve(self.module, *self.arguments, timeout_s=timeout_s) as service:
                assert isinstance(service, Service)
        finally:
            assert {child.pid for child in psutil.Process().children()} <= before
