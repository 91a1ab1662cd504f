"""What does it cost to offload tasks to a process pool, Dask or Ray, and from what task length does it pay?

One pool or cluster of two workers does everything: a thousand tasks that do nothing (the scheduler's cost per task);
pages that wait; primes in tasks of 0.1 to 100 ms, compared with the same tasks done sequentially here. Offloading pays
where that speed-up is above 1.

And an image of 72 MB that each worker filters in its own way, as in R. Nishihara, "10x Faster Parallel Python Without
Python Multiprocessing", benchmark 1: a pool pickles the image for each task, Ray puts it into shared memory.

What you should see: a scheduler that can reach other machines costs several times as much per task as a pool, so tasks
must be longer for a cluster to pay; above some length all three are equal.
"""

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.models import Run, _subprocess
from benchmarks.probes import Probe
from benchmarks.workloads import Workload
from benchmarks.workloads.noop import Nothing
from benchmarks.workloads.primes import Primes
from benchmarks.workloads.wire import Wire

WORKERS = 2
NOTHING, PAGES, FIRST_LENGTH = range(3)  # the kinds of task
NOTHINGS = 1_000  # the experiment `cluster` has ten thousand
PAGES_ASKED = 20
# seconds of a task, and how many tasks
LENGTHS = {"100us": (100e-6, 200), "1ms": (1e-3, 200), "10ms": (10e-3, 30), "100ms": (100e-3, 6)}
ROOM = 10_000  # task numbers for each kind
SIDE, CUT, EVERY = 3000, 4, 5
METRICS = (
    *("task_seconds", "start_seconds", "waiting_seconds", "computing_seconds", "parallel_speedup"),
    *(f"speedup_{length}" for length in LENGTHS),
    *("array_seconds", "workers_lost"),
)

pool: Any  # of `filter_in_pool`, started outside the clock

Filter = Callable[[np.ndarray, list[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True)
class Menu(Workload):
    """Several workloads in one: the number of a task says which workload, and which task of it."""

    name = "menu"
    workloads: tuple[Workload, ...] = ()

    def client(self) -> AbstractContextManager[Any]:
        """The client of the pages; the other workloads ignore it."""
        return self.workloads[PAGES].client()

    def order(self, kind: int, count: int) -> list[int]:
        """`count` tasks of one kind."""
        return [kind * ROOM + number for number in range(count)]

    def perform(self, client: Any, task: int) -> Any:
        """Do one task of its workload."""
        return self.workloads[task // ROOM].perform(client, task % ROOM)

    def expected(self, task: int) -> Any:
        """The answer of its workload."""
        return self.workloads[task // ROOM].expected(task % ROOM)


def menu(numbers_per_s: float, url: str) -> Menu:
    """All workloads that are offloaded."""
    computing = (Primes(task_s=task_s, numbers_per_s=numbers_per_s) for task_s, _ in LENGTHS.values())
    return Menu((Nothing(), Wire(url=url), *computing))


def seconds(run: Run, workload: Workload, tasks: list[int]) -> float:
    """Duration of the tasks in seconds. ValueError if an answer is wrong."""
    expected = [workload.expected(task) for task in tasks]
    began = perf_counter()
    answers = run(tasks)
    took_s = perf_counter() - began
    if answers != expected:
        raise ValueError("a task got a wrong answer")
    return took_s


def convolve(image: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Filter the image, and keep every fifth pixel of every fifth line."""
    from scipy.signal import convolve2d

    return np.asarray(convolve2d(image, cut)[::EVERY, ::EVERY])


def filter_in_pool(image: np.ndarray, cuts: list[np.ndarray]) -> list[np.ndarray]:
    """Send the image with each task."""
    return list(pool.starmap(convolve, [(image, cut) for cut in cuts]))


def filter_in_ray(image: np.ndarray, cuts: list[np.ndarray]) -> list[np.ndarray]:
    """Put the image into the store, which all workers of a machine read."""
    import ray

    task, stored = ray.remote(num_cpus=0)(convolve), ray.put(image)
    return list(ray.get([task.remote(stored, cut) for cut in cuts]))


FILTERS: dict[str, Filter] = {"processes": filter_in_pool, "ray": filter_in_ray}


def array_seconds(filtered: Filter) -> float:
    """Seconds to filter an image in one way per worker, after a warm-up."""
    cuts, took = [np.full((CUT, CUT), way + 1.0) for way in range(WORKERS)], list[float]()
    for _ in range(2):
        image = np.ones((SIDE, SIDE))
        began = perf_counter()
        images = filtered(image, cuts)
        took.append(perf_counter() - began)
        if [one[SIDE // EVERY // 2, CUT] for one in images] != [cut.sum() for cut in cuts]:
            raise ValueError("a filtered image is wrong")
    return took[-1]


def observed(name: str, workload: Menu) -> dict[str, float | None]:
    """All metrics of a model."""
    began = perf_counter()
    with getattr(import_module(f"benchmarks.models.{name}"), name)(workload, WORKERS) as run:
        run(workload.order(NOTHING, WORKERS))
        metrics: dict[str, float | None] = {"start_seconds": perf_counter() - began}
        metrics["task_seconds"] = seconds(run, workload, workload.order(NOTHING, NOTHINGS)) / NOTHINGS
        metrics["waiting_seconds"] = seconds(run, workload, workload.order(PAGES, PAGES_ASKED))
        for kind, (length, (_, count)) in enumerate(LENGTHS.items(), FIRST_LENGTH):
            tasks = workload.order(kind, count)
            alone_s = seconds(lambda tasks: [workload.perform(None, task) for task in tasks], workload, tasks)
            metrics["computing_seconds"] = together_s = seconds(run, workload, tasks)
            metrics[f"speedup_{length}"] = alone_s / together_s
        one_by_one_s = seconds(lambda tasks: [run([task])[0] for task in tasks], workload, tasks)
        metrics["parallel_speedup"] = one_by_one_s / together_s
        metrics["array_seconds"] = array_seconds(FILTERS[name]) if name in FILTERS else None
    return metrics | {"workers_lost": len(_subprocess.lost)}


PROBES = (
    Probe(
        ["processes", "dask", "ray"],
        METRICS,
        concurrency=(WORKERS,),
        tasks=NOTHINGS,
        arguments=("model", "numbers_per_s", "url"),
    ),
)


def main() -> None:
    """Print the metrics of the model that the command line names."""
    global pool
    name, numbers_per_s, url = sys.argv[1:]
    with get_context("forkserver").Pool(WORKERS) if name == "processes" else nullcontext() as pool:
        print(json.dumps(observed(name, menu(float(numbers_per_s), url))))
