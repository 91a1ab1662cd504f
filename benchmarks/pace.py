"""The calibration of CPU-bound tasks: how fast one core of this machine does each kind of work.

Measured once a run, before its first block, and handed to every block: a cell must be the same work in all of them.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Self

from benchmarks.capacity import spin
from benchmarks.workloads.digest import digest
from benchmarks.workloads.images import blur

TRIAL_S = 0.1  # one trial; the median of TRIALS of them is the pace
TRIALS = 5
SIDE = 500  # pixels: a picture takes some 10 ms, and a trial several of them


@dataclass(frozen=True)
class Pace:
    """One core's rates: numbers visited by `primes`, 1 MiB blocks hashed by `digest`, pixels blurred by `images`."""

    numbers_per_s: float
    blocks_per_s: float
    pixels_per_s: float

    @classmethod
    def measure(cls) -> Self:
        """The median of several trials, after one that warms up."""
        spin(TRIAL_S)
        return cls(*(median(rate(TRIAL_S) for _ in range(TRIALS)) for rate in (spin, hash_for, blur_for)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """As written by `write`."""
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """For every block of a run."""
        path.write_text(json.dumps(asdict(self)))


def hash_for(seconds: float) -> float:
    """Blocks hashed per second, two at a time."""
    began, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        digest(done, 2)
        done += 2
    return done / elapsed


def blur_for(seconds: float) -> float:
    """Pixels blurred per second."""
    began, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        blur(done, SIDE)
        done += 1
    return done * SIDE**2 / elapsed
