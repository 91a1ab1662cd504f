"""The costs of each model on a machine, fitted to the cells of a run, for `scripts.predict.equation`.

One fit over all cells of the models that the equation knows, on logs, so that 10 % of a short cell counts as much as
10 % of a long one, and robust, so that a disturbed cell pulls little. Beside the costs of the models it finds what a
cell's own task costs and a user's would not: the CPU of its client (`http` is requests where code blocks and aiohttp
where it awaits), opening one, and how late its waits end. A number that few cells speak of stays near PRIOR_S.

Which cells can be predicted at all stands in KINDS: their tasks are all alike, and how long they wait and compute is
known. Not `five_sites` (each task waits otherwise), nor `fetching_undelayed` and `files` (what a task does there is the
server's).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.models import needs
from scripts.predict.equation import ALONE, Costs, Times, Work, times
from scripts.predict.laws import law, predictable
from scripts.stats.intervals import FloatArray
from scripts.tables.columns import CELL
from scripts.tables.load import Run
from scripts.tables.summary import block_medians

Name = tuple[str, ...]  # ("place", "threads"), ("client", "http", "asyncio")

COSTS = ("start", "place", "task", "late", "client", "open", "pace")
WORK_COLUMNS = ["tasks", "concurrency", "wait_seconds", "cpu_seconds"]
LEAST_CELLS = 3  # of a model: it has as many costs
PRIOR_S = 2e-4  # a plausible cost of a step where no cell shows it …
PRIOR_WEIGHT = 0.02  # … with a small weight: one cell's 2 % against a factor of e
OUTLIER = 0.05  # errors of the log beyond this pull less and less: A/A controls differed by up to 8 %


@dataclass(frozen=True)
class Kind:
    """A workload's tasks: their client, what they compute, and what share of that holds the GIL."""

    client: str = ""
    computes: str = ""
    gil_share: float = 1.0


KINDS = {
    "sleep": Kind(),
    "primes": Kind(computes="primes"),
    "digest": Kind(computes="digest", gil_share=0),  # hashlib and Pillow release it
    "images": Kind(computes="images", gil_share=0),
    "wire": Kind("wire"),
    "mixed": Kind("wire", computes="primes"),
    "http": Kind("http"),
}


@dataclass(frozen=True)
class Machine:
    """A run's machine: parallel capacity (median), usable cores, and whether Python has the GIL."""

    capacity: float
    cores: int
    gil: bool

    @classmethod
    def of(cls, run: Run) -> "Machine":
        """The machine of a run, from its rounds and environment."""
        cores, gil = run.environment["machine"]["cores_usable"], run.environment["python"].get("gil", True)
        return cls(float(run.rounds["parallel_capacity"].median()), cores, gil)


@dataclass(frozen=True)
class Fit:
    """The fitted costs in seconds by name, and the machine they were fitted on."""

    cost_s: Mapping[Name, float]
    machine: Machine

    def of(self, model: str) -> Costs:
        """The costs of one model; 0 where the fit has none."""
        return Costs(*(self.cost_s.get((name, model), 0.0) for name in ("start", "place", "task")))

    def predict(self, cells: pd.DataFrame) -> FloatArray:
        """The predicted seconds of each cell, shape (cells,)."""
        return predicted_s(
            list(sheets_of(cells, list(self.cost_s))), np.array(list(self.cost_s.values())), self.machine
        )

    def knows(self, cells: pd.DataFrame) -> list[bool]:
        """Whether the fit has all costs of each cell, shape (cells,)."""
        pairs = zip(cells["model"], cells["workload"], strict=True)
        return [all(name in self.cost_s for name in cost_names(*pair).values() if name[0] != "pace") for pair in pairs]

    @property
    def models(self) -> list[str]:
        """The models with fitted costs, the simplest first."""
        return [model for model in predictable() if ("start", model) in self.cost_s]


def table(run: Run) -> pd.DataFrame:
    """One row per cell that can be predicted: what it is, `seconds` over the blocks, and `blocks`, one value each.

    `cpu_seconds` is what one task computes at the speed that a core had at this kind of work during the run.
    """
    rounds = run.rounds
    if not {"core_speed", "parallel_capacity", "ideal_seconds"} <= set(rounds):  # nothing was timed
        return pd.DataFrame(columns=[*CELL, "blocks", "seconds", "cpu_seconds"])
    speed = rounds.groupby("workload")["core_speed"].median()
    predictable_rounds = (
        rounds["workload"].isin(list(KINDS)) & rounds["model"].isin(predictable()) & ~rounds["twin"].astype(bool)
    )
    timed = rounds["metric"].isna() if "metric" in rounds else True
    rows = [
        dict(zip(CELL, key, strict=True)) | {"blocks": values, "seconds": float(np.exp(np.log(values).mean()))}
        for key, cell in rounds[predictable_rounds & timed].groupby(CELL)
        if has_equal_tasks(cell) and len(values := block_medians(cell, "seconds").to_numpy(dtype=np.float64))
    ]
    cells = pd.DataFrame(rows, columns=[*CELL, "blocks", "seconds"])
    cells["cpu_seconds"] = cells["compute_seconds"] / cells["workload"].map(speed)
    enough = cells.groupby("model")["model"].transform("size") >= LEAST_CELLS
    return cells[enough].reset_index(drop=True)


def has_equal_tasks(cell: pd.DataFrame) -> bool:
    """Whether all tasks of a cell are alike: each computes, or all wait equally long."""
    first = cell.iloc[0]
    if first["compute_seconds"]:
        return True
    waves = np.ceil(first["tasks"] / min(first["tasks"], first["concurrency"]))
    return bool(first["wait_seconds"] and np.isclose(cell["ideal_seconds"], waves * first["wait_seconds"]).all())


def fit(cells: pd.DataFrame, machine: Machine, near: Fit | None = None) -> Fit:
    """Fit the costs to the cells by least squares, starting from those of `near`. ValueError without cells."""
    if cells.empty:
        raise ValueError("Costs can't be learned from no cells.")
    names = sorted(
        {name for key in zip(cells["model"], cells["workload"], strict=True) for name in cost_names(*key).values()}
    )
    sheets, measured = list(sheets_of(cells, names)), np.log(cells["seconds"].to_numpy())
    prior = np.log([1.0 if name[0] == "pace" else PRIOR_S for name in names])

    def errors(logs: FloatArray) -> FloatArray:
        seconds = predicted_s(sheets, np.exp(logs), machine)
        return np.concatenate([np.log(seconds) - measured, PRIOR_WEIGHT * (logs - prior)])

    start = np.log(
        [near.cost_s.get(name, np.exp(own)) if near else np.exp(own) for name, own in zip(names, prior, strict=True)]
    )
    solution = least_squares(errors, start, loss="soft_l1", f_scale=OUTLIER)
    return Fit(dict(zip(names, map(float, np.exp(solution.x)), strict=True)), machine)


def cost_names(model: str, workload: str) -> dict[str, Name]:
    """The names of the costs of a cell: those of its model, relative to sequential, and of its client."""
    kind, form = KINDS[workload], needs(model).form
    client = kind.client
    alone = law(model) == ALONE
    late = ("late", "server" if client else "timer", "alone" if alone else "beside others")
    names: dict[str, Name] = {"start": ("start", model), "late": late}
    if not alone:
        names |= {"place": ("place", model), "task": ("task", model)}
    if kind.computes:
        names["pace"] = ("pace", kind.computes)
    if client:
        names |= {"client": ("client", client, form), "open": ("open", client, form)}
    return names


@dataclass(frozen=True)
class Sheet:
    """Cells of one law as arrays, with the indices of their costs, to predict their times from any costs."""

    law: str
    where: NDArray[np.intp]  # of its cells among all
    columns: Mapping[str, FloatArray]  # the columns of WORK_COLUMNS
    gil_share: FloatArray
    costs: Mapping[str, NDArray[np.intp]]  # -1: it has none, and its pace is 1

    def times(self, cost_s: FloatArray, machine: Machine) -> Times:
        """The predicted times, given all costs."""
        its = {name: np.append(cost_s, float(name == "pace"))[index] for name, index in self.costs.items()}
        nominal_s = self.columns["wait_seconds"]
        wait_s = nominal_s + np.where(nominal_s > 0, its["late"], 0.0)
        compute_s = self.columns["cpu_seconds"] * its["pace"]
        cpu_s = compute_s + its["client"]
        gil_share = (self.gil_share * compute_s + its["client"]) / np.where(cpu_s > 0, cpu_s, 1) * machine.gil
        work = Work(self.columns["tasks"], wait_s, cpu_s, gil_share, its["open"])
        costs = Costs(its["start"], its["place"], its["task"])
        return times(self.law, work, self.columns["concurrency"], costs, machine.capacity)


def sheets_of(cells: pd.DataFrame, names: Sequence[Name]) -> Iterator[Sheet]:
    """A sheet for each law among the cells; `names` gives each cost its place in the array of all costs."""
    place = {name: number for number, name in enumerate(names)}
    laws = cells["model"].map(law).to_numpy()
    for one in sorted(set(laws)):
        where = np.flatnonzero(laws == one)
        some = cells.iloc[where]
        names_of_cells = [cost_names(*key) for key in zip(some["model"], some["workload"], strict=True)]
        costs = {name: np.array([place.get(one.get(name, ()), -1) for one in names_of_cells]) for name in COSTS}
        gil_share = np.array([KINDS[workload].gil_share for workload in some["workload"]])
        columns = {name: some[name].to_numpy(dtype=np.float64) for name in WORK_COLUMNS}
        yield Sheet(one, where, columns, gil_share, costs)


def predicted_s(sheets: Sequence[Sheet], cost_s: FloatArray, machine: Machine) -> FloatArray:
    """The predicted seconds of each cell, shape (cells,), in the order of the table that the sheets are of."""
    seconds = np.empty(sum(len(sheet.where) for sheet in sheets))
    for sheet in sheets:
        seconds[sheet.where] = sheet.times(cost_s, machine).seconds
    return seconds
