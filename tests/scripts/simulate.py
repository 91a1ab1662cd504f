"""Sessions on machines that never were, so that the truth is known: `(session, block, cell, round)` seconds.

A session is what `make bench` does: blocks sequentially, in each every cell once in a fresh random order, and of
each cell two measured rounds back to back. What a round takes is the cell's true time multiplied by

* **block**: what all cells of a block share (frequency, neighbours): lognormal, 3 %.
* **layout**: what one cell of one block keeps in all its rounds (memory layout, hash seed): lognormal, 1.8 %.
* **round**: fresh for each round: lognormal, 1 %. Layout and round give a paired log-ratio of block medians the
  standard deviation sqrt(2 · (1.8² + 1²/2)) = 2.7 %, the 2 to 3 % seen on the real two-core machine.
* **drift**: a function of the moment, so a cell that comes later in its block meets more of it: a random walk of
  `drift` standard deviations over the session, plus a trend of up to `drift` either way. 0.33 is what was seen.
* **spikes**: a stall that falls upon a round with `spike_chance` and adds a Pareto-tailed share (at least 5 %, one in
  eight over 20 %: infinite variance) of the time; half of the stalls last long enough to spoil both rounds.

`noise` scales layout and round per cell, for worlds in which one side is far noisier than the other; with
`stalled_cells` stalls visit the first cells only.
The worlds were fixed before the estimator was tried in them; none was softened since.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scripts.stats.intervals import Interval, geometric_mean

FloatArray = NDArray[np.float64]

BLOCK, LAYOUT, ROUND = 0.03, 0.018, 0.01
SMALLEST_SPIKE, SPIKE_TAIL = 0.05, 1.5  # a stall is 5 % · Pareto(1.5): P(over 20 %) = (5 / 20)^1.5 = 1/8
ROUNDS = 2


@dataclass(frozen=True)
class World:
    """What a machine does to the times; see the top of the file. `noise[i]` belongs to cell i, 1 if not given."""

    drift: float = 0.0
    spike_chance: float = 0.0
    noise: tuple[float, ...] = ()
    stalled_cells: int | None = None


WORLDS = {
    "calm": World(),
    "drift": World(drift=0.33),
    "spikes": World(drift=0.05, spike_chance=0.1),
    "unequal noise": World(drift=0.05, noise=(4.0,)),
}


def sessions(
    world: World,
    true_seconds: Sequence[float],
    *,
    count: int,
    blocks: int,
    seed: int,
    shuffled: bool = True,
) -> FloatArray:
    """Seconds of shape (count, blocks, cells, rounds). Unshuffled: all blocks of one cell, then all of the next."""
    rng = np.random.default_rng(seed)
    shape = (count, blocks, len(true_seconds), ROUNDS)
    scale = np.ones(len(true_seconds))
    scale[: len(world.noise)] = world.noise
    logs = np.log(np.asarray(true_seconds))[:, None] + BLOCK * rng.standard_normal((count, blocks, 1, 1))
    logs = logs + scale[:, None] * LAYOUT * rng.standard_normal((*shape[:3], 1))
    logs = logs + scale[:, None] * ROUND * rng.standard_normal(shape)
    seconds: FloatArray = np.exp(logs + _drift(world, rng, shape, shuffled)) * (1 + _stalls(world, rng, shape))
    return seconds


def _drift(world: World, rng: np.random.Generator, shape: tuple[int, ...], shuffled: bool) -> FloatArray:
    """The log of the machine's pace at the moment of each round."""
    count, blocks, cells, rounds = shape
    moments = blocks * cells * rounds
    walk = rng.standard_normal((count, moments)).cumsum(axis=1) / np.sqrt(moments)
    trend = rng.uniform(-1, 1, (count, 1)) * np.linspace(0, 1, moments)
    pace: FloatArray = world.drift * (walk + trend)
    if not shuffled:
        return pace.reshape(count, cells, blocks, rounds).swapaxes(1, 2)
    order = rng.random((count, blocks, cells)).argsort(axis=-1)
    return np.take_along_axis(pace.reshape(shape), order[..., None], axis=2)


def _stalls(world: World, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """The share of a round's time lost to stalls."""
    size = SMALLEST_SPIKE * (1 + rng.pareto(SPIKE_TAIL, shape))
    visited = np.arange(shape[2]) < (shape[2] if world.stalled_cells is None else world.stalled_cells)
    fresh = np.where((rng.random(shape) < world.spike_chance) & visited[:, None], size, 0.0)
    lasting = np.where(rng.random((*shape[:3], 1)) < 0.5, fresh[..., :1], 0.0)
    return np.concatenate((fresh[..., :1], fresh[..., 1:] + lasting), axis=-1)


@dataclass(frozen=True)
class Host:
    """What differs from run to run, and how much each of two cells minds it: in full, or at 0.3 of it.

    * **spread**: the speed of a whole run: lognormal. 0.05 to 0.1 is what was seen on one machine.
    * **drift**: a random walk of the speed from block to block, of so many standard deviations over a run.
    * **fast**: how much faster the machine is in half of the runs, as where a host of another speed is drawn.
    """

    spread: float = 0.0
    drift: float = 0.0
    fast: float = 0.0
    sensitivity: tuple[float, float] = (1.0, 0.3)


HOSTS = {
    "the same all the time": Host(),
    "5 % from run to run": Host(spread=0.05),
    "10 % from run to run": Host(spread=0.10),
    "slow drift": Host(drift=0.10),
    "hosts of two speeds": Host(fast=0.3),
}


def runs_on(host: Host, *, count: int, runs: int, blocks: int, seed: int) -> FloatArray:
    """Log-ratios of two cells, shape (count, runs, blocks), whose long-run mean is 0."""
    rng = np.random.default_rng(seed)
    speed = rng.normal(0, host.spread, (count, runs, 1)) + host.fast * (rng.integers(0, 2, (count, runs, 1)) - 0.5)
    walk = rng.standard_normal((count, runs, blocks)).cumsum(axis=-1) * host.drift / np.sqrt(blocks)
    shared = speed + walk
    noise = np.sqrt(LAYOUT**2 + ROUND**2 / ROUNDS) * rng.standard_normal((2, count, runs, blocks))
    first, second = (sense * shared + own for sense, own in zip(host.sensitivity, noise, strict=True))
    ratios: FloatArray = first - second
    return ratios


def block_medians(rounds: ArrayLike) -> FloatArray:
    """One value per block, shape (..., blocks), from that of each of its rounds, shape (..., blocks, rounds)."""
    return np.median(np.asarray(rounds, dtype=np.float64), axis=-1)


def block_ratios(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """The ratio within each block, shape (blocks,)."""
    return np.asarray(numerator, dtype=np.float64) / np.asarray(denominator, dtype=np.float64)


def paired_ratio(numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> Interval:
    """How many times the numerator is of the denominator, each of shape (blocks,), as a run's cells are compared."""
    return geometric_mean(block_ratios(numerator, denominator), confidence)
