"""How long the latency server waits, and how a request ends: pure functions of (settings, task number, attempt).

Every model gets the same delay and the same outcome for the same task, in whatever order requests arrive. A client that
knows the settings knows the actual delays, and so the ideal time.

The draws are splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), as hashes of
their coordinates. Rejected: one shared `random.Random` (the arrival order would decide), and a `random.Random` a
request (seeding costs 8 µs, this 1 µs, and the server must not be the bottleneck).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

MASK = 2**64 - 1
DELAY_DRAW, FATE_DRAW = 1, 2  # two independent draws for the same task
SERVED, ERROR, RESET, HANG = range(4)
MOST_BYTES = 64 * 2**20  # larger payloads measure memory bandwidth, not waiting
NORMAL = NormalDist()


@dataclass(frozen=True)
class Settings:
    """Parameters of `/delay`, named as in the query and on the command line."""

    ms: float = 0.0
    distribution: str = "fixed"
    sigma: float = 1.0
    list: tuple[float, ...] = ()
    seed: int = 0
    bytes: int = 0
    errors: float = 0.0
    resets: float = 0.0
    hangs: float = 0.0
    rate: float = 0.0
    burst: int = 1

    def __post_init__(self) -> None:
        if self.errors + self.resets + self.hangs > 1:
            raise ValueError("errors, resets and hangs exclude one another: together they must be at most 1")
        if self.distribution == "list" and not self.list:
            raise ValueError("distribution=list needs list=5,50,500: the delays in ms, picked by n")


def draw(*coordinates: int) -> float:
    """A uniform number strictly between 0 and 1 that depends on the coordinates and nothing else."""
    state = 0
    for coordinate in coordinates:
        state = (state ^ coordinate) + 0x9E3779B97F4A7C15 & MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK
        state ^= state >> 31
    return ((state >> 12) + 0.5) / 2**52  # 52 bits: with 53, the largest draw would round to 1


def delay_s(settings: Settings, n: int) -> float:
    """The delay of task `n`, in seconds."""
    if settings.distribution == "fixed":
        return settings.ms / 1000
    if settings.distribution == "list":
        return settings.list[n % len(settings.list)] / 1000
    uniform = draw(settings.seed, n, DELAY_DRAW)
    if settings.distribution == "uniform":
        return settings.ms * 2 * uniform / 1000
    return settings.ms * math.exp(settings.sigma * NORMAL.inv_cdf(uniform)) / 1000


def fate(settings: Settings, n: int, attempt: int = 0) -> int:
    """SERVED, ERROR, RESET or HANG: how this attempt at task `n` ends."""
    uniform = draw(settings.seed, n, FATE_DRAW, attempt)
    if uniform < settings.errors:
        return ERROR
    if uniform < settings.errors + settings.resets:
        return RESET
    return HANG if uniform < settings.errors + settings.resets + settings.hangs else SERVED


def number(least: float, most: float, kind: Callable[[str], float] = float) -> Callable[[str], float]:
    """A reader of numbers from `least` to `most`; NaN is in no range."""

    def read(text: str) -> float:
        try:
            if least <= (value := kind(text)) <= most:
                return value
        except ValueError:
            pass
        raise ValueError(f"must be {'a whole' if kind is int else 'a'} number from {least:g} to {most:g}")

    return read


def name_of_distribution(text: str) -> str:
    """The name of a distribution; ValueError if there is none of that name."""
    if text not in ("fixed", "uniform", "lognormal", "list"):
        raise ValueError("must be fixed, uniform, lognormal or list")
    return text


A_DAY_MS = 86_400_000.0
read_ms, read_share, read_n = number(0, A_DAY_MS), number(0, 1), number(0, 10**15, int)
READERS: dict[str, Callable[[str], Any]] = {
    "ms": read_ms,
    "distribution": name_of_distribution,
    "sigma": number(0, 10),
    "list": lambda text: tuple(map(read_ms, text.split(","))),
    "seed": number(0, MASK, int),
    "bytes": number(0, MOST_BYTES, int),
    "errors": read_share,
    "resets": read_share,
    "hangs": read_share,
    "rate": number(0, 1e6),
    "burst": number(1, 1e6, int),
}


def changed(defaults: Settings, pairs: Iterable[tuple[str, str]]) -> Settings:
    """The defaults with these changes; a ValueError names the parameter that can't be read."""
    changes = {}
    for name, text in pairs:
        if name not in READERS:
            raise ValueError(f"There is no parameter {name}; there are n, attempt, {', '.join(READERS)}.")
        try:
            changes[name] = READERS[name](text)
        except ValueError as error:
            raise ValueError(f"{name}={text}: {name} {error}.") from None
    return replace(defaults, **changes)
