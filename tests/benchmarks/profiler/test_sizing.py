"""Which cells follow from sweeps whose truth is known: the right size, and never more in flight than is allowed."""

import json
from itertools import pairwise

import pytest

from benchmarks.core.runner import BUDGET_S
from benchmarks.profiler.sizing import (
    QUICK_BLOCK_S,
    Limits,
    LoadStep,
    cells_of,
    goes_on,
    heights,
    knee,
    released,
    size,
    spread,
    tail,
)

FREELY = Limits()


def ladder(*rates: float, cores: float = 0.1, each_s: float = 0.1) -> list[LoadStep]:
    """1, 2, 4, … at once with these tasks a second; a task takes as long as Little's law says."""
    sizes = [2**step for step in range(len(rates))]
    return [
        LoadStep(at_once, 2 * at_once, 2 * at_once / rate, rate, cores, max(each_s, at_once / rate))
        for at_once, rate in zip(sizes, rates, strict=True)
    ]


def test_the_last_rung_is_as_many_as_there_may_be() -> None:
    assert list(heights(1)) == [1]
    assert list(heights(20)) == [1, 2, 4, 8, 16, 20]
    assert list(heights(16)) == [1, 2, 4, 8, 16]


def test_a_ladder_is_climbed_until_two_rungs_gain_nothing() -> None:
    assert goes_on(ladder(10, 10))
    assert not goes_on(ladder(10, 10, 10))
    assert goes_on(ladder(10, 20, 20))
    assert not goes_on(ladder(10, 20, 21, 20))


def test_it_pays_as_long_as_there_is_a_tenth_to_gain() -> None:
    assert knee(ladder(10, 20, 40, 79, 80)) == 8
    assert knee(ladder(10, 9, 8)) == 1


@pytest.mark.parametrize(
    ("cores", "share", "at_least"), [(0.2, None, False), (0.97, 0.0, False), (1.25, 0.2, False), (1.9, 0.474, True)]
)
def test_the_gil_is_judged_by_the_cores_that_threads_fill(cores: float, share: float | None, at_least: bool) -> None:
    evidence = released(ladder(10, 20, cores=cores), parallel=2.0)
    assert evidence["released_share"] == (None if share is None else pytest.approx(share, abs=0.01))
    assert evidence["at_least"] is at_least


def test_a_quantile_that_so_few_tasks_cannot_show_is_not_told() -> None:
    assert tail([1.0] * 20) == {"p50": 1.0, "p95": None, "p99": None}
    assert tail([float(n) for n in range(300)])["p99"] is not None


def test_a_spread_leaves_out_the_extremes_of_many() -> None:
    spreads = spread([*[1.0] * 18, 5.0, 100.0])
    assert (spreads["median"], spreads["low"], spreads["high"]) == (1.0, 1.0, 5.0)


MODELS = ("sequential", "threads", "to_thread", "asyncio", "gather", "processes")
WAITING = {"threads": ladder(10, 20, 40, 80, 160), "asyncio": ladder(10, 20, 40, 80, 160)}


def test_a_round_has_two_waves_for_whatever_runs_at_once() -> None:
    plan = size(0.1, WAITING, MODELS, FREELY)
    assert all(2 * cell.concurrency <= plan.tasks for cell in plan.cells if cell.model != "gather")
    assert {cell.concurrency for cell in plan.cells if "equal" in cell.views and cell.model == "asyncio"} == {16}


def test_slow_tasks_are_compared_with_fewer_at_once_so_that_a_block_stays_short() -> None:
    slow = {"threads": ladder(*(rate / 20 for rate in (10, 20, 40, 80, 160)), each_s=2.0)}
    plan = size(2.0, slow, ("sequential", "threads"), FREELY)
    assert plan.equal == 2
    assert plan.tasks * 2.0 < BUDGET_S / 3
    sentence = plan.described(100, 10, {"threads": 16})["sentence"]
    assert "The profile found threads 16 faster still; a block stays short up to concurrency 2." in sentence


def test_pools_that_start_slowly_do_not_make_the_work_too_small_to_say_anything() -> None:
    slow = [LoadStep(2**step, 40, 4.0, 20 * 2**step, 0.1, 0.05) for step in range(6)]
    plan = size(0.05, {"threads": ladder(20, 40, 80, 160, 320, 640), "processes": slow}, MODELS, FREELY)
    assert plan.equal >= 8
    assert plan.tasks * 0.05 >= 0.5


def test_a_service_that_must_not_be_flooded_never_is() -> None:
    plan = size(0.01, {"asyncio": ladder(100, 200, 400)}, MODELS, Limits(4))
    assert max(cell.concurrency for cell in plan.cells) <= 4
    assert "gather" not in {cell.model for cell in plan.cells}


def test_a_device_that_takes_one_connection_is_never_asked_for_two() -> None:
    plan = size(0.01, {"threads": ladder(100)}, MODELS, Limits(1))
    assert {cell.concurrency for cell in plan.cells} == {1}


def test_a_family_is_measured_with_no_more_than_its_sweep_came_through_with() -> None:
    plan = size(0.1, WAITING, MODELS, Limits(reached={"threads": 4}))
    most = {model: max(cell.concurrency for cell in plan.cells if cell.model == model) for model in MODELS[:4]}
    assert most["threads"] == most["to_thread"] == 4
    assert most["asyncio"] > 4


def test_a_quick_look_takes_a_shorter_block() -> None:
    models = ("sequential", "threads", "asyncio")
    assert size(0.1, WAITING, models, FREELY, QUICK_BLOCK_S).seconds <= size(0.1, WAITING, models, FREELY).seconds


def test_what_is_done_about_the_size_is_said() -> None:
    plan = size(0.1, WAITING, MODELS, FREELY)
    assert f"{plan.tasks} of the 5,000 tasks, evenly from the list" in plan.described(5000, 10, {})["sentence"]
    assert f"the 3 tasks over and over, until there are {plan.tasks}" in plan.described(3, 10, {})["sentence"]


def test_a_size_becomes_cells_each_of_its_own() -> None:
    plan = size(0.1, WAITING, MODELS, FREELY)
    workload = {"name": "mywork", "forms": ["blocking", "asyncio"], "source": "mywork.py", "size": plan.tasks}
    survey = {"workload": workload, "cells": [vars(cell) for cell in plan.cells]}
    cells = cells_of(json.loads(json.dumps(survey)))
    names = sorted(map(str, cells))
    assert all(one != other for one, other in pairwise(names))
    assert sum(cell.twin for cell in cells) == 1
    assert all(cell.opt_in and cell.experiment == "user_work" and cell.tasks == plan.tasks for cell in cells)
