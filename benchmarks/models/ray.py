"""Ray: a pool of actors, processes that keep a client, in a cluster of its own unless CLUSTER names another.

Each actor is in the pool twice: its next task is there when it ends one. A lost one starts again, and so do its tasks.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.models import Run
from benchmarks.models._cluster import ray_cluster
from benchmarks.models._subprocess import lost
from benchmarks.workloads import Workload

NEEDS = {"workers": "processes", "package": "ray", "needs_subprocess": True, "no_wheel_from": (3, 14)}  # as of 2.60


class Place:
    """A process with a client of its own."""

    def __init__(self, workload: Workload) -> None:
        self.workload, self.clients = workload, ExitStack()
        self.client = self.clients.enter_context(workload.client())

    def perform(self, task: int) -> tuple[int, object]:
        """Do one task."""
        return task, self.workload.perform(self.client, task)

    def leave(self) -> bool:
        """Close the client; whether an earlier process of this actor was lost."""
        from ray import get_runtime_context

        self.clients.close()
        return bool(get_runtime_context().was_current_actor_reconstructed)


@contextmanager
def ray(workload: Workload, concurrency: int) -> Iterator[Run]:
    """Give the tasks to a pool of `concurrency` actors."""
    with ray_cluster(concurrency) as cluster:

        def run(tasks: list[int]) -> list[object]:
            answers = dict(pool.map_unordered(lambda place, task: place.perform.remote(task), tasks))
            return [answers[task] for task in tasks]

        actor = cluster.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(Place)
        places = [actor.remote(workload) for _ in range(concurrency)]
        cluster.get([place.__ray_ready__.remote() for place in places])
        pool = cluster.util.ActorPool(places * 2)
        yield run
        lost.extend(str(place) for place in places if cluster.get(place.leave.remote()))
