"""An existing cluster: `python -m benchmarks.metadata.cluster ADDRESS` prints its size, versions and round-trip time.

In an interpreter of its own, because a library that cannot reach its cluster takes its time, and because none of it
belongs into the process that measures. What makes measuring impossible is found here, before anything is timed.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from platform import python_version
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from benchmarks.core.round import CLOCKS_APART_S
from benchmarks.models._cluster import VARIABLE, code_of_dask, ray_cluster, speaker

ANSWER_S = 10.0  # for a first word, and for the server to be reached
ALL_S = 90.0  # for everything: Ray unpacks our code on each machine first
TRIPS = 20

Found = dict[str, Any]


class ClusterError(Exception):
    """Why a cluster cannot be measured on, and what to do about it."""


@dataclass(frozen=True)
class Workers:
    """A cluster that can be talked to."""

    version: str
    places: int  # tasks that it does at once
    everywhere: Callable[..., list[Any]]  # calls a function in each worker, or on each machine
    trip: Callable[[], object]  # to one worker and back


@contextmanager
def dask_workers(address: str) -> Iterator[Workers]:
    """Those of a Dask cluster. Refused before any code of ours is sent to another Python."""
    from distributed import Client

    with Client(address, timeout=ANSWER_S, set_as_default=False) as client:
        said, threads = client.get_versions(), client.nthreads()
        if not threads:
            raise ClusterError("it has no worker; start one with: dask worker ADDRESS --nthreads 1")
        for name, one in {"its scheduler": said["scheduler"], **said["workers"]}.items():
            for package in ("python", "distributed"):
                same(name, package, one["packages"][package], said["client"]["packages"][package])
        if several := [name for name, count in threads.items() if count > 1]:
            raise ClusterError(f"{several[0]} does {threads[several[0]]} tasks at once; start it with --nthreads 1")
        with code_of_dask(address) as code:

            def everywhere(call: Callable[..., Any], *args: Any) -> list[Any]:
                return list(client.run(call, *args).values())

            imported = [client.run_on_scheduler(imported_from), *everywhere(imported_from)]
            if stale := [file for file in imported if code not in file]:
                raise ClusterError(f"another version of Overlap is in its memory ({stale[0]}); restart the cluster")
            yield Workers(
                said["client"]["packages"]["distributed"],
                len(threads),
                everywhere,
                lambda: client.run(int, workers=[min(threads)]),
            )


@contextmanager
def ray_workers(address: str) -> Iterator[Workers]:
    """Those of a Ray cluster, one on each machine; Ray itself refuses other versions."""
    with ray_cluster(0) as ray:
        machines = [node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]]

        def everywhere(call: Callable[..., Any], *args: Any) -> list[Any]:
            there = [
                ray.remote(num_cpus=0, resources={f"node:{machine}": 0.001})(lambda *given: call(*given))
                for machine in machines
            ]
            return list(ray.get([one.remote(*args) for one in there]))

        nearby = ray.remote(num_cpus=0)(imported_from)
        yield Workers(
            ray.__version__,
            int(ray.cluster_resources().get("CPU", 0)),
            everywhere,
            lambda: ray.get(nearby.remote()),
        )


def imported_from() -> str:
    """Where a worker has our code from."""
    return str(import_module("benchmarks.workloads").__file__)


def of_worker(modules: list[str], url: str) -> Found:
    """What the process is that runs this, and what it lacks."""
    lacks = [lacking for module in modules if (lacking := failing(partial(import_module, module)))]
    unreachable = failing(lambda: urlopen(f"{url}/stats", timeout=ANSWER_S).close()) if url else ""
    return {"host": socket.gethostname(), "python": python_version(), "lacks": lacks, "unreachable": unreachable}


def failing(call: Callable[[], object]) -> str:
    """What goes wrong in a call; empty when nothing does."""
    try:
        call()
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def same(name: str, package: str, theirs: str, ours: str) -> None:
    """Refused where their version cannot be spoken to."""
    parts = 2 if package == "python" else None
    if theirs.split(".")[:parts] != ours.split(".")[:parts]:
        raise ClusterError(f"{name} has {package} {theirs}, and here it is {ours}; give both the same")


def check(workers: list[Found]) -> None:
    """Refused where one of the workers cannot take part."""
    for one in workers:
        if one["lacks"]:
            raise ClusterError(f"a worker on {one['host']} cannot do the tasks ({one['lacks'][0]}); install that there")
        if one["unreachable"]:
            here = "BIND=0.0.0.0 ADDRESS=<this machine's address>"
            raise ClusterError(f"{one['host']} cannot reach the latency server ({one['unreachable']}); add {here}")


def trip_s(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def clocks_apart_s(workers: Workers) -> float:
    """How far a clock of the workers is off ours for certain: it was asked within two looks at our own."""
    before = time.time()
    theirs = workers.everywhere(time.time)
    after = time.time()
    return max((max(before - one, one - after, 0.0) for one in theirs), default=0.0)


def describe(address: str, modules: list[str], url: str) -> Found:
    """What is recorded of a cluster. Refused."""
    model = speaker(address)
    with {"dask": dask_workers, "ray": ray_workers}[model](address) as workers:
        found = workers.everywhere(of_worker, modules, url)
        check(found)
        if (apart_s := clocks_apart_s(workers)) > CLOCKS_APART_S:
            raise ClusterError(f"a clock of its machines is {apart_s:.1f} s off ours; let all keep the same time")
        trips_s = [trip_s(workers.trip) for _ in range(TRIPS)]
    return {
        "address": address,
        "model": model,
        "version": workers.version,
        "workers": workers.places,
        "hosts": sorted({one["host"] for one in found}),
        "pythons": sorted({one["python"] for one in found}),
        "round_trip_seconds": median(trips_s),
        "clocks_apart_seconds": apart_s,
    }


def ask(address: str, modules: list[str], url: str = "") -> Found:
    """What `describe` finds, from an interpreter of its own. Refused, also where nobody answers in time."""
    knock(address)
    command = [sys.executable, "-m", "benchmarks.metadata.cluster", address, url, *modules]
    environment = os.environ | {VARIABLE: address}
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, timeout=ALL_S
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"it has not said what it is after {ALL_S:g} s; look at its log") from None
    if done.returncode:
        raise ClusterError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def knock(address: str) -> None:
    """Refused where nobody listens at an address that has a port."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        if parts.hostname and parts.port:
            socket.create_connection((parts.hostname, parts.port), ANSWER_S).close()
    except ValueError as problem:
        raise ClusterError(f"that is no address ({problem}); write it like tcp://192.168.1.5:8786") from None
    except OSError as problem:
        raise ClusterError(
            f"nobody answers there ({problem.strerror or problem}); start it, or leave CLUSTER out"
        ) from None


def main() -> None:
    """Print what the cluster is, or in one line why it cannot be said."""
    address, url, *modules = sys.argv[1:]
    try:
        print(json.dumps(describe(address, modules, url)))
    except Exception as problem:
        sys.exit(" ".join(str(problem).split()) or type(problem).__name__)


if __name__ == "__main__":
    main()
