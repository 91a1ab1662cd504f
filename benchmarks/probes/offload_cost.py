"""What does it cost to farm tasks out to a process pool, to Dask, to Ray, and how long must a task be for it to pay?

One pool or cluster of two workers is started, and does everything: a thousand tasks that do nothing (what is left is
the scheduler's cost of a task); pages that wait; prime numbers in tasks of 0.1 to 100 ms, beside the same tasks done
here one after another. Where that speed-up is above 1, farming out pays: read the crossing off the lengths.

And an image of 72 MB that every worker filters its own way, as in R. Nishihara, "10x Faster Parallel Python Without
Python Multiprocessing", benchmark 1: a pool pickles the image for each task, Ray puts it where all workers find it.

What you should see: a scheduler that can reach other machines costs a task several times what a pool does, so a task
must be the longer for a cluster to pay; from some length on all three are as good.
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
NOTHING, PAGES, FIRST_LENGTH = range(3)  # places of the dishes
NOTHINGS = 1_000  # ten thousand, in seconds, are a cell of `cluster`
PAGES_ASKED = 20
LENGTHS = {"100us": (100e-6, 200), "1ms": (1e-3, 200), "10ms": (10e-3, 30), "100ms": (100e-3, 6)}  # and how many
ROOM = 10_000  # numbers for the tasks of one dish
SIDE, CUT, EVERY = 3000, 4, 5
METRICS = (
    *("task_seconds", "start_seconds", "waiting_seconds", "computing_seconds", "parallel_speedup"),
    *(f"speedup_{length}" for length in LENGTHS),
    *("array_seconds", "workers_lost"),
)

pool: Any  # that of `filter_in_pool`, started before the clock runs

Filter = Callable[[np.ndarray, list[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True)
class Menu(Workload):
    """Several workloads at once: the number of a task says which, and which task of it."""

    name = "menu"
    dishes: tuple[Workload, ...] = ()

    def client(self) -> AbstractContextManager[Any]:
        """That of the pages; the others take no notice of it."""
        return self.dishes[PAGES].client()

    def order(self, dish: int, count: int) -> list[int]:
        """`count` tasks of one dish."""
        return [dish * ROOM + number for number in range(count)]

    def perform(self, client: Any, task: int) -> Any:
        """Do it."""
        return self.dishes[task // ROOM].perform(client, task % ROOM)

    def expected(self, task: int) -> Any:
        """The dish's."""
        return self.dishes[task // ROOM].expected(task % ROOM)


def menu(numbers_per_s: float, url: str) -> Menu:
    """Everything that is farmed out."""
    computing = (Primes(task_s=task_s, numbers_per_s=numbers_per_s) for task_s, _ in LENGTHS.values())
    return Menu((Nothing(), Wire(url=url), *computing))


def seconds(run: Run, workload: Workload, tasks: list[int]) -> float:
    """How long the tasks take. ValueError where an answer is wrong."""
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
    """How long it takes to filter an image in as many ways as there are workers, once they have warmed up."""
    cuts, took = [np.full((CUT, CUT), way + 1.0) for way in range(WORKERS)], list[float]()
    for _ in range(2):
        image = np.ones((SIDE, SIDE))
        began = perf_counter()
        found = filtered(image, cuts)
        took.append(perf_counter() - began)
        if [one[SIDE // EVERY // 2, CUT] for one in found] != [cut.sum() for cut in cuts]:
            raise ValueError("a filtered image is wrong")
    return took[-1]


def observed(name: str, workload: Menu) -> dict[str, float | None]:
    """Everything that is found of the model called `name`."""
    began = perf_counter()
    with getattr(import_module(f"benchmarks.models.{name}"), name)(workload, WORKERS) as run:
        run(workload.order(NOTHING, WORKERS))
        found: dict[str, float | None] = {"start_seconds": perf_counter() - began}
        found["task_seconds"] = seconds(run, workload, workload.order(NOTHING, NOTHINGS)) / NOTHINGS
        found["waiting_seconds"] = seconds(run, workload, workload.order(PAGES, PAGES_ASKED))
        for dish, (length, (_, count)) in enumerate(LENGTHS.items(), FIRST_LENGTH):
            tasks = workload.order(dish, count)
            alone_s = seconds(lambda tasks: [workload.perform(None, task) for task in tasks], workload, tasks)
            found["computing_seconds"] = together_s = seconds(run, workload, tasks)
            found[f"speedup_{length}"] = alone_s / together_s
        one_by_one_s = seconds(lambda tasks: [run([task])[0] for task in tasks], workload, tasks)
        found["parallel_speedup"] = one_by_one_s / together_s
        found["array_seconds"] = array_seconds(FILTERS[name]) if name in FILTERS else None
    return found | {"workers_lost": len(_subprocess.lost)}


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
    """Print what is found of the model that the command line names."""
    global pool
    name, numbers_per_s, url = sys.argv[1:]
    with get_context("forkserver").Pool(WORKERS) if name == "processes" else nullcontext() as pool:
        print(json.dumps(observed(name, menu(float(numbers_per_s), url))))
