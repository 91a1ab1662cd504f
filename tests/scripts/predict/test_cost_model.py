"""What a run says that models cost: of planted machines the truth, of unsuitable cells nothing."""

import numpy as np
import pandas as pd
import pytest

from scripts.predict.cost_model import LEAST_CELLS, Machine, fit, table
from scripts.tables.load import Run
from tests.scripts.worlds import MACHINE, PLANTED, cells, world


@pytest.mark.slow
def test_planted_costs_are_found_again_so_far_as_they_matter() -> None:
    fitted = fit(table(world()), MACHINE)
    table_of_cells = cells()
    truth = table(world())["seconds"]
    assert np.allclose(fitted.predict(table(world())), truth, rtol=0.03)
    assert len(table_of_cells) == len(truth)
    for name in (("place", "processes"), ("start", "processes"), ("pace", "primes"), ("late", "server", "alone")):
        assert fitted.cost_s[name] == pytest.approx(PLANTED[name], rel=0.2), name


def test_costs_come_from_measured_rounds_and_not_from_the_cold_one() -> None:
    assert np.allclose(table(world())["seconds"], table(world(blocks=2))["seconds"])


def test_one_wild_cell_does_not_spoil_the_others() -> None:
    cells = table(world())
    wild = cells.assign(seconds=cells["seconds"].where(cells.index != 3, cells["seconds"] * 5))
    others = cells.index != 3
    off = np.abs(np.log(fit(wild, MACHINE).predict(cells) / cells["seconds"]))[others]
    assert np.median(off) < 0.03


def changed(run: Run, rounds: pd.DataFrame) -> Run:
    return Run(run.path, run.environment, rounds, [], [])


def test_a_cell_whose_tasks_are_not_alike_is_not_learned_from() -> None:
    run = world()
    odd = (run.rounds["experiment"] == "network") & (run.rounds["concurrency"] == 50)
    rounds = run.rounds.assign(ideal_seconds=run.rounds["ideal_seconds"].where(~odd, 0.8))
    assert len(table(run)) - len(table(changed(run, rounds))) == 4


@pytest.mark.parametrize("column", ["twin", "workload", "model", "metric"])
def test_what_the_equation_does_not_speak_of_is_left_out(column: str) -> None:
    run = world()
    odd = (run.rounds["experiment"] == "cpu") & (run.rounds["workload"] == "digest")
    before = run.rounds.assign(metric=None)
    value = {"twin": True, "workload": "http-blocking", "model": "gevent", "metric": "unit_seconds"}[column]
    rounds = before.assign(**{column: before[column].where(~odd, value)})
    assert len(table(run)) - len(table(changed(run, rounds))) == 8


def test_a_model_with_fewer_cells_than_costs_is_not_known() -> None:
    run = world()
    rare = run.rounds["model"] == "processes"
    kept = run.rounds[~rare | ((run.rounds["experiment"] == "cpu") & (run.rounds["concurrency"] == 2))]
    assert kept[kept["model"] == "processes"]["workload"].nunique() < LEAST_CELLS
    assert fit(table(changed(run, kept)), MACHINE).models == ["sequential", "threads", "asyncio"]


def test_nothing_is_learned_from_nothing() -> None:
    with pytest.raises(ValueError, match="no cells"):
        fit(table(world()).iloc[:0], MACHINE)


def test_without_a_gil_threads_are_not_held_to_one_core() -> None:
    cells = table(world())
    threads = cells[(cells["model"] == "threads") & (cells["workload"] == "primes") & (cells["concurrency"] > 1)]
    fitted = fit(cells, MACHINE)
    free = type(fitted)(fitted.cost_s, Machine(MACHINE.capacity, MACHINE.cores, gil=False))
    assert (free.predict(threads) < fitted.predict(threads) * 0.7).all()
