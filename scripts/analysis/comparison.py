"""Two runs side by side: what each found of the same cells and claims, and whether that differs.

Blocks of two runs share nothing, so their ratio has Welch's interval; that two runs differ as wholes (the hour, the
neighbours) is not in it, which is why a difference must clear the larger noise floor of the two. Seconds are compared
only between runs of one machine, and only of cells that wait: tasks that compute are sized to the machine anew in every
run, so of them, and between machines, the speed-ups are compared. Runs are never pooled.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from scripts.analysis.conclusions import MARGIN
from scripts.stats.decisions import Comparison, compare
from scripts.stats.intervals import Interval, geometric_mean, holm, unpaired_ratio
from scripts.tables.load import Run
from scripts.tables.summary import KEY, block_medians, kind_of_work, paired, sequential_of

CELL = ["experiment", "workload", "model", "concurrency", "wait_seconds", "compute_seconds"]


@dataclass(frozen=True)
class Row:
    """A cell that both runs have: `what` was compared (seconds or speedup), each run's value, and B over A."""

    cell: dict[str, Any]
    what: str
    a: Interval
    b: Interval
    ratio: Interval
    says: Comparison

    @property
    def cpu_percent(self) -> float:
        """Share of a task that computes."""
        total_s = self.cell["compute_seconds"] + self.cell["wait_seconds"]
        return float(100 * self.cell["compute_seconds"] / total_s) if total_s else 0.0

    @property
    def worse(self) -> bool:
        """Whether B is established to be the worse one: more seconds, or less speed-up."""
        return self.says is (Comparison.SLOWER if self.what == "seconds" else Comparison.FASTER)

    @property
    def words(self) -> str:
        """What the comparison says of B, in a word."""
        if self.what == "seconds" or self.says in (Comparison.SAME, Comparison.NOT_ESTABLISHED):
            return self.says.value
        return "lower" if self.worse else "higher"


def differences(a: Run, b: Run) -> list[str]:
    """What tells the machine and Python of one run from the other's, in words."""
    pairs = [
        ("CPU", a.environment["machine"]["cpu"], b.environment["machine"]["cpu"]),
        ("usable cores", a.environment["machine"]["cores_usable"], b.environment["machine"]["cores_usable"]),
        ("Python", a.environment["python"]["version"], b.environment["python"]["version"]),
        ("packages", a.environment["packages"], b.environment["packages"]),
        ("version of Overlap", a.environment.get("source"), b.environment.get("source")),
    ]
    return [name for name, first, second in pairs if first != second]


def same_machine(a: Run, b: Run) -> bool:
    """Whether seconds of the two can be compared at all."""
    return not {"CPU", "usable cores"} & set(differences(a, b))


def rows(a: Run, b: Run) -> list[Row]:
    """Every cell that both have, judged together (Holm); empty when they share none."""
    found = list(compared(a, b))
    adjusted = holm([row.ratio.p_value for row in found])
    return [
        replace(row, says=compare(row.ratio, MARGIN, larger_floor(row, a, b), float(p)))
        for row, p in zip(found, adjusted, strict=True)
    ]


def larger_floor(row: Row, a: Run, b: Run) -> float:
    """The noise floor of this kind of work in the noisier run."""
    kind = kind_of_work(row.cell["wait_seconds"], row.cell["compute_seconds"])
    return max(run.noise_floors.get(kind) or 0.0 for run in (a, b))


def compared(a: Run, b: Run) -> Iterator[Row]:
    """The cells in common, not judged yet."""
    seconds = same_machine(a, b)
    first, second = cells(a), cells(b)
    for key in sorted(first.keys() & second.keys()):
        cell = dict(zip(CELL, key, strict=True))
        what = "seconds" if seconds and not cell["compute_seconds"] else "speedup"
        values = [series[key].get(what, pd.Series(dtype=float)) for series in (first, second)]
        if min(map(len, values)) >= 2:
            one, other = (geometric_mean(series.to_numpy()) for series in values)
            ratio = unpaired_ratio(values[1].to_numpy(), values[0].to_numpy())
            yield Row(cell, what, one, other, ratio, Comparison.NOT_ESTABLISHED)


def cells(run: Run) -> dict[tuple[Any, ...], dict[str, pd.Series]]:
    """Block values of seconds and of speed-up for each timed cell, twins left out.

    Where an experiment has a model at one size only, the size is 0 in the key: it follows the number of cores.
    """
    timed = run.rounds[~run.rounds["twin"].astype(bool)]
    timed = timed[timed["metric"].isna()] if "metric" in timed else timed
    groups: dict[Any, pd.DataFrame] = dict(list(timed.groupby(KEY, sort=True)))
    frame = pd.DataFrame(list(groups), columns=KEY)
    sizes = frame.groupby([name for name in CELL if name != "concurrency"])["concurrency"].nunique()
    found = dict[tuple[Any, ...], dict[str, pd.Series]]()
    for key, rounds in groups.items():
        cell: dict[str, Any] = dict(zip(KEY, key, strict=True))
        if sizes[tuple(cell[name] for name in CELL if name != "concurrency")] == 1:
            cell["concurrency"] = 0
        alone = sequential_of(key, groups)
        values = {"seconds": block_medians(rounds, "seconds")}
        if alone is not None and cell["model"] != "sequential":
            values["speedup"] = paired(alone, rounds)
        found[tuple(cell[name] for name in CELL)] = values
    return found
