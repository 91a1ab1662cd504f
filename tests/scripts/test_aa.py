"""Does `make aa` notice a suite that lies? Sessions of machines that never were, as tables of rounds."""

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from benchmarks.core.cell import Cell
from benchmarks.core.selection import chosen
from benchmarks.experiments.test_aa import PERCENT as PLANTED_PERCENT
from benchmarks.experiments.test_aa import SamePrimes
from benchmarks.workloads.sleep import Sleep
from scripts.aa import EXPERIMENTS, PERCENT, judge_planted, judge_twins, planted, report, twins
from scripts.analysis.conclusions import Outcome
from scripts.stats import intervals
from scripts.tables.load import Run
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.simulate import WORLDS, FloatArray, sessions

TWINS = 7
MODELS = [f"model{number}" for number in range(TWINS)]
NAMES = [("aa", model, twin) for model in MODELS for twin in (False, True)]
NAMES += [(f"planted{percent}", "model0", False) for percent in (0, *PERCENT)]
TRUTH = [1.0] * (2 * TWINS) + [1 + percent / 100 for percent in (0, *PERCENT)]


def rounds(seconds: FloatArray) -> pd.DataFrame:
    """A table of rounds, as `dataset.load` makes it, of one session (block, cell, round)."""
    block, cell, number = (index.ravel() for index in np.indices(seconds.shape))
    experiment, model, twin = (np.array(names)[cell] for names in zip(*NAMES, strict=True))
    return pd.DataFrame(
        {
            "experiment": experiment,
            "workload": "wire",
            "model": model,
            "twin": twin.astype(bool),
            "concurrency": 4,
            "wait_seconds": 0.004,
            "compute_seconds": 0.0,
            "block": block,
            "round": number,
            "warmup": False,
            "seconds": seconds.ravel(),
        }
    )


def session(world: str, truth: list[float], seed: int = 1, count: int = 1) -> list[pd.DataFrame]:
    return [rounds(one) for one in sessions(WORLDS[world], truth, count=count, blocks=10, seed=seed)]


def reported(table: pd.DataFrame) -> tuple[Exit, str]:
    """The exit and the words of a run of these rounds."""
    out = Console(width=80, record=True, file=StringIO())
    code = report(Run(Path("results/aa/planted"), {}, table, [], []), out)
    return code, out.export_text()


def test_pairs_are_the_twins_and_the_slowed_with_their_originals() -> None:
    (table,) = session("calm", TRUTH)
    assert [pair.true_ratio for pair in twins(table)] == [1.0] * TWINS
    assert [pair.true_ratio for pair in planted(table)] == [1.02, 1.05, 1.1, 1.2]
    assert all(len(pair.ratios) == 10 for pair in twins(table) + planted(table))


def test_a_suite_that_favours_one_twin_is_caught() -> None:
    biased = [*TRUTH]
    biased[1] = 1.2  # the twin of the first pair always runs where it is slow
    code, words = reported(session("calm", biased)[0])
    assert code is Exit.NEGATIVE
    assert f"False verdicts among {TWINS} A/A controls after Holm: 1 (without a noise floor: 1)" in words


def test_a_suite_that_turns_a_slowdown_into_a_gain_is_caught() -> None:
    upside_down = [1 / truth for truth in TRUTH]
    code, words = reported(session("calm", upside_down)[0])
    assert code is Exit.NEGATIVE
    assert "Called faster though slowed: 3 of 4" in words
    assert "OUTSIDE" in words


def test_an_honest_suite_passes() -> None:
    code, words = reported(session("calm", TRUTH)[0])
    assert code is Exit.OK
    assert "after Holm: 0" in words
    assert "Found at +20 %: 1 of 1 (without a noise floor: 1)." in words
    assert all(len(line) <= 80 for line in words.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_false_verdicts_on_twins_stay_rare_in_every_world(world: str) -> None:
    sessions_judged = [judge_twins(twins(table)) for table in session(world, TRUTH, count=100)]
    assert (
        sum(any(one.different for one in judged) for judged in sessions_judged) <= 5
    )  # the bound of the design; 0 to 2 came out
    assert (
        sum(any(one.bare.differs for one in judged) for judged in sessions_judged) <= 12
    )  # 5 expected, and three standard errors


@pytest.mark.slow
def test_a_slowdown_of_a_fifth_is_found_by_the_very_judgement_of_a_run() -> None:
    for table in session("calm", TRUTH, count=20):
        floor = intervals.noise_floor([pair.ratios for pair in twins(table)])
        judged = judge_planted(planted(table), floor)
        assert judged[-1].conclusion.outcome is Outcome.SLOWER
        assert not any(one.wrong_sign for one in judged)


def test_without_twins_nothing_is_said() -> None:
    (table,) = session("calm", TRUTH)
    with pytest.raises(CommandError, match="no pair of A/A controls") as stop:
        reported(table[table["experiment"] != "aa"])
    assert stop.value.code is Exit.NOT_MEASURED


@pytest.mark.parametrize("blocks", [1, 3, 5])
@pytest.mark.parametrize("truth", [TRUTH, [1 / truth for truth in TRUTH]])
def test_a_run_too_short_for_any_verdict_is_no_success_and_no_failure(blocks: int, truth: list[float]) -> None:
    (table,) = session("calm", truth)
    with pytest.raises(CommandError, match=f"has the 6 blocks that a verdict takes; the run has {blocks}") as stop:
        reported(table[table["block"] < blocks])
    assert stop.value.code is Exit.NOT_MEASURED
    assert reported(table[table["block"] < 6])[0] is (Exit.OK if truth is TRUTH else Exit.NEGATIVE)


def test_an_ordinary_run_does_not_pay_for_these_cells() -> None:
    cell = Cell("aa", Sleep(), "asyncio", 20, 40, opt_in=True)
    assert not chosen("", cell)
    assert not chosen("sleep and asyncio", cell)
    assert not chosen("not aa", cell)
    assert chosen("aa", cell)
    assert chosen(" or ".join(EXPERIMENTS), cell)


def test_what_is_planted_is_what_is_judged() -> None:
    assert (0, *PERCENT) == PLANTED_PERCENT


def test_planted_computing_is_the_same_work_in_every_task() -> None:
    assert set(SamePrimes(numbers_per_s=1e6).tasks(102)) == {0}
