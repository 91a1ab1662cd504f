"""Axes of values: round ticks, and how far along an axis a value lies."""

import math
from itertools import pairwise

from scripts.util.format import Format


def axis_share(value: float, low: float, high: float, *, log: bool) -> float:
    """How far along an axis a value lies, from 0 at `low` to 1 at `high`; a value beyond an end lies at that end."""
    value = min(max(value, low), high)
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def even_ticks(high: float, most: int = 7) -> list[float]:
    """Ticks of a linear axis from 0 to `high`: steps of 1, 2 or 5 times a power of ten, `most` at the most."""
    power = 10.0 ** math.floor(math.log10(high))
    steps = (power * one / 10 for one in (1, 2, 5, 10, 20, 50, 100))
    step = next(step for step in steps if high / step <= most)
    return [step * place for place in range(int(high / step) + 1)]


def ticks_between(low: float, high: float, most: int, form: Format) -> list[float]:
    """Ticks of a linear axis that need not start at zero, as many as have room and a label of their own."""
    for count in range(max(most, 2), 1, -1):
        step = even_ticks(high - low, count)[1]
        ticks = [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if len({form(one) for one in ticks}) == len(ticks):
            return ticks
    return [low]


def log_ticks(low: float, high: float, gap: float, base: int = 10) -> list[float]:
    """Ticks of a logarithmic axis, as many as leave `gap` (a share of its length) between neighbours.

    1, 2, 5, 10; where there is less room 1, 3, 10; then every power, every second power, and so on.
    """
    first, last = math.floor(math.log(low, base)), math.ceil(math.log(high, base))
    steps = [(each, 1) for each in STEPS[base]] + [((1,), stride) for stride in range(2, last - first + 2)]
    for multiples, stride in steps:
        powers = [power for power in range(first, last + 1) if power % stride == 0]
        ticks = [one * float(base) ** power for power in powers for one in multiples]
        ticks = [value for value in ticks if low * 0.999 <= value <= high * 1.001]
        if all(math.log(b / a) >= gap * math.log(high / low) for a, b in pairwise(ticks)):
            return ticks
    return ticks[:1]


STEPS: dict[int, list[tuple[float, ...]]] = {
    2: [(1,)],
    10: [
        (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
        (1, 1.2, 1.5, 2, 3, 5, 7),
        (1, 2, 5),
        (1, 3),
        (1,),
    ],
}
