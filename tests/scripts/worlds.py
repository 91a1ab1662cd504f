"""Runs of machines whose costs are known, because they were planted: what is learned of them is right or wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.predict.cost_model import Fit, Machine, Name
from scripts.tables.load import Run

MACHINE = Machine(capacity=1.8, cores=2, gil=True)
PLANTED: dict[Name, float] = {  # seconds; pace is a factor
    ("start", "sequential"): 2e-4,
    ("start", "threads"): 3e-4,
    ("start", "asyncio"): 1e-3,
    ("start", "processes"): 1e-2,
    ("place", "threads"): 6e-5,
    ("place", "asyncio"): 4e-5,
    ("place", "processes"): 5e-3,
    ("task", "threads"): 1e-4,
    ("task", "asyncio"): 5e-5,
    ("task", "processes"): 3e-4,
    ("client", "wire", "blocking"): 1.5e-4,
    ("client", "wire", "asyncio"): 8e-5,
    ("open", "wire", "blocking"): 5e-5,
    ("open", "wire", "asyncio"): 7e-5,
    ("late", "server", "alone"): 1e-3,
    ("late", "server", "beside others"): 5e-4,
    ("late", "timer", "alone"): 2e-4,
    ("late", "timer", "beside others"): 1e-4,
    ("pace", "primes"): 1.1,
    ("pace", "digest"): 1.0,
}
MODELS = ("sequential", "threads", "processes", "asyncio")


@dataclass(frozen=True)
class Grid:
    """One experiment's cells: each of its sizes under each model."""

    experiment: str
    workload: str
    sizes: tuple[tuple[int, int], ...]  # concurrency, tasks
    wait_s: float = 0.0
    compute_s: float = 0.0


GRIDS = (
    Grid("io", "wire", ((10, 20), (20, 40)), wait_s=0.02),
    Grid("io", "sleep", ((10, 20), (20, 40)), wait_s=0.02),
    Grid("cpu", "primes", ((2, 6), (4, 12)), compute_s=0.05),
    Grid("cpu", "digest", ((2, 6), (4, 12)), compute_s=0.05),
    Grid("more", "primes", ((1, 6), (10, 12)), compute_s=0.05),
    Grid("more", "sleep", ((30, 90),), wait_s=0.05),
    Grid("network", "wire", ((2, 6), (50, 50), (100, 400)), wait_s=0.05),
    Grid("mixed", "mixed", ((4, 10), (10, 10)), wait_s=0.01, compute_s=0.002),
    Grid("mixed", "mixed", ((4, 10), (10, 10)), wait_s=0.005, compute_s=0.005),
)


def cells() -> pd.DataFrame:
    """All of the grids."""
    rows = [
        (grid.experiment, grid.workload, model, concurrency, tasks, grid.wait_s, grid.compute_s, grid.compute_s)
        for grid in GRIDS
        for concurrency, tasks in grid.sizes
        for model in MODELS
    ]
    names = [
        "experiment",
        "workload",
        "model",
        "concurrency",
        "tasks",
        "wait_seconds",
        "compute_seconds",
        "cpu_seconds",
    ]
    return pd.DataFrame(rows, columns=names)


def world(*, noise: float = 0.0, mood: float = 0.0, blocks: int = 6, seed: int = 1) -> Run:
    """A run in which every cell takes what the equation says, but for noise of each block and a mood of each cell."""
    random, table_of_cells = np.random.default_rng(seed), cells()
    true_s = Fit(PLANTED, MACHINE).predict(table_of_cells) * np.exp(random.normal(0, mood, len(table_of_cells)))
    rounds = [
        one
        for row, seconds in zip(table_of_cells.to_dict("records"), true_s, strict=True)
        for block in range(blocks)
        for one in rounds_of(row, block, float(seconds * np.exp(random.normal(0, noise))))
    ]
    environment: dict[str, Any] = {
        "run": "planted",
        "machine": {"cpu": "CPU", "cores_usable": 2},
        "python": {"gil": True},
    }
    return Run(Path("results/planted"), environment, pd.DataFrame(rounds), [], [])


def rounds_of(row: dict[Any, Any], block: int, seconds: float) -> Iterator[dict[str, Any]]:
    """A cold round, which must not count, and a measured one."""
    floor_s = np.ceil(row["tasks"] / row["concurrency"]) * row["wait_seconds"]
    machine = {"core_speed": 1.0, "parallel_capacity": MACHINE.capacity, "ideal_seconds": floor_s, "disturbed": False}
    of_cell = {name: value for name, value in row.items() if name != "cpu_seconds"} | {"twin": False, "block": block}
    for number, factor in ((0, 3.0), (1, 1.0)):
        yield of_cell | machine | {"round": number, "warmup": number == 0, "seconds": seconds * factor}
