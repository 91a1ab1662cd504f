"""Which cells of a run did the same work, so that they can be compared: by question, by mix, by size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from scripts.analysis.families import Candidate, Family, Sizes, at_sizes, family
from scripts.analysis.points import Point, Run, cached_on_run, cell_tables
from scripts.tables.columns import CELL_AND_TWIN
from scripts.tables.summary import sequential_key

CROSSOVER_EXPERIMENTS = ("network", "scaling", "whole_command")
COLUMNS = {"whole_command": "command_seconds"}  # what is compared; of every other experiment the seconds of a round


@cached_on_run
def cell_candidate(run: Run, key: tuple[Any, ...], name: str, column: str = "seconds") -> Candidate:
    """A cell of the run by its key; kept, since many charts and sentences compare the same cells."""
    return Candidate(name, cell_tables(run)[key], column)


def candidate(run: Run, row: Any, name: str = "") -> Candidate:
    """A row of the summary as a comparable cell; its name is its model unless `name` is given."""
    return cell_candidate(run, tuple(row[each] for each in CELL_AND_TWIN), name or str(row["model"]))


def of_points(run: Run, points: Iterable[Point], column: str) -> Family:
    """The points of a chart, which did the same work, as a family by a column whose smaller values are better."""
    cells = [cell_candidate(run, (*each.key, False), each.model, column) for each in points]
    return family(cells, run.noise_floors)


def beside_sequential(run: Run, points: Sequence[Point]) -> Family:
    """The points of a chart as a family by time, with the sequential cell of the same work, where there is one."""
    alone = sequential_key((*points[0].key, False), cell_tables(run))
    cells = [cell_candidate(run, (*each.key, False), each.model) for each in points]
    return family([*cells, *([cell_candidate(run, alone, "sequential")] if alone else [])], run.noise_floors)


def of_experiment(run: Run, points: Iterable[Point], column: str) -> Family | None:
    """Points that stand for cells of an experiment in which no two differ in their workload alone, by any column."""
    keys = {(*key[:1], *key[2:]): key for key in cell_tables(run)}
    pairs = [(each, keys.get((each.key[0], *each.key[2:], False))) for each in points]
    cells = [cell_candidate(run, key, each.model, column) for each, key in pairs if key]
    return family(cells, run.noise_floors) if len(cells) == len(pairs) else None


@dataclass(frozen=True)
class Contest:
    """The models that did the same work: their rows of the summary, in order of time."""

    run: Run
    rows: pd.DataFrame

    @cached_property
    def family(self) -> Family:
        """The conclusions about these models."""
        return family([candidate(self.run, row) for _, row in self.rows.iterrows()], self.run.noise_floors)

    def row(self, model: str) -> pd.Series:
        """The row of a model."""
        return self.rows[self.rows["model"] == model].iloc[0]


def contest(run: Run, experiment: str, workload: str) -> Contest | None:
    """The models that did the work of an experiment; None when fewer than two did, or sequential is not among them."""
    summary = run.summary
    rows = summary[(summary["experiment"] == experiment) & (summary["workload"] == workload) & ~summary["twin"]]
    if rows.empty:
        return None
    if experiment == "mixed":
        rows = rows[rows["compute_seconds"] == turning_share(rows)]
        rows = rows[(rows["concurrency"] == rows["concurrency"].max())]
    rows = rows.dropna(subset=["seconds", "speedup"]).sort_values("seconds").drop_duplicates("model")
    return Contest(run, rows) if len(rows) > 1 and (rows["model"] == "sequential").any() else None


def turning_share(rows: pd.DataFrame) -> float:
    """The computing seconds of a task that is a fifth CPU, or the nearest measured: where neither kind dominates."""
    share = rows["compute_seconds"] / (rows["compute_seconds"] + rows["wait_seconds"])
    return float(rows["compute_seconds"].to_numpy()[(share - 0.2).abs().argmin()])


def sizes(run: Run, experiment: str, workload: str, one: str, other: str) -> Sizes | None:
    """How a model compares with another at each concurrency that both have; None with fewer than two of them."""
    cells = dict[str, dict[int, Candidate]]()
    for key in cell_tables(run):
        named = dict(zip(CELL_AND_TWIN, key, strict=True))
        if (named["experiment"], named["workload"], named["twin"]) == (experiment, workload, False):
            cells.setdefault(named["model"], {})[int(named["concurrency"])] = cell_candidate(
                run, key, named["model"], COLUMNS.get(experiment, "seconds")
            )
    ones, others = (cells.get(model, {}) for model in (one, other))
    pairs = {size: (ones[size], others[size]) for size in sorted(ones.keys() & others.keys())}
    return at_sizes(pairs, run.noise_floors) if len(pairs) > 1 else None
