"""The calibration of CPU-bound tasks: how fast one core of this machine does each kind of work.

Measured once a run, before its first block, and handed to every block: a cell must be the same work in all of them.
By CPU time, for what others take is no slower work, and until several trials in a row agree: by the clock on the wall,
and once, the same "50 ms" named anything from 164,000 to 768,000 numbers a second within an hour. Where they never
agree the calibration says that it is not steady, and computing cells can only be compared within their run.
A kind of work is called as the field that workloads list in their `needs`, and has a piece of its own here, a line of
PIECES; a workload without one is held to `primes`.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any, Self

from benchmarks.machine.switches import block_environment, interpreter_moods, switches
from benchmarks.workloads import Workload
from benchmarks.workloads.digest import digest
from benchmarks.workloads.primes import FIRST, sum_of_primes

TRIAL_S = 0.1  # one trial; the median of the last TRIALS of them is the pace
TRIALS = 5
STEADY = 0.05  # largest over smallest of TRIALS in a row, less one: the differences worth reporting begin there
MOST_TRIALS = 20  # of a kind: two seconds; a machine that has not settled by then will not settle
CHUNK = 400  # numbers in a piece: about 1 ms, and as hard per number as a whole task (the test counts its divisions)
NUMBERS, BLOCKS, PIXELS = "numbers_per_s", "blocks_per_s", "pixels_per_s"
SIDE = 1000  # pixels of a square that is blurred: as large as a task of 50 ms, for a small one fits into the cache


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


def rates(kind: str, seconds: float) -> tuple[float, float]:
    """How many units of that kind this core does in a second on the wall, and in a second of CPU, for so long."""
    piece, began, cpu_began = PIECES[kind], perf_counter(), thread_time()
    done = piece()  # at least one, even if the core is taken away meanwhile
    while (elapsed := perf_counter() - began) < seconds:
        done += piece()
    return done / elapsed, done / (thread_time() - cpu_began)


def rate(kind: str, seconds: float) -> float:
    """How many units of that kind this core does in a second on the wall."""
    return rates(kind, seconds)[0]


def settle(trial: Callable[[], float]) -> list[float]:
    """The last trials, TRIALS of them: those that first agree within STEADY, or after MOST_TRIALS the last."""
    trials = [trial() for _ in range(1 + TRIALS)][1:]  # the first warms up
    while spread(trials[-TRIALS:]) > STEADY and len(trials) < MOST_TRIALS:
        trials.append(trial())
    return trials[-TRIALS:]


def spread(trials: list[float]) -> float:
    """How far the largest is above the smallest: 0.05 for 5 %."""
    return max(trials) / min(trials) - 1


@dataclass(frozen=True)
class Calibration:
    """One core's rate at each kind of work, in units per second of CPU, and how far its trials were apart."""

    rates: dict[str, float]
    spreads: dict[str, float] = field(default_factory=dict)

    @classmethod
    def measure(cls, kinds: Iterable[str] = tuple(PIECES)) -> Self:
        """The median of several trials each that agree, after one that warms up."""
        trials = {kind: settle(lambda kind=kind: rates(kind, TRIAL_S)[1]) for kind in kinds}  # type: ignore[misc]
        spreads = {kind: spread(times) for kind, times in trials.items()}
        return cls({kind: median(times) for kind, times in trials.items()}, spreads)

    @classmethod
    def of_blocks(cls) -> Self:
        """As a block would measure it: in a block's environment, whatever this interpreter was started with."""
        if not switches() and not list(interpreter_moods()):
            return cls.measure()
        command, root = [sys.executable, "-m", __name__], Path(__file__).parents[2]
        ended = subprocess.run(command, env=block_environment(), cwd=root, check=True, stdout=subprocess.PIPE)
        return cls(**json.loads(ended.stdout))

    @property
    def steady(self) -> bool:
        """Whether every kind's trials agreed."""
        return all(value <= STEADY for value in self.spreads.values())

    def described(self) -> dict[str, Any]:
        """What a run records of it."""
        return {"rates": self.rates, "spreads": self.spreads, "steady": self.steady}

    @classmethod
    def read(cls, path: Path) -> Self:
        """The rates as written by `write`."""
        return cls(json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """For every block of a run."""
        path.write_text(json.dumps(self.rates))


if __name__ == "__main__":
    measured = Calibration.measure()
    print(json.dumps({"rates": measured.rates, "spreads": measured.spreads}))
