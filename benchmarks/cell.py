"""A cell: one workload × model × size. An experiment is a grid of cells, written as a decorator over one test."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks.workloads import Workload

CLASSICAL = ("sequential", "threads", "processes", "asyncio")
TWIN = "-twin"  # how the second, identical copy of a cell is called


@dataclass(frozen=True)
class Cell:
    """What is measured: `tasks` tasks of `workload`, run by `model`, at most `concurrency` at once."""

    experiment: str
    workload: Workload
    model: str
    concurrency: int
    tasks: int
    twin: bool = False

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

    def __str__(self) -> str:
        """As in `io-http-asyncio-c20`: unique within a run, and fit for a file name."""
        share = f"-cpu{self.cpu_percent}" if 0 < self.cpu_percent < 100 or self.workload.name == "mixed" else ""
        twin = TWIN if self.twin else ""
        return f"{self.experiment}-{self.workload.name}-{self.model}{twin}-c{self.concurrency}{share}"

    def identity(self) -> dict[str, Any]:
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

    def names(self) -> set[str]:
        """The words by which ONLY selects this cell."""
        names = {self.experiment, self.workload.name, self.model, f"c{self.concurrency}"}
        return names | ({"twin"} if self.twin else set())


def cells(
    experiment: str,
    *,
    workloads: Iterable[Workload],
    models: Iterable[str] = CLASSICAL,
    concurrency: Iterable[int],
    tasks: Callable[[int], int],
    twins: Iterable[tuple[str, str]] = (),
    where: Callable[[Cell], bool] = lambda cell: True,
    headline: Callable[[Cell], bool] = lambda cell: False,
) -> pytest.MarkDecorator:
    """Parametrize a test over a grid.

    `tasks` gives the number of tasks for a concurrency; `twins` lists (workload, model) pairs that are measured a
    second time, to show how much identical cells differ; `where` leaves cells out; `headline` says which belong to
    `make quick`.
    """

    def grid() -> Iterator[Cell]:
        for workload in workloads:
            for model in models:
                for size in concurrency:
                    yield Cell(experiment, workload, model, size, tasks(size))
                    if (workload.name, model) in twins:
                        yield Cell(experiment, workload, model, size, tasks(size), twin=True)

    def param(cell: Cell) -> Any:
        names = cell.names() | ({"headline"} if headline(cell) else set())
        return pytest.param(cell, id=str(cell), marks=[getattr(pytest.mark, name) for name in sorted(names)])

    return pytest.mark.parametrize("cell", [param(cell) for cell in grid() if where(cell)])
