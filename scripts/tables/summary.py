"""One row per cell: its time with interval, its efficiency, its speed-up and warnings."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.machine.capacity import ABOVE
from scripts.stats import intervals
from scripts.tables.columns import CELL_AND_TWIN, SAME_WORK
from scripts.util.format import percent

KINDS = ("waiting", "computing", "mixed work")
# A cell of which so many rounds were disturbed, or saturated, says so.
FLAGGED_SHARE = 0.5
# Beyond this nothing is established about a cell: in most blocks its median round was one that others disturbed, and
# they disturb unequally, so that no pairing takes it out again. A smaller share widens the interval, as it should.
MOST_DISTURBED = 0.5

ABOVE_IDEAL = "above ideal"  # the warning
READS_ABOVE_IDEAL = 1.005  # an efficiency that a table would show as more than 100 %

Summary = Callable[[NDArray[np.float64]], tuple[float, float, float]]


def block_medians(rounds: pd.DataFrame, column: str) -> pd.Series:
    """The median of each block's measured rounds, shape (blocks,), indexed by block; of a repeated run (repeats,).

    What differs from run to run, and not from block to block, only whole runs show: then they are the unit.
    """
    medians = medians_by_block(rounds, column)
    if "repeat" not in rounds:
        return medians
    of_block = rounds.drop_duplicates("block").set_index("block")["repeat"]
    return medians.groupby(of_block.reindex(medians.index)).agg(typical)


def medians_by_block(rounds: pd.DataFrame, column: str) -> pd.Series:
    """The median of each block's measured rounds, shape (blocks,), indexed by block, also of a repeated run."""
    values = rounds[column].to_numpy(dtype=np.float64, na_value=np.nan)
    measured = ~rounds["warmup"].to_numpy(dtype=bool) & ~np.isnan(values)
    values, blocks = values[measured], rounds["block"].to_numpy()[measured]
    medians = {block: np.median(values[blocks == block]) for block in np.unique(blocks)}
    return pd.Series(medians, name=column, dtype=float).rename_axis("block")


def typical(values: pd.Series) -> float:
    """The geometric mean; the plain one where a value is zero or below."""
    return float(np.exp(np.log(values).mean()) if (values > 0).all() else values.mean())


def by_turn(run: Any, rounds: pd.DataFrame, column: str) -> pd.Series:
    """The median of each turn, shape (turns,): a turn has a block of each of the run's interpreters."""
    interpreters = len(run.environment.get("interpreters", ())) or 1
    return block_medians(rounds, column).groupby(lambda block: block // interpreters).median()


def with_interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Geometric mean of values (blocks,) and its 95 % t-interval; the plain mean where a value is not positive.

    ValueError for fewer than two blocks.
    """
    interval = (intervals.geometric_mean if (values > 0).all() else intervals.mean)(values)
    return interval.estimate, interval.low, interval.high


def with_range(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Median, smallest and largest of values (blocks,)."""
    return intervals.value_range(values)


def summary_for(*, ranges_only: bool) -> Summary:
    """How values over blocks are summarised: by an interval, or by their range where the blocks are too few."""
    return with_range if ranges_only else with_interval


def columns(name: str, values: pd.Series, summary: Summary) -> dict[str, float]:
    """`name`, `name_low` and `name_high`; NaN where there is nothing to summarise."""
    enough = len(values) >= (2 if summary is with_interval else 1)
    values_and_ends = summary(values.to_numpy(dtype=np.float64)) if enough else (np.nan, np.nan, np.nan)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values_and_ends, strict=True))


def disturbed_share(rounds: pd.DataFrame) -> float:
    """The share of the measured rounds that other programs or the hypervisor disturbed; 0 where none was measured."""
    measured = rounds.loc[~rounds["warmup"].astype(bool), "disturbed"].astype(bool)
    return float(measured.mean()) if len(measured) else 0.0


def too_disturbed(rounds: pd.DataFrame) -> str:
    """Why these rounds, of one cell or several, can establish nothing about time; empty when they can.

    Each cell by itself: where only one of two was disturbed, it is their difference that is.
    """
    if not rounds["disturbed"].any():
        return ""
    worst = max((disturbed_share(cell) for _, cell in rounds.groupby(CELL_AND_TWIN)), default=0.0)
    words = f"other programs or the hypervisor disturbed {percent(worst)} of the rounds"
    return words if worst > MOST_DISTURBED else ""


def above_ideal(rounds: pd.DataFrame) -> bool:
    """Whether the measured rounds of a cell were faster than its ideal time, beyond the uncertainty of the ideal.

    Then either the ideal or the measurement is wrong.
    """
    return mean_efficiency(rounds) > ABOVE


def mean_efficiency(rounds: pd.DataFrame) -> float:
    """The mean over blocks of ideal ÷ measured time; NaN where no ideal time is known."""
    return float(medians_by_block(rounds, "efficiency").mean()) if "efficiency" in rounds else np.nan


def flags(rounds: pd.DataFrame, blocks: int) -> str:
    """Warnings: saturation, disturbance, a time below the ideal one, missing blocks."""
    measured = rounds[~rounds["warmup"]]
    names = [
        f"saturated: {part}"
        for part in ("server", "machine", "client")
        if (measured["saturated"] == part).mean() >= FLAGGED_SHARE
    ]
    if measured["disturbed"].mean() >= FLAGGED_SHARE:
        names.append("disturbed")
    if mean_efficiency(rounds) >= READS_ABOVE_IDEAL:
        names.append(ABOVE_IDEAL)
    if lost := int(measured["workers_lost"].sum()) if "workers_lost" in measured else 0:
        names.append(f"{lost} {'worker' if lost == 1 else 'workers'} lost")
    if (missing := blocks - rounds["block"].nunique()) > 0:
        names.append(f"missing in {missing} of {blocks} blocks")
    return ", ".join(names)


def blocks_for(cell: pd.DataFrame, blocks: frozenset[int], only_bench: frozenset[int]) -> int:
    """In how many of the blocks a cell was to be measured: not in `only_bench`, unless make bench has it, too."""
    return len(blocks if only_bench & set(cell["block"]) else blocks - only_bench)


def in_common(one: pd.DataFrame, other: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rounds of two cells; where repeats are compared, only those of the blocks that measured both.

    A repeat's blocks are taken together before it is paired, and would otherwise not be the same on both sides.
    """
    if "repeat" not in one or "repeat" not in other:
        return one, other
    blocks = set(one["block"]) & set(other["block"])
    return one[one["block"].isin(blocks)], other[other["block"].isin(blocks)]


def paired(rounds: pd.DataFrame, over: pd.DataFrame) -> pd.Series:
    """The ratio of two cells' seconds in each block that both have, shape (blocks,), or in each repeat."""
    one, other = in_common(rounds, over)
    return (block_medians(one, "seconds") / block_medians(other, "seconds")).dropna()


def summarise(rounds: pd.DataFrame, *, ranges_only: bool, only_bench: frozenset[int] = frozenset()) -> pd.DataFrame:
    """One row per cell of a table of rounds; `only_bench` are the blocks that measured only what make bench does."""
    summary = summary_for(ranges_only=ranges_only)
    cells = dict(list(rounds.groupby(CELL_AND_TWIN, sort=True)))
    blocks = frozenset(rounds["block"])
    planned = {key: blocks_for(cell, blocks, only_bench) for key, cell in cells.items()}
    return pd.DataFrame([
        row(key, cell, sequential_of(key, cells), planned[key], summary) for key, cell in cells.items()
    ])  # fmt: skip


def sequential_key(key: Any, cells: Iterable[Any]) -> Any:
    """The key of the sequential cell that did the same work, whatever its concurrency; None where there is none."""
    same = [CELL_AND_TWIN.index(name) for name in SAME_WORK]
    for other in cells:
        if other[CELL_AND_TWIN.index("model")] == "sequential" and all(other[i] == key[i] for i in same):
            return other
    return None


def sequential_of(key: Any, cells: dict[Any, pd.DataFrame]) -> pd.DataFrame | None:
    """The rounds of the sequential cell that did the same work; None where there is none."""
    return cells.get(sequential_key(key, cells))


def row(key: Any, cell: pd.DataFrame, sequential: pd.DataFrame | None, blocks: int, summary: Summary) -> dict[str, Any]:
    """The columns of one cell, as summary.csv has them."""
    columns_of_cell: dict[str, Any] = dict(zip(CELL_AND_TWIN, key, strict=True))
    columns_of_cell["blocks"] = cell["block"].nunique()
    metric = cell["metric"].iloc[0] if "metric" in cell else None  # of experiments that observe instead of timing
    if isinstance(metric, str):
        columns_of_cell["metric"] = metric
        columns_of_cell |= columns("value", block_medians(cell, metric), summary)
    else:
        columns_of_cell |= timed(cell, sequential, summary)
    return columns_of_cell | {"flags": flags(cell, blocks)}


def timed(cell: pd.DataFrame, sequential: pd.DataFrame | None, summary: Summary) -> dict[str, Any]:
    """The columns of a timed cell: seconds, tasks per second, efficiency, and the speed-up over sequential."""
    seconds = block_medians(cell, "seconds")
    timings = columns("seconds", seconds, summary)
    timings |= columns("tasks_per_second", cell["tasks"].iloc[0] / seconds, summary)
    timings |= columns("efficiency", block_medians(cell, "efficiency"), summary)
    timings["cold_seconds"] = cell.loc[cell["warmup"], "seconds"].median()
    nothing = pd.Series(dtype=float)
    timings |= columns("speedup", nothing if sequential is None else paired(sequential, cell), summary)
    alone = nothing if sequential is None else block_medians(sequential, "seconds")
    if "ceiling_seconds" in cell and cell["ceiling_seconds"].notna().any():
        timings["ceiling_seconds"] = block_medians(cell, "ceiling_seconds").median()
    return timings | {"ideal_speedup": (alone / block_medians(cell, "ideal_seconds")).median()}


def kind_of_work(wait_s: float, compute_s: float) -> str:
    """One of KINDS, by the seconds that a task waits and computes."""
    return KINDS[0] if not compute_s else KINDS[2] if wait_s else KINDS[1]


def compute_percent(wait_s: float, compute_s: float) -> float:
    """The share of a task's time that computes, in percent; 0 for a task that takes no time."""
    total_s = wait_s + compute_s
    return 100 * compute_s / total_s if total_s else 0.0


def noise_floors(rounds: pd.DataFrame) -> dict[str, intervals.NoiseFloor | None]:
    """The noise floor of each kind of work that was timed; None where it had no A/A control.

    Of each kind, because computing and waiting are disturbed by different things: a pair of processes on a machine
    whose clock rate drifts must not hide what is known about waiting.
    """
    timed = rounds[rounds["metric"].isna()] if "metric" in rounds else rounds
    kinds = pd.Series(map(kind_of_work, timed["wait_seconds"], timed["compute_seconds"]), index=timed.index)
    return {kind: control_floor(timed[kinds == kind]) for kind in KINDS if (kinds == kind).any()}


def control_floor(rounds: pd.DataFrame) -> intervals.NoiseFloor | None:
    """The noise floor of all A/A controls among the rounds; None when none was measured in two blocks."""
    controls = list[NDArray[np.float64]]()
    for key, control in rounds[rounds["twin"]].groupby(CELL_AND_TWIN):
        same = (rounds[CELL_AND_TWIN[:-1]] == list(key[:-1])).all(axis=1) & ~rounds["twin"]
        controls.append(paired(control, rounds[same]).to_numpy(dtype=np.float64))
    measured = [ratios for ratios in controls if len(ratios) >= 2]
    return intervals.noise_floor(measured) if measured else None
