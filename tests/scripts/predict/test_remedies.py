"""What the options leave out: batches, an event loop on each core, the machine's own ideal time, and no absurdities."""

from dataclasses import replace

import numpy as np
import pytest

from scripts.predict.equation import CORES, times
from scripts.predict.recommend import turning_points
from scripts.predict.remedies import Remedy, remedies
from tests.scripts.predict.test_recommend import SOURCE, advised, question


def remedies_of(tasks: int, wait_s: float, cpu_s: float) -> dict[str, Remedy]:
    work = question(tasks, wait_s, cpu_s)
    return {
        remedy.description.split(" with ")[0].split(" in each")[0]: remedy
        for remedy in remedies(work, SOURCE, advised(work))
    }


def test_the_ideal_time_is_that_of_the_machine_and_not_of_the_workers_that_were_advised() -> None:
    work = question(5000, 0.2, 0.003)
    assert advised(work).floor_s == pytest.approx(5000 * 0.003 / 8)
    assert advised(replace(work, at_once=10)).floor_s == pytest.approx(500 * 0.203)


def test_tiny_tasks_are_handed_to_processes_in_batches() -> None:
    work = question(200_000, 0.0, 0.0001)
    remedy = remedies_of(200_000, 0.0, 0.0001)["processes"]
    assert remedy.description == "processes with 8 workers, in batches (chunksize=6250)"
    single = times(CORES, work.work("processes"), 8.0, SOURCE.fit.of("processes"), 8.0)
    assert remedy.seconds < float(np.asarray(single.seconds))
    assert remedy.seconds >= advised(work).floor_s


def test_long_tasks_need_no_batches() -> None:
    assert "processes" not in remedies_of(200, 0.0, 0.3)


def test_waits_with_too_much_computing_for_one_core_are_for_several_loops() -> None:
    remedy = remedies_of(5000, 0.2, 0.003)["an event loop"]
    assert remedy.workers == 8
    assert advised(question(5000, 0.2, 0.003)).floor_s < remedy.seconds < 3


def test_nothing_that_waits_is_no_work_for_several_loops() -> None:
    assert "an event loop" not in remedies_of(200_000, 0.0, 0.0001)


@pytest.mark.slow
@pytest.mark.parametrize("cpu_s", [0.00001, 0.001, 0.3])
@pytest.mark.parametrize("tasks", [1, 5000, 900_000])
def test_no_turning_point_lies_where_nobody_goes(tasks: int, cpu_s: float) -> None:
    work = question(tasks, 0.01, cpu_s)
    names = [option.model for option in advised(work).options]
    points = [point for other in names[1:] for point in turning_points(work, SOURCE, names[0], other)]
    assert all(value <= {"tasks": 1e6, "cpu_s": 1e3, "wait_s": 1e3}[axis] for axis, value in points)
