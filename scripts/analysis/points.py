"""The cells of a run as points of charts, each with its interval, its ideal and its ceiling."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from itertools import groupby
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import pandas as pd

from scripts.analysis.model_order import order
from scripts.stats.intervals import NoiseFloor
from scripts.tables.columns import CELL, CELL_AND_TWIN
from scripts.tables.summary import block_medians, columns, compute_percent, paired, sequential_of, summary_for

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """The part of `scripts.tables.load.Run` that charts and conclusions read."""

    @property
    def path(self) -> Path:
        """The folder of the run."""

    @property
    def environment(self) -> dict[str, Any]:
        """The contents of environment.json: machine, Python, packages, plan."""

    @property
    def rounds(self) -> pd.DataFrame:
        """One row per round."""

    @property
    def summary(self) -> pd.DataFrame:
        """One row per cell."""

    @property
    def noise_floors(self) -> dict[str, NoiseFloor | None]:
        """How far A/A controls of each kind of work differed."""

    @property
    def ranges_only(self) -> bool:
        """Too few blocks for intervals."""

    @property
    def python(self) -> str:
        """The name of its interpreter where a run has several; empty otherwise."""

    @property
    def other_interpreters(self) -> "Sequence[Run]":
        """The same cells under other interpreters."""

    @property
    def by_interpreter(self) -> "Sequence[Run]":
        """The run itself, then the others."""

    def spans(self, **identity: object) -> pd.DataFrame:
        """When each task of the cells that match ran, in their measured rounds."""


def cached_on_run(make: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
    """Cache a function's result on its run: a chart needs the same data several times."""

    @wraps(make)
    def remember(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> T:
        cache: dict[Any, T] = vars(run).setdefault("remembered", {})
        key = (make.__module__, make.__name__, *args, *kwargs.items())
        if key not in cache:
            cache[key] = make(run, *args, **kwargs)
        return cache[key]

    return remember


@dataclass(frozen=True)
class Point:
    """One cell with the value that a chart shows of it."""

    experiment: str
    workload: str
    model: str
    concurrency: int
    tasks: int
    wait_s: float
    compute_s: float
    value: float
    low: float
    high: float
    limit: float  # what is physically possible, in the same unit; NaN when nothing is known
    flags: str
    ceiling: float = math.nan  # what a client reaches that only sends and receives, in the same unit
    blocks: tuple[float, ...] = ()  # the value of each block

    @property
    def key(self) -> tuple[str, str, str, int, int, float, float]:
        """The values of the columns of CELL, which identify its rounds."""
        work = (self.experiment, self.workload, self.model)
        return (*work, self.concurrency, self.tasks, self.wait_s, self.compute_s)

    def spans(self, run: Run) -> pd.DataFrame:
        """When each task of the cell ran in its measured rounds: block, round, task, start_s, end_s."""
        return run.spans(**dict(zip(CELL, self.key, strict=True)), twin=False)

    @property
    def saturated(self) -> bool:
        """Whether the client, the server or the machine was at its limit, and not the model."""
        return "saturated" in self.flags

    @property
    def cpu_percent(self) -> float:
        """The share of a task that computes, in percent."""
        return compute_percent(self.wait_s, self.compute_s)


def flags_text(each: Point) -> str:
    """The warnings of a cell in brackets, to stand behind its figure: ` (disturbed)`; empty without any."""
    return f" ({each.flags})" if each.flags else ""


def points(run: Run, experiments: Sequence[str], column: str, metric: str = "") -> list[Point]:
    """The cells of the experiments that have the value, in the order of models; A/A controls are left out."""
    frame = run.summary
    if column not in frame:
        return []
    mask = frame["experiment"].isin(experiments) & frame[column].gt(0) & ~frame["twin"].astype(bool)
    if metric:
        mask &= frame["metric"].eq(metric)
    floors = floors_s(run) if column in ("tasks_per_second", "seconds") else {}
    cores = first_value(run.environment, "cores_usable")
    measured = [
        replace(with_capped_ideal(point(row, column, floors), column, cores), **of_rounds(run, row, column))
        for row in frame[mask].to_dict("records")
    ]
    return sorted(measured, key=lambda each: (experiments.index(each.experiment), order(each.model), each.concurrency))


def with_capped_ideal(point: Point, column: str, cores: int | None) -> Point:
    """The point with its ideal speed-up of computing capped at the number of cores and of workers."""
    if column != "speedup" or point.wait_s or not point.compute_s:
        return point
    return replace(point, limit=min(point.limit, point.concurrency, cores or point.concurrency))


@cached_on_run
def cell_tables(run: Run) -> dict[Any, pd.DataFrame]:
    """The rounds of every cell, by CELL_AND_TWIN."""
    return dict(list(run.rounds.groupby(CELL_AND_TWIN)))


@cached_on_run
def block_values(run: Run, key: tuple[Any, ...], column: str) -> tuple[float, ...]:
    """The value of each block of a cell, shape (blocks,); `key` is that of `cell_tables`."""
    tables = cell_tables(run)
    if column == "speedup":
        alone = sequential_of(key, tables)
        return () if alone is None else tuple(paired(alone, tables[key]))
    if column == "tasks_per_second":
        return tuple(key[CELL_AND_TWIN.index("tasks")] / block_medians(tables[key], "seconds"))
    return tuple(block_medians(tables[key], column)) if column in tables[key] else ()


def of_rounds(run: Run, row: dict[Any, Any], column: str) -> dict[str, Any]:
    """The fields of a point that come from its rounds: the value of each block, and the ceiling."""
    key = tuple(row[name] for name in CELL_AND_TWIN)
    values = block_values(run, key, str(row["metric"]) if column == "value" else column)
    return {"blocks": values, "ceiling": ceiling(run, key, column)}


@cached_on_run
def ceiling(run: Run, key: tuple[Any, ...], column: str) -> float:
    """The null client's value in the unit of the column; NaN where it was not measured."""
    tables = cell_tables(run)
    if column not in ("speedup", "seconds", "tasks_per_second") or "ceiling_seconds" not in run.rounds:
        return math.nan
    ceiling_s = tables[key].loc[~tables[key]["warmup"].astype(bool), "ceiling_seconds"].median()
    alone = sequential_of(key, tables)
    if not ceiling_s > 0:
        return math.nan
    if column == "speedup" and alone is not None:
        beside = alone[alone["block"].isin(tables[key]["block"])]
        return float(block_medians(beside, "seconds").median() / ceiling_s)
    if column == "speedup":
        return math.nan
    return float(ceiling_s if column == "seconds" else key[CELL_AND_TWIN.index("tasks")] / ceiling_s)


@cached_on_run
def floors_s(run: Run) -> dict[Any, float]:
    """The ideal time of each cell in seconds: the median over its measured rounds."""
    measured = run.rounds[~run.rounds["warmup"].astype(bool) & ~run.rounds["twin"].astype(bool)]
    return measured.groupby(CELL)["ideal_seconds"].median().dropna().to_dict() if "ideal_seconds" in measured else {}


def point(row: dict[Any, Any], column: str, floors: dict[Any, float]) -> Point:
    """A row of the summary as a point; without an interval its ends are the value."""
    value = float(row[column])
    low, high = number(row.get(f"{column}_low"), value), number(row.get(f"{column}_high"), value)
    flags = row.get("flags")
    return Point(
        experiment=str(row["experiment"]),
        workload=str(row["workload"]),
        model=str(row["model"]),
        concurrency=int(row["concurrency"]),
        tasks=int(row["tasks"]),
        wait_s=number(row.get("wait_seconds"), 0),
        compute_s=number(row.get("compute_seconds"), 0),
        value=value,
        low=low,
        high=high,
        limit=limit(row, column, floors),
        flags=flags if isinstance(flags, str) else "",
    )


def with_values(run: Run, point: Point, blocks: pd.Series) -> Point:
    """The point with other values, one for each block: their mean, its interval or range, and the values."""
    value, low, high = columns("value", blocks, summary_for(ranges_only=run.ranges_only)).values()
    return replace(point, value=value, low=number(low, value), high=number(high, value), blocks=tuple(blocks))


def limit(row: dict[Any, Any], column: str, floors: dict[Any, float]) -> float:
    """The ideal in the unit of the column; NaN where there is none."""
    if column == "speedup":
        return number(row.get("ideal_speedup"), math.nan)
    floor_s = floors.get(tuple(row[name] for name in CELL), 0.0)
    if floor_s <= 0:
        return math.nan
    return float(row["tasks"] / floor_s) if column == "tasks_per_second" else floor_s


def number(value: Any, otherwise: float) -> float:
    """The value as a float; `otherwise` where it is not a finite number."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else otherwise


def by_model(cells: Iterable[Point]) -> dict[str, list[Point]]:
    """The points of each model, in the order of models."""
    ordered = sorted(cells, key=lambda each: order(each.model))
    return {model: list(group) for model, group in groupby(ordered, key=lambda each: each.model)}


def distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once, in the order of first appearance."""
    return list(dict.fromkeys(values))


def first_value(environment: Any, *names: str) -> Any:
    """The value of the first of the names that the environment has, at any depth; None when it has none."""
    for name in names:
        layer = [environment]
        while layer:
            maps = [each for each in layer if isinstance(each, dict)]
            for each in maps:
                if each.get(name) is not None and not isinstance(each[name], dict):
                    return each[name]
            layer = [value for each in maps for value in each.values()]
    return None
