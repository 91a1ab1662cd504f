"""Is `overlap ab` right? Simulated machines whose truth is known (tests/scripts/simulate.py), four blocks a turn."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from scripts.analysis.revisions import CAUSES, LEAST, Change, Pairs, Sample, changes, pooled_sample
from scripts.revisions.measurement import PER_TURN, order
from scripts.stats.intervals import FloatArray
from tests.scripts.simulate import WORLDS, block_medians, sessions

RUNS, TURNS, MODELS = 500, 10, ("sequential", "threads", "asyncio")


def sample(seconds: float, cpu_s: float = 0.001) -> Sample:
    return Sample(seconds, cpu_s, 0.001, 0.01)


def pairs_of(seconds: FloatArray, effect: float, seed: int) -> list[Pairs]:
    """What one simulated run measures: shape (blocks, models), `effect` planted into head."""
    sides = order(len(seconds) // PER_TURN, seed)
    pairs = []
    for place, model in enumerate(MODELS[: seconds.shape[1]]):
        sided: dict[str, list[Sample]] = {"base": [], "head": []}
        for start in range(0, len(sides), PER_TURN):
            for side in sided:
                factor = effect if side == "head" else 1.0
                here = [n for n in range(start, start + PER_TURN) if sides[n] == side]
                sided[side].append(pooled_sample([sample(float(seconds[n, place]) * factor) for n in here]))
        pairs.append(Pairs(model, 10, sided["base"], sided["head"]))
    return pairs


def simulated(world: str, effect: float, seed: int) -> list[list[Change]]:
    """The verdicts of RUNS runs."""
    seconds = sessions(WORLDS[world], [1.0] * len(MODELS), count=RUNS, blocks=PER_TURN * TURNS, seed=seed)
    runs = block_medians(seconds)
    return [changes(pairs_of(run, effect, seed + number)) for number, run in enumerate(runs)]


def share(runs: Sequence[Sequence[Change]], *verdicts: str) -> float:
    """The share of runs in which any model gets one of those verdicts."""
    return sum(any(one.verdict in verdicts for one in run) for run in runs) / len(runs)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_identical_code_is_called_different_in_at_most_one_run_in_twenty(world: str) -> None:
    runs = simulated(world, 1.0, seed=1)
    assert share(runs, "faster", "slower") <= 0.05
    assert sum(any(one.worse for one in run) for run in runs) / RUNS <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_a_planted_tenth_is_found_by_ten_turns(world: str) -> None:
    runs = simulated(world, 1.1, seed=2)
    assert sum(any(one.worse for one in run) for run in runs) / RUNS >= 0.95
    assert share(runs, "faster", "no measurable difference") <= 0.01


@pytest.mark.slow
def test_a_planted_gain_is_no_loss() -> None:
    runs = simulated("drift", 1 / 1.1, seed=3)
    assert share(runs, "faster") >= 0.95
    assert not any(one.worse for run in runs for one in run)


def test_a_machine_that_gets_steadily_slower_favours_no_side() -> None:
    trend = np.exp(np.linspace(0, 1, PER_TURN * TURNS))[:, None]
    (change,) = changes(pairs_of(trend, 1.0, seed=4))
    assert change.ratio is not None
    assert change.ratio.estimate == pytest.approx(1.0)


def test_every_turn_has_a_side_in_the_middle_and_the_other_around_it() -> None:
    sides = order(200, seed=5)
    turns = [tuple(sides[start : start + PER_TURN]) for start in range(0, len(sides), PER_TURN)]
    assert set(turns) == {("base", "head", "head", "base"), ("head", "base", "base", "head")}
    assert 70 <= turns.count(("base", "head", "head", "base")) <= 130


def noisy(effect: float, spread: float, turns: int = 10) -> Pairs:
    factors = np.exp(spread * np.tile([-1, 1], turns // 2 + 1)[:turns])
    return Pairs("threads", 10, [sample(1.0)] * turns, [sample(effect * float(factor)) for factor in factors])


def test_a_machine_too_noisy_to_tell_says_so_and_what_it_would_take() -> None:
    (change,) = changes([noisy(1.03, 0.2)])
    assert (change.verdict, change.worse) == ("inconclusive", False)
    assert change.reason == ("10 turns show differences of 16 % and more on this machine; 5 % would take about 96")


def test_a_difference_within_the_threshold_fails_nothing() -> None:
    (change,) = changes([noisy(1.03, 0.005)])
    assert (change.verdict, change.worse) == ("no measurable difference", False)


def test_a_loss_beyond_the_threshold_fails_and_one_below_it_does_not() -> None:
    (strict,), (lenient,) = changes([noisy(1.1, 0.01)], 0.05), changes([noisy(1.1, 0.03)], 0.2)
    assert (strict.verdict, strict.worse, lenient.worse) == ("slower", True, False)


def test_what_two_environments_alone_change_is_no_difference() -> None:
    (change,) = changes([noisy(1 + LEAST.value / 2, 0.0001)], 0.001)
    assert change.verdict == "inconclusive"


def test_few_turns_give_no_verdict() -> None:
    (change,) = changes([noisy(2.0, 0.01, turns=5)])
    assert change.verdict == "inconclusive"
    assert change.reason == "5 turns are too few for a verdict, 6 are needed"


def test_a_model_that_failed_is_not_usable_and_says_why() -> None:
    outcomes = changes([Pairs("asyncio", 10, failure="head: task 3 raised ValueError"), noisy(1.0, 0.01)])
    assert (outcomes[0].verdict, outcomes[0].reason) == ("not usable", "head: task 3 raised ValueError")
    assert outcomes[1].verdict == "no measurable difference"


def test_the_cause_of_a_loss_is_the_part_that_changed() -> None:
    turns = range(10)
    base = [Sample(1.0 + 0.001 * turn, 0.001 + 1e-6 * turn, 0.001, 0.01) for turn in turns]
    head = [Sample(1.2 + 0.001 * turn, 0.003 + 2e-6 * turn, 0.001 + 1e-5 * (-1) ** turn, 0.01) for turn in turns]
    (change,) = changes([Pairs("threads", 10, base, head)])
    assert [one.name for one in change.causes] == [CAUSES["cpu_per_task"]]
    assert math.isclose(change.causes[0].head_s / change.causes[0].base_s, 3.0, rel_tol=0.05)
