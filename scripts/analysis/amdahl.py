"""How large a share of computing stays serial: Amdahl's law, fitted to a model's times with more and more workers.

    time with n workers ÷ time of sequential = s + (1 - s) / n

The law counts cores, so n is the number of workers, but no more than the parallel capacity that was measured. Each
block gives its own s by least squares (the law is linear in s), and the interval is over blocks. What a model pays at
its start, or to a lock, counts as serial; s above 1 says that more workers make it slower.

Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities", AFIPS 1967.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.analysis.conclusions import interval_within
from scripts.analysis.points import Point, Run
from scripts.stats import intervals
from scripts.tables.columns import CELL
from scripts.tables.summary import block_medians, sequential_of


@dataclass(frozen=True)
class Law:
    """Amdahl's law with a serial share and its interval."""

    serial: float
    low: float
    high: float

    @property
    def possible(self) -> bool:
        """Whether the interval of the serial share lies within 0 and 1; otherwise the law does not fit."""
        return interval_within(self.low, self.high, 0.0, 1.0)

    def speedup(self, workers: float, capacity: float) -> float:
        """The speed-up that the law predicts with `workers` workers."""
        return 1 / (self.serial + (1 - self.serial) / min(workers, capacity))

    def __str__(self) -> str:
        interval = f" ({whole_percent(self.low)} to {whole_percent(self.high)})" if self.low < self.high else ""
        return f"{whole_percent(self.serial)} % serial{interval}"


def whole_percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * share:.0f}"


def serial_share(cores: Sequence[float], times: Sequence[float]) -> float:
    """The serial share that fits the times, each relative to sequential, by least squares."""
    inverse, share = 1 / np.asarray(cores), np.asarray(times)
    return float(((share - inverse) * (1 - inverse)).sum() / ((1 - inverse) ** 2).sum())


def fitted_law(run: Run, line: Sequence[Point]) -> Law | None:
    """The law fitted to one model's cells; None when they do not determine it."""
    rounds = run.rounds[~run.rounds["twin"].astype(bool)]
    cells = dict(list(rounds.groupby(CELL)))
    alone = sequential_of((*line[0].key, False), {(*key, False): cell for key, cell in cells.items()})
    if alone is None or "parallel_capacity" not in rounds:
        return None
    sequential = block_medians(alone, "seconds")
    shares = {each.concurrency: block_medians(cells[each.key], "seconds") / sequential for each in line}
    capacity = block_medians(cells[line[-1].key], "parallel_capacity")
    by_block = (serial_share_of_block(shares, capacity, block) for block in sequential.index)
    return law_over_blocks([share for share in by_block if share is not None], ranges_only=run.ranges_only)


def serial_share_of_block(shares: Mapping[int, pd.Series], capacity: pd.Series, block: int) -> float | None:
    """The serial share in one block; None when it lacks a cell, or has no second core to tell by."""
    times = [share.get(block, np.nan) for share in shares.values()]
    cores = [min(workers, max(float(capacity.get(block, np.nan)), 1.0)) for workers in shares]
    fit = np.isfinite([*times, *cores]).all() and max(cores, default=1) >= 1.1
    return serial_share(cores, times) if fit else None


def law_over_blocks(serial_shares: Sequence[float], *, ranges_only: bool) -> Law | None:
    """One law from the serial shares of the blocks, shape (blocks,); None without any."""
    if ranges_only or len(serial_shares) < 2:
        return Law(*intervals.value_range(serial_shares)) if serial_shares else None
    interval = intervals.mean(serial_shares)
    return Law(interval.estimate, interval.low, interval.high)
