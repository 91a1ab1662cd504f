"""A cell: one workload × model × size. An experiment is a grid of cells, written as a decorator over one test."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest

from benchmarks.backends.databases import unavailable_reason
from benchmarks.models import NAMES, missing_package, needs
from benchmarks.workloads import Workload

CLASSICAL = ("sequential", "threads", "processes", "asyncio")
TWIN = "-twin"  # how the second, identical copy of a cell is called
# What a claim can ask of a timed cell: columns of its rounds, and throughput, which follows from them.
TIMED = (
    *("seconds", "start_seconds", "run_seconds", "stop_seconds", "ideal_seconds", "efficiency", "tasks_per_second"),
    *("cpu_seconds", "server_cpu_seconds", "requests", "connections", "peak_in_flight", "received_bytes"),
    *("delay_excess_p99_seconds", "ceiling_seconds"),
)


@dataclass(frozen=True)
class Cell:
    """What is measured: `tasks` tasks of `workload`, run by `model`, at most `concurrency` at once."""

    experiment: str
    workload: Workload
    model: str
    concurrency: int
    tasks: int
    twin: bool = False
    rounds: int = 2  # measured
    warmup_rounds: int = 1  # rounds before them, left out of every figure; their time is kept: cold start is a finding
    quick: bool = False  # belongs to `make quick`
    opt_in: bool = False  # measured only when ONLY names its experiment: a question of its own, not of every run
    metrics: tuple[str, ...] = ()  # what its probe tells, the foremost first; empty when its rounds are timed
    group: str = ""  # a name for several experiments at once
    packages: tuple[str, ...] = ()  # that a model needs which is none of benchmarks/models: a web server, say
    program: str = ""  # the file in `probes/` that measures the cell; empty when rounds are timed

    @property
    def wait_s(self) -> float:
        """Seconds that one task waits on an idle machine."""
        return self.workload.wait_s(0)

    @property
    def compute_s(self) -> float:
        """Seconds that one task computes on one core."""
        return self.workload.compute_s(0)

    @property
    def cpu_percent(self) -> int:
        """Share of a task that computes, in percent."""
        total_s = self.wait_s + self.compute_s
        return round(100 * self.compute_s / total_s) if total_s else 0

    @property
    def columns(self) -> tuple[str, ...]:
        """What can be asked of its rounds."""
        return self.metrics or TIMED

    @property
    def is_supported(self) -> bool:
        """Whether its model can run its workload at all, whatever the machine."""
        return self.model not in NAMES or needs(self.model).fits(self.workload, self.concurrency, self.tasks)

    @property
    def unavailable_reason(self) -> str:
        """What this machine lacks for it, in words; empty when it lacks nothing."""
        return (
            needs(self.model).unavailable_reason() if self.model in NAMES else self.model_unavailable_reason
        ) or unavailable_reason(self.workload)

    @property
    def model_unavailable_reason(self) -> str:
        """What is missing for a model that is none of ours."""
        return next(filter(None, map(missing_package, self.packages)), "")

    def __str__(self) -> str:
        """As in `io-http-asyncio-c20`: unique within a run, and fit for a file name."""
        share = f"-cpu{self.cpu_percent}" if 0 < self.cpu_percent < 100 or self.workload.name == "mixed" else ""
        twin = TWIN if self.twin else ""
        return f"{self.experiment}-{self.workload.name}-{self.model}{twin}-c{self.concurrency}{share}"

    def key(self) -> dict[str, Any]:
        """The columns that tell this cell from every other."""
        return {
            "experiment": self.experiment,
            "workload": self.workload.name,
            "model": self.model,
            "concurrency": self.concurrency,
            "tasks": self.tasks,
            "wait_seconds": self.wait_s,
            "compute_seconds": self.compute_s,
            "twin": self.twin,
        }

    def labels(self) -> set[str]:
        """The words by which ONLY selects this cell."""
        extra = {"twin": self.twin, "quick": self.quick, f"cpu{self.cpu_percent}": self.workload.name == "mixed"}
        always = {
            self.experiment,
            self.workload.name,
            self.model,
            f"c{self.concurrency}",
            self.group or self.experiment,
        }
        return always | {name for name, applies in extra.items() if applies}


def cells(
    experiment: str,
    *,
    workloads: Iterable[Workload],
    models: Iterable[str] = CLASSICAL,
    concurrency: Iterable[int],
    tasks: Callable[[int], int],
    twins: Iterable[tuple[str, str]] = (),
    where: Callable[[Cell], bool] = lambda cell: True,
    quick: Callable[[Cell], bool] = lambda cell: False,
    rounds: int = 2,
    warmup_rounds: int = 1,
    opt_in: bool = False,
    metrics: tuple[str, ...] = (),
    group: str = "",
    packages: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    program: str = "",
) -> pytest.MarkDecorator:
    """Parametrize a test over a grid.

    `tasks` gives the number of tasks for a concurrency; `twins` lists (workload, model) pairs that are measured twice,
    to show how much identical cells differ; `where` leaves cells out, beside those of a model that cannot run the
    workload (`gather` keeps to no concurrency, `http` has no form for trio); `quick` says which belong to `make quick`;
    `rounds` is two for the figures that stand alone and one for the many points of a curve, after `warmup_rounds`, none
    of them where being cold is part of the question or costs next to nothing; `opt_in` cells are left out unless
    ONLY names their experiment or its `group`; `metrics` names what a probe tells of each cell; `packages` are those of
    models that are none of ours; `program` is the file in `probes/` that measures.
    """
    grid = [
        Cell(
            experiment,
            workload,
            model,
            size,
            tasks(size),
            rounds=rounds,
            warmup_rounds=warmup_rounds,
            opt_in=opt_in,
            metrics=metrics,
            group=group,
            packages=packages.get(model, ()),
            program=program,
        )
        for workload in workloads
        for model in models
        for size in concurrency
    ]
    grid += [replace(cell, twin=True) for cell in grid if (cell.workload.name, cell.model) in twins]
    chosen = [replace(cell, quick=quick(cell)) for cell in grid if cell.is_supported and where(cell)]
    return pytest.mark.parametrize("cell", chosen, ids=str)


Measure = Callable[[Cell], None]  # times the rounds of a cell
Observe = Callable[[Cell, Callable[[], Mapping[str, float | None]]], None]  # takes a cell's values from a function
