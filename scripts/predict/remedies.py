"""Remedies where no single pool or loop is enough: batches of tiny tasks, and an event loop on each core.

Both are put together from costs that were measured for something else, so they are named as remedies, never ranked
among the options, whose error is known.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from scripts.analysis.conclusions import within_margin
from scripts.predict.cost_model import Fit
from scripts.predict.equation import CORES, LOOP, Costs, Work, times
from scripts.predict.laws import law
from scripts.predict.recommend import Advice, Question, Source

BATCHES_A_WORKER = 4  # as multiprocessing.Pool.map divides its work: enough that no worker is left idle for long
SEVERAL_LOOPS = "loops_in_processes"


@dataclass(frozen=True)
class Remedy:
    """A remedy, its number of workers, and its estimated time."""

    description: str
    workers: int
    seconds: float

    def __str__(self) -> str:
        return self.description


def remedies(question: Question, source: Source, advice: Advice) -> Iterator[Remedy]:
    """The remedies that would be quicker than the best option by more than the margin."""
    candidates = [batches(question, source), several_loops(question, source)]
    best_s = advice.options[0].seconds
    yield from (one for one in candidates if one and one.seconds < best_s and not within_margin(best_s, one.seconds))


def batches(question: Question, source: Source) -> Remedy | None:
    """A process pool with one worker a core and many tasks in a batch; None where no process can do the work."""
    model = next((name for name in source.fit.models if law(name) == CORES and name in source.widths), None)
    if model is None or "blocking" not in question.forms or model in question.unfit:
        return None
    workers = max(1, min(round(question.capacity), question.at_once or question.tasks, question.tasks))
    size = math.ceil(question.tasks / (BATCHES_A_WORKER * workers))
    costs = source.fit.of(model)
    shared = replace(costs, task_s=np.asarray(costs.task_s) / size)
    predicted = times(CORES, question.work(model), float(workers), shared, question.capacity)
    return Remedy(f"{model} with {workers} workers, in batches (chunksize={size})", workers, float(predicted.seconds))


def several_loops(question: Question, source: Source) -> Remedy | None:
    """An event loop in each of as many processes as there are cores; None where nothing waits, or on one core."""
    workers = round(question.capacity)
    fit, loop = source.fit, "asyncio"
    pool = next((name for name in fit.models if law(name) == CORES), None)
    if workers < 2 or pool is None or loop not in fit.models or "asyncio" not in question.forms:
        return None
    work = question.work(loop)
    if not work.wait_s:
        return None
    share = replace(work, tasks=math.ceil(question.tasks / workers))
    most = min(question.tasks, source.reach[loop], question.at_once or question.tasks)
    each = times(LOOP, share, max(1.0, most / workers), loop_costs(fit, pool, loop, workers), 1.0)
    what = f"an event loop in each of {workers} processes ({SEVERAL_LOOPS})"
    return Remedy(what, workers, max(float(each.seconds), all_cores_s(work, fit, loop, question.capacity)))


def loop_costs(fit: Fit, pool: str, loop: str, workers: int) -> Costs:
    """The costs of a loop, which starts when its process has."""
    process, inner = fit.of(pool), fit.of(loop)
    started_s = np.asarray(process.start_s) + workers * np.asarray(process.place_s)
    return replace(inner, start_s=started_s + inner.start_s)


def all_cores_s(work: Work, fit: Fit, loop: str, capacity: float) -> float:
    """The time that all cores together need, after the first wait."""
    each_s = np.asarray(work.cpu_s) + fit.of(loop).task_s
    return float(np.asarray(work.wait_s) + work.tasks * each_s / capacity)
