"""From which concurrency on asyncio wins: found where it is, and not found where it is not."""

import math

import pytest

from scripts.analysis.crossover import NEVER, Crossover, crossover, last_rise
from scripts.stats.intervals import Interval

SIZES = [1, 10, 100, 1000]


def interval(low: float, estimate: float, high: float) -> Interval:
    return Interval(estimate, low, high, 10, 0.95, 0.01)


@pytest.mark.parametrize(
    ("curve", "where"),
    [
        ([0.5, 0.5, 2, 4], math.sqrt(10 * 100)),  # half-way between 10 and 100 on the logarithmic axis
        ([0.8, 0.9, 0.95, 1.0], NEVER),  # as fast is not faster
        ([1.1, 1.2, 1.5, 2], 1),
        ([1.2, 0.5, 2, 4], math.sqrt(10 * 100)),  # it must stay: the first lead was lost again
        ([0.5, 2, 2, 0.9], NEVER),
    ],
)
def test_the_crossing_is_the_last_rise(curve: list[float], where: float) -> None:
    assert last_rise(SIZES, curve) == pytest.approx(where)


def test_the_interval_holds_every_size_at_which_the_run_says_neither() -> None:
    ratios = [interval(0.4, 0.5, 0.6), interval(0.8, 0.9, 1.2), interval(0.9, 1.1, 1.3), interval(1.5, 2, 2.5)]
    estimate, low, high = crossover(SIZES, ratios)
    assert 1 < low < 10 < estimate < 100 < high < 1000


def test_what_is_not_established_anywhere_is_said_to_be_not_found() -> None:
    ratios = [interval(0.4, 0.5, 0.6), interval(0.8, 0.9, 1.2), interval(0.9, 1.1, 1.3), interval(0.9, 1.3, 1.5)]
    found = Crossover("network", "wire", tuple(SIZES), *crossover(SIZES, ratios))
    assert found.high == NEVER
    assert str(found) == "With `wire`, that asyncio beats threads was not found up to 1,000 at once."


def test_the_sentence_gives_the_interval() -> None:
    found = Crossover("network", "http", tuple(SIZES), 34.2, 12.1, 55.8)
    assert str(found).endswith("established from 56 at once on; it begins at about 34 (95 % interval 12 to 56).")
    everywhere = Crossover("network", "http", tuple(SIZES), 1, 1, 1)
    assert str(everywhere).endswith("established at every size from 1 at once on.")
