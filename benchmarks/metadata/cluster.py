"""An existing cluster: `python -m benchmarks.metadata.cluster ADDRESS` prints its size, versions and round-trip time.

It runs in an interpreter of its own: a library that cannot reach its cluster blocks for long, and must not be loaded in
the measuring process. Whatever makes measuring impossible is reported here, before anything is timed.
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

ANSWER_S = 10.0  # for the first answer, and to reach the server
ALL_S = 90.0  # in all: Ray unpacks our code on each machine first
TRIPS = 20

Description = dict[str, Any]


class ClusterError(Exception):
    """Why a cluster is unusable, and what to do about it."""


@dataclass(frozen=True)
class Workers:
    """A connected cluster."""

    version: str
    places: int  # tasks that run at the same time
    everywhere: Callable[..., list[Any]]  # calls a function in each worker, or on each machine
    trip: Callable[[], object]  # one round trip to a worker


@contextmanager
def dask_workers(address: str) -> Iterator[Workers]:
    """Connect to a Dask cluster. ClusterError before our code is sent to another Python version."""
    from distributed import Client

    with Client(address, timeout=ANSWER_S, set_as_default=False) as client:
        versions, threads = client.get_versions(), client.nthreads()
        if not threads:
            raise ClusterError("it has no worker; start one with: dask worker ADDRESS --nthreads 1")
        for name, one in {"its scheduler": versions["scheduler"], **versions["workers"]}.items():
            for package in ("python", "distributed"):
                check_version(name, package, one["packages"][package], versions["client"]["packages"][package])
        if several := [name for name, count in threads.items() if count > 1]:
            raise ClusterError(f"{several[0]} does {threads[several[0]]} tasks at once; start it with --nthreads 1")
        with code_of_dask(address) as code:

            def everywhere(call: Callable[..., Any], *args: Any) -> list[Any]:
                return list(client.run(call, *args).values())

            imported = [client.run_on_scheduler(imported_from), *everywhere(imported_from)]
            if stale := [file for file in imported if code not in file]:
                raise ClusterError(f"another version of Overlap is in its memory ({stale[0]}); restart the cluster")
            yield Workers(
                versions["client"]["packages"]["distributed"],
                len(threads),
                everywhere,
                lambda: client.run(int, workers=[min(threads)]),
            )


@contextmanager
def ray_workers(address: str) -> Iterator[Workers]:
    """Connect to a Ray cluster, with one worker on each machine; Ray itself refuses other versions."""
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
    """The file from which a worker imports our code."""
    return str(import_module("benchmarks.workloads").__file__)


def of_worker(modules: list[str], url: str) -> Description:
    """Run by a worker: its host, its Python, and why it cannot take part."""
    failures = [failure for module in modules if (failure := error_of(partial(import_module, module)))]
    unreachable = error_of(lambda: urlopen(f"{url}/stats", timeout=ANSWER_S).close()) if url else ""
    return {"host": socket.gethostname(), "python": python_version(), "failures": failures, "unreachable": unreachable}


def error_of(call: Callable[[], object]) -> str:
    """The exception that a call raises, in words; empty if it succeeds."""
    try:
        call()
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def check_version(name: str, package: str, theirs: str, ours: str) -> None:
    """ClusterError if their version is incompatible with ours."""
    parts = 2 if package == "python" else None
    if theirs.split(".")[:parts] != ours.split(".")[:parts]:
        raise ClusterError(f"{name} has {package} {theirs}, and here it is {ours}; give both the same")


def check(workers: list[Description]) -> None:
    """ClusterError if a worker cannot take part."""
    for one in workers:
        if one["failures"]:
            raise ClusterError(
                f"a worker on {one['host']} cannot do the tasks ({one['failures'][0]}); install that there"
            )
        if one["unreachable"]:
            here = "BIND=0.0.0.0 ADDRESS=<this machine's address>"
            raise ClusterError(f"{one['host']} cannot reach the latency server ({one['unreachable']}); add {here}")


def trip_s(call: Callable[[], object]) -> float:
    """Duration of a call in seconds."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def clocks_apart_s(workers: Workers) -> float:
    """The smallest possible difference between a worker's clock and ours, in seconds."""
    before = time.time()
    theirs = workers.everywhere(time.time)
    after = time.time()
    return max((max(before - one, one - after, 0.0) for one in theirs), default=0.0)


def describe(address: str, modules: list[str], url: str) -> Description:
    """What a run records about a cluster. ClusterError."""
    model = speaker(address)
    with {"dask": dask_workers, "ray": ray_workers}[model](address) as workers:
        answers = workers.everywhere(of_worker, modules, url)
        check(answers)
        if (apart_s := clocks_apart_s(workers)) > CLOCKS_APART_S:
            raise ClusterError(f"a clock of its machines is {apart_s:.1f} s off ours; let all keep the same time")
        trips_s = [trip_s(workers.trip) for _ in range(TRIPS)]
    return {
        "address": address,
        "model": model,
        "version": workers.version,
        "workers": workers.places,
        "hosts": sorted({one["host"] for one in answers}),
        "pythons": sorted({one["python"] for one in answers}),
        "round_trip_seconds": median(trips_s),
        "clocks_apart_seconds": apart_s,
    }


def ask(address: str, modules: list[str], url: str = "") -> Description:
    """The result of `describe` in an interpreter of its own. ClusterError, also if the cluster does not answer."""
    check_address(address)
    command = [sys.executable, "-m", "benchmarks.metadata.cluster", address, url, *modules]
    environment = os.environ | {VARIABLE: address}
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, timeout=ALL_S
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"it has not answered within {ALL_S:g} s; look at its log") from None
    if done.returncode:
        raise ClusterError((done.stderr.strip().splitlines() or ["no error message"])[-1])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def check_address(address: str) -> None:
    """ClusterError if nothing listens at the address."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        if parts.hostname and parts.port:
            socket.create_connection((parts.hostname, parts.port), ANSWER_S).close()
    except ValueError as problem:
        raise ClusterError(f"that is no address ({problem}); write it like tcp://192.168.1.5:8786") from None
    except OSError as problem:
        raise ClusterError(
            f"nothing answers there ({problem.strerror or problem}); start it, or leave CLUSTER out"
        ) from None


def main() -> None:
    """Print the description of the cluster, or exit with the error in one line."""
    address, url, *modules = sys.argv[1:]
    try:
        print(json.dumps(describe(address, modules, url)))
    except Exception as problem:
        sys.exit(" ".join(str(problem).split()) or type(problem).__name__)


if __name__ == "__main__":
    main()
