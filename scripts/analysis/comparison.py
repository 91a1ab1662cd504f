"""Two runs side by side: what each measured of the same cells, and whether that differs.

Blocks of two runs share nothing, so their ratio has Welch's interval, and with it what differs from run to run: as
measured where both were repeated, otherwise as assumed. Seconds are compared only between runs of one machine, and only
of cells that wait: tasks that compute are sized to the machine anew in every run, so of them, and between machines, the
speed-ups are compared. Runs are never pooled.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from scripts.analysis.conclusions import ASSUMED_FLOOR, Conclusion, Outcome, conclude, unusable
from scripts.stats.intervals import (
    Interval,
    NoiseFloor,
    Spread,
    geometric_mean,
    holm,
    pooled_spread,
    runs_ratio,
    unpaired_ratio,
)
from scripts.tables.columns import CELL_AND_TWIN
from scripts.tables.load import Run
from scripts.tables.summary import block_medians, compute_percent, kind_of_work, paired, sequential_of

MATCHED = [name for name in CELL_AND_TWIN if name not in ("tasks", "twin")]  # tasks that compute are sized anew
# From run to run on one machine, cells of identical code spread by 5 to 10 % (standard deviation of the log). A fifth
# more than that keeps false verdicts among 71 cells well below one in twenty comparisons, not just at it.
ASSUMED_SPREAD = Spread(0.12)
# Calibrations of one machine by CPU time agree within 10 %; two hosts of one kind differed by 1.2 to 1.9 times.
SAME_SPEED = 1.15
UNSTEADY = "a calibration was not steady: tasks that compute can be compared within its run only"
BUILD = ("version", "implementation", "compiler", "optimised", "free_threaded", "gil", "jit")  # of a Python
# Of a machine. What KEEP_ENV kept, or a core of the server's own, changes every figure as another machine would.
IDENTITY = {"CPU", "usable cores", "kernel", "boot", "calibration", "switches", "pinning"}


@dataclass(frozen=True)
class Side:
    """A cell's seconds or speed-up in one run: one value for each block or repeat, and why they are unusable, if so."""

    values: pd.Series
    unusable: str


@dataclass(frozen=True)
class Row:
    """A cell that both runs have: the compared quantity (seconds or speedup), each run's value, and B beside A."""

    cell: dict[str, Any]
    quantity: str
    a: Interval
    b: Interval
    ratio: Interval  # B over A
    conclusion: Conclusion

    @property
    def cpu_percent(self) -> float:
        """The share of a task that computes, in percent."""
        return compute_percent(self.cell["wait_seconds"], self.cell["compute_seconds"])

    @property
    def worse(self) -> bool:
        """Whether B is the worse one: more seconds, or less speed-up."""
        return self.conclusion.outcome is (Outcome.SLOWER if self.quantity == "seconds" else Outcome.FASTER)

    @property
    def words(self) -> str:
        """The conclusion about B in words: of seconds slower or faster, of a speed-up higher or lower."""
        if self.quantity == "seconds" or not self.conclusion.differs:
            return self.conclusion.outcome.value
        return "lower" if self.worse else "higher"


def differences(a: Run, b: Run) -> list[str]:
    """The differences in machine and Python between two runs, in words."""
    one, other = a.environment, b.environment
    pairs = [
        ("CPU", one["machine"]["cpu"], other["machine"]["cpu"]),
        ("usable cores", one["machine"]["cores_usable"], other["machine"]["cores_usable"]),
        ("kernel", one["machine"].get("kernel"), other["machine"].get("kernel")),
        ("boot", *boots(one["machine"], other["machine"])),
        ("calibration", True, calibrations_agree(calibration(a), calibration(b))),
        ("switches", one.get("switches", {}), other.get("switches", {})),
        ("pinning", one.get("pinned"), other.get("pinned")),
        ("Python", *builds(one["python"], other["python"])),
        ("packages", one["packages"], other["packages"]),
        ("version of Overlap", one.get("source"), other.get("source")),
    ]
    return [name for name, first, second in pairs if first != second]


def builds(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Any, Any]:
    """Two Pythons by what tells builds apart, as far as both say it: a version with its JIT on is another Python."""
    both = [name for name in BUILD if name in one and name in other]
    return [one[name] for name in both], [other[name] for name in both]


def boots(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Any, Any]:
    """The boot ids of two machines; equal where one of them is unknown."""
    first, second = one.get("boot"), other.get("boot")
    return (first, second) if first and second else (None, None)


def calibration(run: Run) -> dict[str, float]:
    """The calibrated speed of one core when the run's tasks were sized; empty where that is not on record."""
    try:
        rates = json.loads((run.path / "pace.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in rates.items() if name.endswith("_per_s") and value > 0}


def unsteady(run: Run) -> bool:
    """Whether the trials of the run's calibration never agreed: its tasks that compute may name any amount of work."""
    return run.environment.get("calibration", {}).get("steady") is False


def calibrations_agree(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether two calibrations can be of one machine."""
    both = one.keys() & other.keys()
    return all(1 / SAME_SPEED <= one[name] / other[name] <= SAME_SPEED for name in both)


def same_machine(a: Run, b: Run) -> bool:
    """Whether the seconds of two runs can be compared."""
    return not IDENTITY & set(differences(a, b))


def rows(a: Run, b: Run) -> list[Row]:
    """Every cell that both runs have, with p-values adjusted by Holm; empty when they share none."""
    shared = list(sides(a, b))
    spreads = {kind: spread(shared, kind) for kind in {kind_of(cell) for cell, *_ in shared}}
    ratios = [ratio(one, other, spreads[kind_of(cell)]) for cell, _, one, other in shared]
    whys = [one.unusable or other.unusable for _, _, one, other in shared]
    adjusted = iter(holm([each.p_value for each, why in zip(ratios, whys, strict=True) if not why]))
    return [
        Row(cell, quantity, cell_value(one), cell_value(other), each, conclude_cell(cell, each, why, adjusted, a, b))
        for (cell, quantity, one, other), each, why in zip(shared, ratios, whys, strict=True)
    ]


def cell_value(side: Side) -> Interval:
    """A run's value of a cell."""
    return geometric_mean(side.values.to_numpy(dtype=np.float64))


def conclude_cell(
    cell: Mapping[str, Any], ratio: Interval, why: str, adjusted: Iterator[float], a: Run, b: Run
) -> Conclusion:
    """The conclusion from the ratio of a cell; a usable cell takes the next of the `adjusted` p-values."""
    p_value = None if why else float(next(adjusted))
    return conclude(ratio, larger_floor(kind_of(cell), a, b), p_value=p_value, unusable=why)


def kind_of(cell: Mapping[str, Any]) -> str:
    """The kind of work of a cell."""
    return kind_of_work(cell["wait_seconds"], cell["compute_seconds"])


def larger_floor(kind: str, a: Run, b: Run) -> NoiseFloor:
    """The noise floor of this kind of work in the noisier run."""
    return max((run.noise_floors.get(kind) or ASSUMED_FLOOR for run in (a, b)), key=lambda floor: floor.value)


Shared = tuple[dict[str, Any], str, Side, Side]


def sides(a: Run, b: Run) -> Iterator[Shared]:
    """The common cells before judging: the cell, the compared quantity, and each run's values."""
    seconds = same_machine(a, b)
    first, second = cells(a), cells(b)
    for key in sorted(first.keys() & second.keys()):
        cell = dict(zip(MATCHED, key, strict=True))
        quantity = "seconds" if seconds and not cell["compute_seconds"] else "speedup"
        pair = [series[key].get(quantity) for series in (first, second)]
        if cell["compute_seconds"] and (unsteady(a) or unsteady(b)):
            pair = [side and replace(side, unusable=side.unusable or UNSTEADY) for side in pair]
        if pair[0] and pair[1] and min(len(side.values) for side in pair if side) >= 2:
            yield cell, quantity, pair[0], pair[1]


def spread(shared: list[Shared], kind: str) -> Spread | None:
    """How much cells of a kind differ from run to run, where both runs were repeated; None otherwise."""
    here = [(one, other) for cell, _, one, other in shared if kind_of(cell) == kind]
    if any(side.values.index.name != "repeat" for pair in here for side in pair):
        return None
    return pooled_spread(side.values.to_numpy() for pair in here for side in pair)


def ratio(a: Side, b: Side, measured: Spread | None) -> Interval:
    """The ratio of B to A, with the spread from run to run."""
    values = b.values.to_numpy(dtype=np.float64), a.values.to_numpy(dtype=np.float64)
    return runs_ratio(*values, measured) if measured else unpaired_ratio(*values, spread=ASSUMED_SPREAD)


def cells(run: Run) -> dict[tuple[Any, ...], dict[str, Side]]:
    """Seconds and speed-up of each timed cell, A/A controls left out.

    Where an experiment has a model at one size only, the size is 0 in the key: it follows the number of cores.
    """
    timed = run.rounds[~run.rounds["twin"].astype(bool)]
    timed = timed[timed["metric"].isna()] if "metric" in timed else timed
    groups: dict[Any, pd.DataFrame] = dict(list(timed.groupby(CELL_AND_TWIN, sort=True)))
    frame = pd.DataFrame(list(groups), columns=CELL_AND_TWIN)
    sizes = frame.groupby([name for name in MATCHED if name != "concurrency"])["concurrency"].nunique()
    sides = dict[tuple[Any, ...], dict[str, Side]]()
    for key, rounds in groups.items():
        cell: dict[str, Any] = dict(zip(CELL_AND_TWIN, key, strict=True))
        if sizes[tuple(cell[name] for name in MATCHED if name != "concurrency")] == 1:
            cell["concurrency"] = 0
        alone = sequential_of(key, groups)
        values = {"seconds": Side(block_medians(rounds, "seconds"), unusable(rounds))}
        if alone is not None and cell["model"] != "sequential":
            values["speedup"] = Side(paired(alone, rounds), unusable(rounds) or unusable(alone))
        sides[tuple(cell[name] for name in MATCHED)] = values
    return sides
