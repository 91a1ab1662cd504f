"""What a visitor may ask for: everything is read here, whoever wrote it, and refused with a sentence that says why."""

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
from scripts.site.runner import Order

MOST_CONCURRENCY = 500
MOST_PROCESSES = 32  # some 10 MB and a hundredth of a second of one core each, before they do anything
MOST_COMPUTING_MS = 100  # a task; larger numbers are harder to test, so that longer ones take longer than they say
MOST_S = 120.0  # that all lanes of a race may be expected to take: an audience has left by then
# Who can fetch and compute, in the order in which they run; and what keeps some of them from running here.
# Dask and Ray start clusters, which is no race.
MODELS = tuple(
    sorted((name for name in without_cluster() if needs(name).fits(Mixed(), MOST_CONCURRENCY, 1)), key=order)
)
MISSING = {name: reason for name in MODELS if (reason := needs(name).unavailable_reason())}


@dataclass(frozen=True)
class Limit:
    """A number that a visitor chooses: its name and label, its range, what it usually is, what it means."""

    name: str
    label: str
    least: int
    most: int
    usual: int
    meaning: str

    def read(self, value: Any) -> int:
        """The value as a number within the range; ValueError."""
        try:
            number = value if isinstance(value, int) and not isinstance(value, bool) else int(str(value)[:20])
            if self.least <= number <= self.most:
                return number
        except ValueError:
            pass
        asked = f"{self.label} cannot be {str(value)!r:.24}"
        raise ValueError(f"{asked}: ask for a whole number from {self.least:,} to {self.most:,}.")


LIMITS = (
    Limit("tasks", "Tasks", 1, 1000, 100, "in each lane"),
    Limit("delay_ms", "Delay", 0, 2000, 50, "ms that a task lasts"),
    Limit("concurrency", "Concurrency", 1, MOST_CONCURRENCY, 20, f"at once; processes up to {MOST_PROCESSES}"),
    Limit("cpu_percent", "CPU share", 0, 100, 0, "% of it that computes"),
)


def presets() -> dict[str, dict[str, int]]:
    """Work that shows something, by what it does most of the time."""
    return {
        "waiting": {"tasks": 100, "delay_ms": 50, "concurrency": 20, "cpu_percent": 0},
        "mixed": {"tasks": 100, "delay_ms": 50, "concurrency": 20, "cpu_percent": 20},
        "computing": {"tasks": 40, "delay_ms": 50, "concurrency": usable_cores(), "cpu_percent": 100},
    }


@dataclass(frozen=True)
class Ask:
    """A race that may be run."""

    tasks: int
    delay_ms: int
    concurrency: int
    cpu_percent: int
    models: tuple[str, ...]
    together: bool = False

    @classmethod
    def read(cls, message: dict[str, Any]) -> Self:
        """What a message asks for; ValueError says what is wrong with it and what would be right."""
        numbers = {limit.name: limit.read(message.get(limit.name, limit.usual)) for limit in LIMITS}
        models = read_models(message.get("models", list(CLASSICAL)))
        asked = cls(**numbers, models=models, together=message.get("together") is True)
        asked.check()
        return asked

    def check(self) -> None:
        """Refuse what a model cannot do, and what would take too long."""
        for model in self.models:
            self.check_fits(model)
        computing_ms = self.delay_ms * self.cpu_percent / 100
        if computing_ms > MOST_COMPUTING_MS:
            raise ValueError(
                f"Each task would compute for {computing_ms:.0f} ms: ask for at most {MOST_COMPUTING_MS} ms, "
                "by a shorter delay or a smaller CPU share."
            )
        if (expected_s := sum(map(self.expected_s, self.models))) > MOST_S:
            longest = max(self.models, key=self.expected_s)
            raise ValueError(
                f"This race would take about {expected_s:,.0f} s, {self.expected_s(longest):,.0f} s of it {longest}: "
                f"at most {MOST_S:.0f} s are possible. Ask for fewer tasks or a shorter delay, or leave {longest} out."
            )

    def check_fits(self, model: str) -> None:
        """Refuse a model that would be another one, or keep to no concurrency, with such numbers."""
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
        return min(self.concurrency, MOST_PROCESSES) if needs(model).interpreter_per_worker else self.concurrency

    @property
    def workload(self) -> Mixed:
        """What a task is, but for where it is fetched."""
        return Mixed(self.cpu_percent / 100, self.delay_ms / 1000)

    def order(self, model: str, url: str, numbers_per_s: float, path: Path) -> Order:
        """What the runner of a lane is told."""
        task_s, cpu_share = self.delay_ms / 1000, self.cpu_percent / 100
        return Order(model, self.tasks, self.places(model), task_s, cpu_share, url, numbers_per_s, str(path))

    def floor_s(self, model: str, capacity: Capacity) -> float:
        """What no schedule can beat with as many in flight."""
        return self.workload.ideal_s(list(range(self.tasks)), self.places(model), capacity)

    def expected_s(self, model: str) -> float:
        """About what a lane takes, when one core is all there is; a millisecond a task is not for nothing either."""
        places = 1 if model == "sequential" else self.places(model)
        return self.workload.ideal_s(list(range(self.tasks)), places, Capacity()) + self.tasks * 0.001


def read_models(value: Any) -> tuple[str, ...]:
    """Names of models, in the order in which they run; ValueError."""
    if not isinstance(value, list) or not value:
        raise ValueError("Choose at least one model.")
    if unknown := list(strangers(value)):
        raise ValueError(f"No model is called {unknown[0]!r:.24}: there are {', '.join(MODELS)}.")
    chosen = tuple(name for name in MODELS if name in value)
    if lacking := [f"{name} {MISSING[name]}" for name in chosen if name in MISSING]:
        raise ValueError(f"Not every model can run here: {'; '.join(lacking)}.")
    return chosen


def strangers(names: list[Any]) -> Iterator[str]:
    """Those that are no model."""
    return (str(name) for name in names if name not in MODELS)
