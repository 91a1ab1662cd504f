"""Beyond one machine: real clusters of several processes, which know nothing of this folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from benchmarks.core import cell_runner, runner
from benchmarks.core.cell import Cell
from benchmarks.core.runner import stop_fork_server
from benchmarks.metadata.cluster import ClusterError, ask, check, check_version, of_worker
from benchmarks.models import Run, _subprocess, model, needs
from benchmarks.models._cluster import VARIABLE, archive, external_address, serving, speaker
from benchmarks.workloads import Workload
from benchmarks.workloads.sleep import Sleep
from benchmarks.workloads.wire import Wire
from servers.subprocesses import ROOT, serve
from tests.benchmarks.core.test_mutants import Bench
from tests.missing import missing

PATIENCE_S = 60.0
MODULES = ["benchmarks.models.dask", "benchmarks.workloads.wire"]


def needed(name: str) -> None:
    if lacking := needs(name).unavailable_reason():
        missing(lacking)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def eventually(happened: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def strangers() -> dict[str, str]:
    """The environment of those who know nothing of this folder."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", VARIABLE)}


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program in another folder, which is gone afterwards."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=strangers(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def dask_cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its three workers."""
    needed("dask")
    from distributed import Client

    address = f"tcp://127.0.0.1:{free_port()}"
    here = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    with ExitStack() as all_of_it:
        scheduler = ("-m", "distributed.cli.dask_scheduler", "--port", address.rpartition(":")[2], *here)
        all_of_it.enter_context(started(tmp_path, *scheduler))
        place = ("--local-directory", str(tmp_path))
        worker = ("-m", "distributed.cli.dask_worker", address, *place, "--nthreads", "1", "--no-nanny", *here)
        workers = [all_of_it.enter_context(started(tmp_path, *worker)) for _ in range(3)]
        with Client(address, timeout=PATIENCE_S, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=PATIENCE_S)
        yield address, workers


@pytest.mark.real
def test_workers_without_a_shared_disk_give_right_answers_though_one_is_killed(
    dask_cluster: tuple[str, list[subprocess.Popen[bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, workers = dask_cluster
    monkeypatch.setenv(VARIABLE, address)
    with serve("servers.latency") as server:
        answer = ask(address, MODULES, server.url)
        assert (answer["model"], answer["workers"]) == ("dask", 3)
        assert answer["round_trip_seconds"] > 0
        workload = Wire(url=server.url, delay_s=0.2)
        tasks = workload.tasks(30)
        with model("dask")(workload, 3) as run:
            assert run(tasks) == [workload.expected(task) for task in tasks]
        assert not _subprocess.lost
        with model("dask")(workload, 3) as run:
            killer = subprocess.Popen(["sh", "-c", f"sleep 0.6; kill -9 {workers[0].pid}"])
            assert run(tasks) == [workload.expected(task) for task in tasks]
            killer.wait()
        assert len(_subprocess.lost) == 1
    stop_fork_server()
    assert ask(address, MODULES)["workers"] == 2


@pytest.mark.real
def test_a_lost_ray_worker_is_started_again_and_nothing_it_did_is_missing(tmp_path: Path) -> None:
    needed("ray")
    workload = Sleep(delay_s=0.3)
    tasks = workload.tasks(12)
    with model("ray")(workload, 2) as run:
        killer = subprocess.Popen([sys.executable, "-c", KILL_AN_ACTOR, str(os.getpid())])
        assert run(tasks) == [workload.expected(task) for task in tasks]
        assert killer.wait() == 0
    assert len(_subprocess.lost) == 1
    stop_fork_server()


KILL_AN_ACTOR = """
import psutil, sys, time
time.sleep(0.5)
everybody = psutil.Process(int(sys.argv[1])).children(recursive=True)
next(one for one in everybody if one.name().startswith("ray::Place")).kill()
"""

HOLDING = """
import time
from benchmarks.models import model
from benchmarks.workloads.sleep import Sleep
if __name__ == "__main__":
    with model("{name}")(Sleep(0.001), 2) as run:
        run([0, 1, 2])
        print("open", flush=True)
        time.sleep(600)
"""


@pytest.mark.real
@pytest.mark.parametrize("name", ["dask", "ray"])
def test_nobody_listens_to_others_and_nothing_is_left_of_a_killed_holder(name: str, tmp_path: Path) -> None:
    needed(name)
    home = tmp_path / "home"
    home.mkdir()
    temporary = tempfile.mkdtemp(dir="/tmp")  # a short name: the path of a socket has 107 letters at most
    program = tmp_path / "holding.py"
    program.write_text(HOLDING.format(name=name))
    holder = subprocess.Popen(
        [sys.executable, program],
        env=strangers()
        | {"PYTHONPATH": str(ROOT), "HOME": str(home), "TMPDIR": temporary, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"open\n"
    everybody = psutil.Process(holder.pid).children(recursive=True)
    assert not [
        address for one in everybody for address in listening(one) if not address.endswith(("127.0.0.1", "::1"))
    ]
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert eventually(lambda: not [one for one in everybody if alive(one)])
    assert not [file for file in home.rglob("*") if file.is_file()]
    assert eventually(lambda: not list(Path(temporary).glob("overlap-*")))
    shutil.rmtree(temporary)


def listening(process: psutil.Process) -> list[str]:
    """The addresses that a process listens on."""
    return [
        connection.laddr.ip for connection in process.net_connections("inet") if connection.status == psutil.CONN_LISTEN
    ]


def alive(process: psutil.Process) -> bool:
    """Whether it is more than an entry in a table."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_cluster_that_nobody_answers_for_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        ClusterError, match=r"nothing answers there .*Connection refused.*; start it, or leave CLUSTER out"
    ):
        ask(f"tcp://127.0.0.1:{free_port()}", [])
    with pytest.raises(ClusterError, match="that is no address"):
        ask("tcp://127.0.0.1:many", [])


def test_another_python_is_refused_before_any_code_is_sent_to_it() -> None:
    check_version("a worker", "python", "3.11.2.final.0", "3.11.7.final.0")
    with pytest.raises(
        ClusterError, match=r"a worker has python 3.12.1.final.0, and here it is 3.11.7.final.0; give both"
    ):
        check_version("a worker", "python", "3.12.1.final.0", "3.11.7.final.0")
    with pytest.raises(ClusterError, match="distributed"):
        check_version("a worker", "distributed", "2026.7.0", "2026.8.0")


def test_a_worker_that_lacks_a_package_or_cannot_reach_the_server_is_refused() -> None:
    worker = of_worker(["benchmarks.workloads.wire"], "")
    check([worker])
    with pytest.raises(ClusterError, match=r"cannot do the tasks .*no_such_package"):
        check([of_worker(["no_such_package"], "")])
    with pytest.raises(ClusterError, match=r"cannot reach the latency server .*BIND=0.0.0.0 ADDRESS="):
        check([of_worker([], f"http://127.0.0.1:{free_port()}")])


def test_only_the_model_that_speaks_to_a_cluster_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [speaker(address) for address in ("tcp://a:1", "tls://a:1", "ray://a:1", "a:1")] == ["dask"] * 2 + [
        "ray"
    ] * 2
    monkeypatch.setenv(VARIABLE, "tcp://here:8786")
    assert (external_address("dask"), external_address("ray"), external_address("threads")) == (
        "tcp://here:8786",
        "",
        "",
    )


def test_the_server_keeps_to_this_machine_unless_told_otherwise() -> None:
    assert serving("", "") == []
    assert serving("0.0.0.0", "192.0.2.7") == ["--host", "0.0.0.0", "--expose", "--advertise", "192.0.2.7"]


def test_workers_are_sent_everything_that_measures_and_nothing_else(tmp_path: Path) -> None:
    program = "import benchmarks.core.round, benchmarks.workloads.wire as found; print(found.__file__)"
    sent = archive(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=strangers() | {"PYTHONPATH": str(sent)},
        capture_output=True,
        text=True,
    )
    assert str(sent) in done.stdout, done.stderr


def losing(workload: Workload, concurrency: int) -> AbstractContextManager[Run]:
    """A model that loses a worker in each round."""
    _subprocess.lost.append("a worker")
    return model("threads")(workload, concurrency)


@pytest.mark.slow
def test_a_lost_worker_is_counted_in_its_round_and_never_in_the_next_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, cell = Bench(), Cell("planted", Sleep(delay_s=0.001), "threads", 2, 4)
    monkeypatch.setattr(runner, "budget", nullcontext)
    monkeypatch.setattr(runner, "model", lambda name: losing)
    assert [entry["workers_lost"] for entry in bench.measure(cell)] == [1, 1, 1]
    monkeypatch.undo()
    monkeypatch.setattr(runner, "budget", nullcontext)
    assert not any("workers_lost" in entry for entry in bench.measure(cell))


@dataclass(frozen=True)
class Distant(Sleep):
    """Work that uses none of this machine's CPU, as that of other machines does."""

    def compute_s(self, task: int) -> float:
        return 1.0


@pytest.mark.slow
def test_work_that_other_machines_do_is_not_called_undone_here(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, cell = Bench(), Cell("planted", Distant(delay_s=0.001), "threads", 2, 4)
    monkeypatch.setattr(runner, "budget", nullcontext)
    bench.refuses(cell, "it was not done")
    monkeypatch.setattr(cell_runner, "external_address", lambda name: "tcp://192.0.2.9:8786")
    assert len(bench.measure(cell)) == 3
