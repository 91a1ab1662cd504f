"""How long tasks take under a model, in one equation. N tasks, each waiting w and computing c seconds, C at once:

    T = S + n·(p + o) + max( W·(w + c + h) + (n − 1)·s      the waits: each place does W tasks, sequentially
                             w + N·s                        one core: what only one can do at a time
                             w + N·(c + h) / min(n, P) )    all cores

    n = min(N, C) places (`sequential` has one), W = ⌈N / n⌉ tasks for each of them, and s = g·c + h of each task on
    one core: g is the share of c that holds the GIL under threads, 1 in an event loop, 0 in processes.

The task says w, c, g and o, what opening a place's client costs; the machine says P, its parallel capacity; the model
costs S to start, p for each place, h to hand a task over. `scripts.predict.cost_model` fits these to the cells of a
run.

These are the asymptotic bounds of a closed queueing network (Denning & Buzen, "The operational analysis of queueing
network models", ACM Comput. Surv. 10, 1978): the utilisation law, U = X·s ≤ 1, gives the second and third line, and
Little's law, n = X·(w + c + h), the first. (n − 1)·s is the burst in which n tasks that begin together are served by
one core. Rejected: mean value analysis, which needs exponential times where these are all alike, and a simulation,
which cannot be read off.
"""

from dataclasses import dataclass

import numpy as np

from scripts.stats.intervals import FloatArray

Figures = float | FloatArray  # one, or an array of them

ALONE, GIL, LOOP, CORES = "alone", "gil", "loop", "cores"  # what a model's tasks share


@dataclass(frozen=True)
class Work:
    """The work; numbers, or arrays of one shape."""

    tasks: Figures
    wait_s: Figures
    cpu_s: Figures
    gil_share: Figures = 1.0  # of the computing: what of it holds the GIL
    open_s: Figures = 0.0  # CPU that opening a client costs, once for each place


@dataclass(frozen=True)
class Costs:
    """The costs of a model in seconds: once, for each place, for each task."""

    start_s: Figures
    place_s: Figures
    task_s: Figures


@dataclass(frozen=True)
class Times:
    """The parts of a prediction in seconds: the start, and the three bounds: the places, one core, all cores."""

    start_s: FloatArray
    bounds_s: FloatArray

    @property
    def seconds(self) -> FloatArray:
        """Start, run and stop together, in seconds."""
        return np.asarray(self.start_s + self.bounds_s.max(axis=0))


def in_flight(law: str, tasks: Figures, concurrency: Figures) -> FloatArray:
    """The number of tasks in flight at the same time, of the shape of the arguments."""
    return np.asarray(np.minimum(tasks, 1.0 if law == ALONE else concurrency))


def times(law: str, work: Work, concurrency: Figures, costs: Costs, capacity: Figures) -> Times:
    """The equation, for one model or several of one law: all arguments are numbers, or arrays of one shape."""
    count, wait_s, cpu_s, task_s = work.tasks, work.wait_s, work.cpu_s, costs.task_s
    n = in_flight(law, count, concurrency)
    serial_share = {ALONE: 1.0, GIL: work.gil_share, LOOP: 1.0, CORES: 0.0}[law]
    one_core_s = serial_share * cpu_s + task_s
    cores = np.minimum(n, capacity)
    opened_s = work.open_s / (cores if law == CORES else 1)
    start_s = np.asarray(costs.start_s + n * (costs.place_s + opened_s))
    waits_s = np.ceil(count / n) * (wait_s + cpu_s + task_s) + (n - 1) * one_core_s
    busy_s = wait_s + count * one_core_s, wait_s + count * (cpu_s + task_s) / cores
    return Times(start_s, np.array(np.broadcast_arrays(waits_s, *busy_s)))


def floor_s(work: Work, concurrency: Figures, capacity: Figures) -> FloatArray:
    """The ideal time in seconds: the larger of the places' and the cores' bound, without any costs."""
    n = np.minimum(work.tasks, concurrency)
    waits_s = np.ceil(work.tasks / n) * (work.wait_s + work.cpu_s)
    return np.asarray(np.maximum(waits_s, work.tasks * work.cpu_s / np.minimum(n, capacity)))
