"""Ray: a pool of actors, processes that keep a client, in a cluster of its own unless CLUSTER names another.

Each actor is in the pool twice, so that its next task has arrived when it ends one. A lost actor is started again, and
what it had not answered is done again. What Ray does is settled when it is imported, so that comes after the settings.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.apart import lost
from benchmarks.clusters import ray_cluster
from benchmarks.models import Run
from benchmarks.workloads import Workload

NEEDS = {"package": "ray", "apart": True}


class Place:
    """A process with a client of its own."""

    def __init__(self, workload: Workload) -> None:
        self.workload, self.clients = workload, ExitStack()
        self.client = self.clients.enter_context(workload.client())

    def perform(self, task: int) -> tuple[int, Any]:
        """Do one task."""
        return task, self.workload.perform(self.client, task)

    def process(self) -> int:
        """Which one this is: another, when the first was lost."""
        return os.getpid()

    def leave(self) -> None:
        """Close the client."""
        self.clients.close()


@contextmanager
def ray(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Give the tasks to a pool of `concurrency` actors."""
    with ray_cluster(concurrency) as cluster:
        from ray.util import ActorPool

        def run(tasks: list[int]) -> list[Any]:
            answers = dict(pool.map_unordered(lambda place, task: place.perform.remote(task), tasks))
            return [answers[task] for task in tasks]

        actor = cluster.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(Place)
        places = [actor.remote(workload) for _ in range(concurrency)]
        began = cluster.get([place.process.remote() for place in places])
        pool = ActorPool(places * 2)
        yield run
        lost.extend(set(began) - set(cluster.get([place.process.remote() for place in places])))
        cluster.get([place.leave.remote() for place in places])
