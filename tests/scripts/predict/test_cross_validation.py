"""Intervals that are as wide as they must be, from errors of cells that the prediction never saw."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scripts.predict import cross_validation
from scripts.predict.cost_model import table
from scripts.predict.cross_validation import AIMS, errors, regret_ratios, validate, validation, widths
from scripts.reference import PAGES, load_references, renewed
from tests.scripts.worlds import MACHINE, world

pytestmark = pytest.mark.slow


def test_a_machine_without_noise_is_predicted_and_the_intervals_are_narrow() -> None:
    result = validation(world())
    assert result
    assert result.near_best == 1.0
    assert result.median_error < 0.02
    assert max(result.widths.values()) < 1.2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_noisy_machine_intervals_are_wider_and_hold_what_they_promise(seed: int) -> None:
    result = validation(world(noise=0.1, mood=0.1, seed=seed))
    assert result
    assert result.block_coverage >= AIMS[0] - 0.05  # of 52 cells, each with a mood of its own
    assert min(result.widths.values()) > 1.2


def test_a_cell_is_not_predicted_from_itself() -> None:
    run = world()
    spoilt = run.rounds["seconds"].where(run.rounds["experiment"] != "more", run.rounds["seconds"] * 4)
    cells = cross_validation.cross_validate(table(replace(run, rounds=run.rounds.assign(seconds=spoilt))), MACHINE)
    more = cells[cells["experiment"] == "more"]
    assert np.median(more["seconds"] / more["predicted"]) == pytest.approx(4, rel=0.25)


def test_the_same_cell_of_another_experiment_is_held_back_with_it() -> None:
    run = world()
    again = run.rounds[run.rounds["experiment"] == "io"].assign(experiment="again")
    both = replace(run, rounds=pd.concat([run.rounds, again], ignore_index=True))
    alone, doubled = (cross_validation.cross_validate(table(one), MACHINE) for one in (run, both))
    first, second = (one[one["experiment"] == "io"]["predicted"].to_numpy() for one in (alone, doubled))
    assert np.allclose(first, second, rtol=1e-2)


def test_a_cost_that_only_the_held_back_knew_is_not_guessed() -> None:
    run = world()
    renamed = run.rounds["workload"].where(run.rounds["experiment"] != "network", "http")
    cells = cross_validation.cross_validate(table(replace(run, rounds=run.rounds.assign(workload=renamed))), MACHINE)
    assert "http" not in set(cells["workload"])
    assert "wire" in set(cells["workload"])


def test_too_few_cells_give_no_interval() -> None:
    run = world()
    few = run.rounds[run.rounds["experiment"].isin(["io", "cpu"]) & (run.rounds["concurrency"] <= 10)]
    assert validation(replace(run, rounds=few)) is None


def test_an_interval_is_wide_enough_for_nine_of_ten_blocks() -> None:
    cells = cross_validation.cross_validate(table(world(noise=0.05, mood=0.05)), MACHINE)
    for model, width in widths(cells).items():
        assert (errors(cells[cells["model"] == model]) <= width).mean() >= 0.9


def test_advice_that_costs_is_counted_as_such() -> None:
    cells = cross_validation.cross_validate(table(world()), MACHINE)
    wrong = cells.assign(predicted=1 / cells["predicted"])
    assert max(regret_ratios(wrong)) > 2
    assert not validate(wrong).meets_aims


def test_the_reference_keeps_what_the_docs_promise_and_they_say_what_it_shows() -> None:
    run, matrix = load_references()
    result = validation(run)
    assert result
    assert result.meets_aims
    for page in PAGES[1:]:
        assert page.read_text() == renewed(page.read_text(), run, matrix), "next: make reference RUN=results/reference"
