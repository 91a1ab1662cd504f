"""The request for a race: a visitor's message is validated here, and refused with a sentence that says why."""

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
    Limit("tasks", "Tasks", 1, 1000, 50, "in each lane"),
    Limit("delay_ms", "Delay", 0, 2000, 100, "ms that a task lasts"),
    Limit("concurrency", "Concurrency", 1, MAX_CONCURRENCY, 25, f"processes: {MAX_PROCESSES} at most"),
    Limit("cpu_percent", "CPU share", 0, 100, 0, "% of it that computes"),
)


@dataclass(frozen=True)
class Preset:
    """A race that shows one thing: its name on a button, the thing in a sentence, the numbers of the form."""

    name: str
    shows: str
    numbers: dict[str, int]
    blocks_loop: bool = False


def presets() -> tuple[Preset, ...]:
    """The races of a talk, in its order; sequential takes about 5 s in each, 11 s with 1,000 pages."""
    pages = numbers_of(50, 100, 25)
    return (
        Preset("50 pages", "Waiting overlaps under threads, processes and asyncio.", pages),
        Preset("1,000 pages", "Many short waits: what each task costs a model decides.", numbers_of(1000, 10, 100)),
        Preset(
            "computing",
            "Under the GIL only processes compute on several cores.",
            numbers_of(40, 50, usable_cores(), 100),
        ),
        Preset("mixed", "Fetch, then compute: the cores limit what waiting can gain.", numbers_of(100, 50, 20, 20)),
        Preset("blocked loop", "A blocking call in a coroutine makes asyncio sequential.", pages, blocks_loop=True),
    )


def numbers_of(tasks: int, delay_ms: int, concurrency: int, cpu_percent: int = 0) -> dict[str, int]:
    """The numbers of a request by their names."""
    return {"tasks": tasks, "delay_ms": delay_ms, "concurrency": concurrency, "cpu_percent": cpu_percent}


@dataclass(frozen=True)
class RaceRequest:
    """A race that may be run: the tasks, the concurrency, the models."""

    tasks: int
    delay_ms: int
    concurrency: int
    cpu_percent: int
    models: tuple[str, ...]
    together: bool = False
    blocks_loop: bool = False  # awaitable tasks call a blocking client: the mistake of a beginner

    @classmethod
    def read(cls, message: dict[str, Any]) -> Self:
        """The request in a message; ValueError says what is wrong with it and what would be right."""
        numbers = {limit.name: limit.read(message.get(limit.name, limit.default)) for limit in LIMITS}
        models = read_models(message.get("models", list(CLASSICAL)))
        together, blocks_loop = (message.get(name) is True for name in ("together", "blocks_loop"))
        request = cls(**numbers, models=models, together=together, blocks_loop=blocks_loop)
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
        return min(self.concurrency, max_places(model))

    @property
    def workload(self) -> Mixed:
        """The workload, without the URL of its server."""
        return Mixed(self.cpu_percent / 100, self.delay_ms / 1000)

    def spec(self, model: str, url: str, numbers_per_s: float, path: Path) -> LaneSpec:
        """The specification for the process of a lane."""
        task_s, cpu_share = self.delay_ms / 1000, self.cpu_percent / 100
        return LaneSpec(
            *(model, self.tasks, self.places(model), task_s, cpu_share, url, numbers_per_s, str(path)),
            blocks_loop=self.blocks_loop,
        )

    def ideal_s(self, capacity: Capacity) -> float:
        """The ideal time of every lane: at the concurrency that was asked for, also for a model held to less."""
        return self.workload.ideal_s(list(range(self.tasks)), self.concurrency, capacity)

    def expected_s(self, model: str) -> float:
        """Roughly how long a lane takes on one core, with a millisecond of overhead a task."""
        blocked = self.blocks_loop and needs(model).workers == "loop"
        places = 1 if blocked or model == "sequential" else self.places(model)
        return self.workload.ideal_s(list(range(self.tasks)), places, Capacity()) + self.tasks * 0.001


def max_places(model: str) -> int:
    """The largest concurrency that a race gives a model."""
    return MAX_PROCESSES if needs(model).interpreter_per_worker else MAX_CONCURRENCY


def read_models(value: Any) -> tuple[str, ...]:
    """Names of models, in the order in which they run; ValueError."""
    if not isinstance(value, list) or not value:
        raise ValueError("Choose at least one model.")
    if unknown := [str(name) for name in value if name not in MODELS]:
        raise ValueError(f"No model is called {unknown[0]!r:.24}: there are {', '.join(MODELS)}.")
    chosen = tuple(name for name in MODELS if name in value)
    if unavailable := [f"{name} {UNAVAILABLE[name]}" for name in chosen if name in UNAVAILABLE]:
        raise ValueError(f"Not every model can run here: {'; '.join(unavailable)}.")
    return chosen
