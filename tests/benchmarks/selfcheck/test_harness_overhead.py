"""What is said of the harness's overhead, and that a model which keeps a process does not hold it up."""

import math
import multiprocessing.forkserver
from typing import Any

import pytest

from benchmarks.models import needs
from benchmarks.selfcheck.harness_overhead import TURNS, Estimate, turns
from benchmarks.workloads.noop import Nothing
from tests.missing import missing


def coverage(turns: int, below: int) -> float:
    """How often the median lies between the values that have `below` values outside them."""
    return 1 - 2 * sum(math.comb(turns, lower) for lower in range(below + 1)) / float(2**turns)


@pytest.mark.parametrize("turns", [6, 17, 41, 161])
def test_the_interval_is_of_at_least_95_percent_and_no_wider(turns: int) -> None:
    estimate = Estimate.of([float(value) for value in range(turns)])
    below = int(estimate.low)
    assert estimate.high == turns - 1 - below
    assert coverage(turns, below) >= 0.95 > coverage(turns, below + 1)


def test_an_aim_within_the_interval_is_undecided() -> None:
    added = [float(value) for value in range(TURNS)]
    estimate = Estimate.of(added)
    assert estimate == (8.0, 4.0, 12.0)
    assert [estimate.verdict(aim) for aim in (13.0, 10.0, 3.0)] == ["met", "undecided", "not met"]


@pytest.mark.real
@pytest.mark.parametrize("name", ["sequential", "pool", "gevent"])
def test_every_kind_of_model_is_timed_to_the_end(name: str) -> None:
    if reason := needs(name).unavailable_reason():
        missing(reason)
    assert len(turns(name, Nothing(), 10, 2)) == TURNS
    server: Any = multiprocessing.forkserver._forkserver
    assert server._forkserver_pid is None
