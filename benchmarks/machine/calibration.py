"""The calibration of CPU-bound tasks: how fast one core of this machine does each kind of work.

Measured once a run, before its first block, and handed to every block: a cell must be the same work in all of them.
A kind of work is called as the field that workloads list in their `needs`, and has a piece of its own here, a line of
PIECES; a workload without one is held to `primes`.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Self

from benchmarks.workloads import Workload
from benchmarks.workloads.digest import digest
from benchmarks.workloads.primes import FIRST, sum_of_primes

TRIAL_S = 0.1  # one trial; the median of TRIALS of them is the pace
TRIALS = 5
CHUNK = 200  # numbers in a piece: well under 1 ms between two looks at the clock
NUMBERS, BLOCKS, PIXELS = "numbers_per_s", "blocks_per_s", "pixels_per_s"
SIDE = 300  # pixels of a square that is blurred: some 4 ms


def some_numbers() -> int:
    """A piece of `primes`: how many numbers it visits."""
    sum_of_primes(FIRST, FIRST + CHUNK)
    return CHUNK


def some_blocks() -> int:
    """A piece of `digest`, some 2 ms: how many blocks of 1 MiB it hashes."""
    digest(0, 2)
    return 2


def some_pixels() -> int:
    """A piece of `images`: how many pixels it blurs. Pillow is loaded only where it is measured."""
    from benchmarks.workloads.images import blur

    blur(0, SIDE)
    return SIDE * SIDE


PIECES: dict[str, Callable[[], int]] = {NUMBERS: some_numbers, BLOCKS: some_blocks, PIXELS: some_pixels}


def kind_of(workload: Workload) -> str:
    """The kind of work that a workload computes."""
    return next((need for need in workload.needs if need in PIECES), NUMBERS)


def rate(kind: str, seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """How many units of that kind this core does in a second of that clock, piece by piece for so long."""
    piece, began, done = PIECES[kind], clock(), 0
    while (elapsed := clock() - began) < seconds:
        done += piece()
    return done / elapsed


@dataclass(frozen=True)
class Calibration:
    """One core's rate at each kind of work."""

    rates: dict[str, float]

    @classmethod
    def measure(cls, kinds: Iterable[str] = tuple(PIECES)) -> Self:
        """The median of several trials each, after one that warms up."""
        return cls({kind: median([rate(kind, TRIAL_S) for _ in range(1 + TRIALS)][1:]) for kind in kinds})

    @classmethod
    def read(cls, path: Path) -> Self:
        """As written by `write`."""
        return cls(json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """For every block of a run."""
        path.write_text(json.dumps(self.rates))
