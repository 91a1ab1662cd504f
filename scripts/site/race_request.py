"""The request for a race: a visitor's message is validated here, and refused with a sentence that says why."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.machine.capacity import usable_cores
from benchmarks.models import needs, without_cluster
from benchmarks.workloads import Capacity
from benchmarks.workloads.mixed import Mixed
from scripts.analysis.model_order import order
from scripts.charts.lib.theme import CLASSICAL
from scripts.site.runner import LaneSpec

MAX_CONCURRENCY = 500
MAX_PROCESSES = 32  # some 10 MB and a hundredth of a second of one core each, before they do anything
MAX_COMPUTING_MS = 100  # a task; larger numbers are harder to test, so that longer ones take longer than they say
MAX_RACE_S = 120.0  # the longest expected race: an audience has left by then
# The models that can fetch and compute, in the order in which they run, and why some of them are unavailable here.
# Dask and Ray are left out: they start clusters.
MODELS = tuple(sorted((name for name in without_cluster() if needs(name).fits(Mixed(), MAX_CONCURRENCY, 1)), key=order))
UNAVAILABLE = {name: reason for name in MODELS if (reason := needs(name).unavailable_reason())}


@dataclass(frozen=True)
class Limit:
    """A number that a visitor chooses: its name and label, its range, its default, its meaning."""

    name: str
    label: str
    minimum: int
    maximum: int
    default: int
    meaning: str

    def read(self, value: Any) -> int:
        """The value as a number within the range; ValueError."""
        try:
            number = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value)[:20])
            if self.minimum <= number <= self.maximum:
                return number
        except ValueError:
            pass
        request = f"{self.label} cannot be {str(value)!r:.24}"
        raise ValueError(f"{request}: ask for a whole number from {self.minimum:,} to {self.maximum:,}.")


LIMITS = (
    Limit("tasks", "Tasks", 1, 1000, 100, "in each lane"),
    Limit("delay_ms", "Delay", 0, 2000, 50, "ms that a task lasts"),
    Limit("concurrency", "Concurrency", 1, MAX_CONCURRENCY, 20, f"at once; processes up to {MAX_PROCESSES}"),
    Limit("cpu_percent", "CPU share", 0, 100, 0, "% of it that computes"),
)


def presets() -> dict[str, dict[str, int]]:
    """Instructive requests, named by what their tasks do."""
    return {
        "waiting": {"tasks": 100, "delay_ms": 50, "concurrency": 20, "cpu_percent": 0},
        "mixed": {"tasks": 100, "delay_ms": 50, "concurrency": 20, "cpu_percent": 20},
        "computing": {"tasks": 40, "delay_ms": 50, "concurrency": usable_cores(), "cpu_percent": 100},
    }


@dataclass(frozen=True)
class RaceRequest:
    """A race that may be run: the tasks, the concurrency, the models."""

    tasks: int
    delay_ms: int
    concurrency: int
    cpu_percent: int
    models: tuple[str, ...]
    together: bool = False

    @classmethod
    def read(cls, message: dict[str, Any]) -> Self:
        """The request in a message; ValueError says what is wrong with it and what would be right."""
        numbers = {limit.name: limit.read(message.get(limit.name, limit.default)) for limit in LIMITS}
        models = read_models(message.get("models", list(CLASSICAL)))
        request = cls(**numbers, models=models, together=message.get("together") is True)
        request.check()
        return request

    def check(self) -> None:
        """ValueError for what a model cannot do, and for what would take too long."""
        for model in self.models:
            self.check_fits(model)
        computing_ms = self.delay_ms * self.cpu_percent / 100
        if computing_ms > MAX_COMPUTING_MS:
            raise ValueError(
                f"Each task would compute for {computing_ms:.0f} ms: ask for at most {MAX_COMPUTING_MS} ms, "
                "by a shorter delay or a smaller CPU share."
            )
        if (expected_s := sum(map(self.expected_s, self.models))) > MAX_RACE_S:
            longest = max(self.models, key=self.expected_s)
            raise ValueError(
                f"This race would take about {expected_s:,.0f} s, {self.expected_s(longest):,.0f} s of it {longest}: "
                f"at most {MAX_RACE_S:.0f} s are possible. "
                f"Ask for fewer tasks or a shorter delay, or leave {longest} out."
            )

    def check_fits(self, model: str) -> None:
        """ValueError for a model below its smallest concurrency, and for an unbounded one with more tasks than that."""
        needed, places = needs(model), self.places(model)
        if places < needed.min_concurrency:
            raise ValueError(
                f"{model} needs a concurrency of at least {needed.min_concurrency}: raise it, or leave {model} out."
            )
        if not needed.fits(self.workload, places, self.tasks):
            raise ValueError(
                f"{model} starts all tasks at once: ask for as much concurrency as tasks, or leave it out."
            )

    def places(self, model: str) -> int:
        """How many tasks may be in flight under `model`."""
        return min(self.concurrency, MAX_PROCESSES) if needs(model).interpreter_per_worker else self.concurrency

    @property
    def workload(self) -> Mixed:
        """The workload, without the URL of its server."""
        return Mixed(self.cpu_percent / 100, self.delay_ms / 1000)

    def spec(self, model: str, url: str, numbers_per_s: float, path: Path) -> LaneSpec:
        """What the process of a lane has to run."""
        task_s, cpu_share = self.delay_ms / 1000, self.cpu_percent / 100
        return LaneSpec(model, self.tasks, self.places(model), task_s, cpu_share, url, numbers_per_s, str(path))

    def floor_s(self, model: str, capacity: Capacity) -> float:
        """The ideal time of a model's lane."""
        return self.workload.ideal_s(list(range(self.tasks)), self.places(model), capacity)

    def expected_s(self, model: str) -> float:
        """Roughly how long a lane takes on one core, with a millisecond of overhead a task."""
        places = 1 if model == "sequential" else self.places(model)
        return self.workload.ideal_s(list(range(self.tasks)), places, Capacity()) + self.tasks * 0.001


def read_models(value: Any) -> tuple[str, ...]:
    """Names of models, in the order in which they run; ValueError."""
    if not isinstance(value, list) or not value:
        raise ValueError("Choose at least one model.")
    if unknown := list(unknown_models(value)):
        raise ValueError(f"No model is called {unknown[0]!r:.24}: there are {', '.join(MODELS)}.")
    chosen = tuple(name for name in MODELS if name in value)
    if unavailable := [f"{name} {UNAVAILABLE[name]}" for name in chosen if name in UNAVAILABLE]:
        raise ValueError(f"Not every model can run here: {'; '.join(unavailable)}.")
    return chosen


def unknown_models(names: list[Any]) -> Iterator[str]:
    """The names that belong to no model."""
    return (str(name) for name in names if name not in MODELS)
