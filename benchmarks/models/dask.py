"""Dask: `Client.map` over the worker processes of a cluster, its own on this machine unless CLUSTER names another.

A worker does one task at a time, with a client that a plugin opens and closes. What a lost one had to do, others do.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from distributed import Client, Worker, WorkerPlugin, get_worker

from benchmarks.models import Run
from benchmarks.models._cluster import dask_cluster
from benchmarks.models._subprocess import lost
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes", "package": "distributed", "needs_subprocess": True}


class Place(WorkerPlugin):
    """What a worker needs for the workload."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload

    def setup(self, worker: Worker) -> None:
        """Open a client."""
        self.clients = ExitStack()
        self.client = self.clients.enter_context(self.workload.client())

    def teardown(self, worker: Worker) -> None:
        """Close it."""
        self.clients.close()


def perform(task: int) -> Any:
    """Do one task with the worker's client."""
    place: Any = get_worker().plugins["place"]
    return place.workload.perform(place.client, task)


@contextmanager
def dask(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Map the tasks over `concurrency` workers."""
    with dask_cluster(concurrency) as address, Client(address) as client:
        workers = sorted(client.nthreads())[:concurrency]
        client.register_plugin(Place(workload), "place")
        yield lambda tasks: client.gather(client.map(perform, tasks, workers=workers, pure=False))
        lost.extend(set(workers) - set(client.nthreads()))
        client.unregister_worker_plugin("place")
