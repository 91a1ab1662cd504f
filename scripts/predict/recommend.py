"""Which model at which concurrency: predictions for described work, the best option, and when another wins.

A model is advised with the fewest places that come within ENOUGH of its best time: more of them gain nothing and cost
memory, and the other side's patience. Nothing is advised beyond what was measured: no more places than the run that
the costs are from had of that model. Among models within MARGIN of the quickest the simplest is advised.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any, NamedTuple

import numpy as np

from benchmarks.models import needs
from scripts.analysis.conclusions import within_margin
from scripts.predict.cost_model import Fit
from scripts.predict.equation import CORES, LOOP, Times, Work, floor_s, times
from scripts.predict.laws import law, predictable
from scripts.stats.intervals import FloatArray

ENOUGH = 1.02  # times a model's best: A/A controls were farther apart
FACTORS = np.geomspace(1, 100, 81)[1:]  # how far to look for where another model would win: steps of 6 %
MOST = {"tasks": 1e6, "cpu_s": 1e3, "wait_s": 1e3}  # more than anybody means: no turning point lies there
AXES = ("cpu_s", "wait_s", "tasks")  # along which


@dataclass(frozen=True)
class Source:
    """A source of costs: a fit, its errors, what was measured with each model, and its name."""

    name: str
    fit: Fit
    widths: Mapping[str, float]  # logs, either way
    reach: Mapping[str, int]  # most places measured
    place_bytes: Mapping[str, float]  # memory of one place, or of one task of a loop; missing where not measured


@dataclass(frozen=True)
class Task:
    """One task of a form: its waiting, computing and opening times in seconds."""

    wait_s: float
    cpu_s: float
    open_s: float = 0.0  # opening a client, once for each place


class Anchor(NamedTuple):
    """The measured over the predicted time of a model with the user's own work: of the start, and of the run."""

    start: float
    run: float


@dataclass(frozen=True)
class Question:
    """The work, and the resources for it."""

    tasks: int
    forms: Mapping[str, Task]  # by form: blocking, asyncio
    gil_share: float  # of the computing, what holds the GIL
    capacity: float  # cores' worth of work
    memory_bytes: float
    at_once: int | None = None  # the most concurrent requests that the other side allows
    task_bytes: float = 0.0  # memory of a task in flight
    anchors: Mapping[str, Anchor] = field(default_factory=dict)  # of models that were measured with this work
    reach: Mapping[str, int] = field(default_factory=dict)  # … and the most places it was measured with
    unfit: Collection[str] = ()  # models that cannot do it

    def with_changes(self, **changes: Any) -> "Question":
        """The question with the changes that are not None; `wait_s` and `cpu_s` change in every form."""
        changed = {name: value for name, value in changes.items() if value is not None}
        of_task = {name: changed.pop(name) for name in ("wait_s", "cpu_s") if name in changed}
        return replace(self, forms={form: replace(task, **of_task) for form, task in self.forms.items()}, **changed)

    def work(self, model: str) -> Work:
        """The work as a model runs it: in the form that the model needs."""
        task = self.forms[needs(model).form]
        return Work(self.tasks, task.wait_s, task.cpu_s, self.gil_share, task.open_s)

    @property
    def hardest(self) -> Task:
        """The task of the blocking form, or of the only form."""
        return self.forms.get("blocking") or next(iter(self.forms.values()))


@dataclass(frozen=True)
class Option:
    """The predicted time of one model at one concurrency, with a 90 % interval, and its costs."""

    model: str
    concurrency: int
    seconds: float
    low: float
    high: float
    cpu_s: float
    memory_bytes: float
    bound_by: str


@dataclass(frozen=True)
class Advice:
    """The options, the quickest first; the one to take; and the ideal time on this machine.

    That is with as many tasks at once as the other side allows, on all cores, whatever the options go to.
    """

    options: list[Option]
    best: Option
    floor_s: float

    @property
    def no_difference(self) -> list[Option]:
        """The other options with nearly the same time."""
        least_s = self.options[0].seconds
        return [one for one in self.options if one is not self.best and within_margin(least_s, one.seconds)]

    @property
    def slower(self) -> list[Option]:
        """The options that take longer than the one to take, the quickest first."""
        as_good = [self.best, *self.no_difference]
        return [option for option in self.options if option not in as_good]

    @property
    def runner_up(self) -> Option | None:
        """The quickest of them; None where none does."""
        return next(iter(self.slower), None)


def advise(question: Question, source: Source) -> Advice | None:
    """The advice; None where no model can do the work."""
    possible = [option for model in source.fit.models if (option := best_option(question, source, model))]
    if not possible:
        return None
    options = sorted(possible, key=lambda option: option.seconds)
    as_good = {one.model: one for one in options if within_margin(options[0].seconds, one.seconds)}
    best = next(as_good[model] for model in predictable() if model in as_good)
    task = question.hardest
    work = Work(question.tasks, task.wait_s, task.cpu_s)
    most = question.at_once or question.tasks
    return Advice(options, best, float(floor_s(work, most, question.capacity)))


def best_option(question: Question, source: Source, model: str) -> Option | None:
    """The fewest places with which this model comes close to its best; None where it cannot do the work at all."""
    if needs(model).form not in question.forms or model not in source.widths or model in question.unfit:
        return None
    possible = np.array(concurrencies(question, source, model), dtype=np.float64)
    possible = possible[memory(question, source, model, possible) <= question.memory_bytes]
    if not possible.size:
        return None
    seconds = predicted_times(question, source, model, possible).seconds
    return option(question, source, model, possible[int(np.argmax(seconds <= seconds.min() * ENOUGH))])


def concurrencies(question: Question, source: Source, model: str) -> list[int]:
    """The concurrencies to choose from, the fewest first."""
    if model == "sequential":
        return [1]
    reach = question.reach.get(model, source.reach[model])
    most = min(question.tasks, reach, question.at_once or question.tasks)
    grid = {round(size) for size in np.geomspace(1, most, 60)} | {round(question.capacity), most}
    return sorted(size for size in grid if 1 <= size <= most)


def memory(question: Question, source: Source, model: str, size: FloatArray) -> FloatArray:
    """Bytes for each number of places in `size`, without the program; a loop holds a coroutine for every task."""
    units = question.tasks if law(model) == LOOP else size
    return np.asarray(source.place_bytes.get(model, 0.0) * units + question.task_bytes * size)


def predicted_times(question: Question, source: Source, model: str, size: FloatArray) -> Times:
    """The prediction for each number of places in `size`; where this work was measured, scaled to that measurement.

    A scaled time is at least the ideal time.
    """
    work = question.work(model)
    predicted = times(law(model), work, size, source.fit.of(model), question.capacity)
    if anchor := question.anchors.get(model):
        least_s = floor_s(work, 1 if model == "sequential" else size, question.capacity)
        return Times(predicted.start_s * anchor.start, np.maximum(predicted.bounds_s * anchor.run, least_s))
    return predicted


def option(question: Question, source: Source, model: str, size: FloatArray) -> Option:
    """The option of a model at a concurrency: its time, interval and costs."""
    predicted, off = predicted_times(question, source, model, size), exp(source.widths[model])
    seconds, memory_bytes = float(predicted.seconds), float(memory(question, source, model, size))
    cpu_s = total_cpu_s(question, source, model, float(size))
    bound_by = limiting_bound(predicted, question.work(model), int(size), question.capacity)
    return Option(model, int(size), seconds, seconds / off, seconds * off, cpu_s, memory_bytes, bound_by)


def limiting_bound(times: Times, work: Work, size: int, capacity: float) -> str:
    """The bound that limits the time."""
    longest = int(times.bounds_s.argmax(axis=0))
    if times.start_s > times.bounds_s[longest]:
        return "starting"
    cores = "one core" if size == 1 else "all cores" if size >= round(capacity) else f"{size} cores"
    return ("the waits" if work.wait_s > work.cpu_s else cores, "one core", "all cores")[longest]


def total_cpu_s(question: Question, source: Source, model: str, size: float) -> float:
    """CPU seconds: the tasks, handing them over, starting; processes start on all cores at once."""
    work, costs = question.work(model), source.fit.of(model)
    starting = question.capacity if law(model) == CORES else 1.0
    opening_s = size * (costs.place_s * starting + work.open_s)
    return float(costs.start_s + opening_s + question.tasks * (work.cpu_s + costs.task_s))


def turning_points(question: Question, source: Source, winner: str, other: str) -> Iterator[tuple[str, float]]:
    """Along each axis the nearest value from which on the other option would be quicker, all else being equal."""
    for axis in AXES:
        candidates = (axis_value(question, axis) * factor**way for factor in FACTORS for way in (1, -1))
        candidates = (value for value in candidates if value <= MOST[axis])
        values = (max(1, round(value)) if axis == "tasks" else value for value in candidates)
        turned = (value for value in values if is_faster(question.with_changes(**{axis: value}), source, winner, other))
        if (value := next(turned, None)) is not None:
            yield axis, value


def is_faster(question: Question, source: Source, winner: str, other: str) -> bool:
    """Whether the other option would be quicker."""
    first, second = (best_option(question, source, model) for model in (winner, other))
    return bool(second and (first is None or second.seconds < first.seconds))


def axis_value(question: Question, axis: str) -> float:
    """The question's value along an axis: the number of tasks, or seconds of the hardest task."""
    return float(question.tasks if axis == "tasks" else getattr(question.hardest, axis))
