"""Are the statistics right? Simulated sessions whose truth is known; the worlds are described in `simulate`.

Seeds are fixed, one per world, and were not chosen: with 2,000 sessions a share near 95 % has a standard error of
0.5 points, so the bands below are where an honest 95 % interval ends up, and a dishonest one does not.
"""

import numpy as np
import pytest

from scripts.analysis.conclusions import Outcome, conclude
from scripts.stats.decisions import Bound, Case, Verdict, judge
from scripts.stats.intervals import FloatArray, holm, noise_floor, t_limits
from tests.scripts.simulate import WORLDS, World, block_medians, block_ratios, paired_ratio, sessions

SESSIONS = 2000
TRUTH = 1.3


def log_ratios(seconds: FloatArray, numerator: int = 0, denominator: int = 1) -> FloatArray:
    """Shape (sessions, blocks): what `paired_ratio` averages."""
    medians = block_medians(seconds)
    return np.log(medians[..., numerator] / medians[..., denominator])


def covered(values: FloatArray, truth: float) -> float:
    """The share of samples, shape (sessions, n), whose t-interval contains the truth."""
    limits = t_limits(values)
    return float(((limits.low <= truth) & (truth <= limits.high)).mean())


@pytest.mark.parametrize("blocks", [6, 10, 20])
@pytest.mark.parametrize("world", WORLDS)
def test_a_nominal_95_percent_interval_is_one_in_every_world(world: str, blocks: int) -> None:
    seconds = sessions(WORLDS[world], [TRUTH, 1, 1, 1], count=SESSIONS, blocks=blocks, seed=blocks)
    assert 0.935 <= covered(log_ratios(seconds), np.log(TRUTH)) <= 0.97


def test_the_simulations_test_the_very_interval_that_is_published() -> None:
    seconds = sessions(WORLDS["spikes"], [TRUTH, 1], count=20, blocks=10, seed=1)
    limits = t_limits(log_ratios(seconds))
    for session, medians in enumerate(block_medians(seconds)):
        published = paired_ratio(medians[:, 0], medians[:, 1])
        assert published.low == pytest.approx(np.exp(limits.low[session]))
        assert published.high == pytest.approx(np.exp(limits.high[session]))
        assert published.p_value == pytest.approx(limits.p_value[session])


def test_the_simulated_noise_is_that_of_a_real_machine() -> None:
    paired = log_ratios(sessions(WORLDS["calm"], [1, 1], count=SESSIONS, blocks=10, seed=1))
    assert 0.02 <= float(np.std(paired)) <= 0.03


def test_stalls_that_visit_one_cell_only_are_a_known_limit() -> None:
    """Skewed and heavy-tailed on one side: the interval misses the long-run ratio in 8 to 10 % of sessions, not 5 %."""
    world = World(spike_chance=0.1, stalled_cells=1)
    logs = log_ratios(sessions(world, [1, 1], count=10 * SESSIONS, blocks=10, seed=1))
    assert 0.89 <= covered(logs, float(logs.mean())) <= 0.935


@pytest.mark.parametrize("blocks", [6, 10, 20])
def test_pooled_rounds_claim_a_certainty_that_they_do_not_have(blocks: int) -> None:
    seconds = sessions(WORLDS["calm"], [TRUTH, 1], count=SESSIONS, blocks=blocks, seed=blocks)
    pooled = np.log(seconds[:, :, 0] / seconds[:, :, 1]).reshape(SESSIONS, -1)
    assert covered(pooled, np.log(TRUTH)) < 0.88


@pytest.mark.parametrize("blocks", [6, 10])
def test_a_percentile_bootstrap_of_few_blocks_is_too_sure(blocks: int) -> None:
    logs = log_ratios(sessions(WORLDS["calm"], [TRUTH, 1], count=SESSIONS, blocks=blocks, seed=blocks))
    drawn = np.random.default_rng(blocks).integers(0, blocks, (500, blocks))
    low, high = np.quantile(logs[:, drawn].mean(axis=-1), [0.025, 0.975], axis=-1)
    assert ((low <= np.log(TRUTH)) & (np.log(TRUTH) <= high)).mean() < 0.93


def test_one_model_first_then_the_other_finds_differences_that_are_not_there() -> None:
    def share_of_false_differences(shuffled: bool) -> float:
        seconds = sessions(WORLDS["drift"], [1, 1], count=SESSIONS, blocks=10, seed=1, shuffled=shuffled)
        return 1 - covered(log_ratios(seconds), 0.0)

    assert share_of_false_differences(shuffled=False) > 0.5
    assert share_of_false_differences(shuffled=True) < 0.065


@pytest.mark.parametrize("world", WORLDS)
def test_without_holm_every_fourth_run_of_identical_models_finds_a_difference(world: str) -> None:
    medians = block_medians(sessions(WORLDS[world], [1] * 12, count=SESSIONS, blocks=10, seed=1))
    logs = np.log(medians[..., 0::2] / medians[..., 1::2]).swapaxes(1, 2)  # (sessions, 6 pairs, blocks)
    raw = t_limits(logs).p_value
    assert (raw.min(axis=1) <= 0.05).mean() > 0.15
    corrected = np.array([holm(p_values).min() for p_values in raw])
    assert (corrected <= 0.05).mean() <= 0.06  # 5 % and two standard errors of 2,000 sessions


def false_verdicts(medians: FloatArray) -> tuple[bool, bool]:
    """Whether a session of a twin pair and six more identical pairs, (blocks, 14), finds one faster; or a claim."""
    twins, *pairs = (medians[:, 2 * i : 2 * i + 2].T for i in range(7))
    floor, ratios = noise_floor([block_ratios(*twins)]), [paired_ratio(*pair) for pair in pairs]
    adjusted = holm([ratio.p_value for ratio in ratios])
    outcomes = [
        conclude(ratio, floor, margin=0.01, p_value=p_value) for ratio, p_value in zip(ratios, adjusted, strict=True)
    ]
    claims = judge([Case(pair[0] / pair[1], Bound(high=1, open_high=True)) for pair in pairs])
    return any(c.differs for c in outcomes), any(c.verdict is not Verdict.INCONCLUSIVE for c in claims)


@pytest.mark.slow
def test_identical_twins_on_a_drifting_machine_are_not_called_different() -> None:
    runs = sessions(WORLDS["drift"], [1] * 14, count=500, blocks=10, seed=1)
    differences, claims = np.mean([false_verdicts(medians) for medians in block_medians(runs)], axis=0)
    assert differences <= 0.05
    assert claims <= 0.05


def planted(world: str, slowed: float, count: int) -> list[Outcome]:
    """What whole sessions say of one slowed cell among eight, two of the others being twins."""
    runs = sessions(WORLDS[world], [slowed] + [1] * 7, count=count, blocks=10, seed=round(100 * slowed))
    return [
        conclude(paired_ratio(m[:, 0], m[:, 1]), noise_floor([block_ratios(m[:, 2], m[:, 3])]), margin=0.01).outcome
        for m in block_medians(runs)
    ]


def wrong_signs(world: str, slowed: float) -> float:
    """The share of sessions whose bare interval, no noise floor to help, lies wholly on the wrong side of 1."""
    seconds = sessions(WORLDS[world], [slowed] + [1] * 7, count=SESSIONS, blocks=10, seed=round(100 * slowed))
    return float((t_limits(log_ratios(seconds)).high < 0).mean())


@pytest.mark.parametrize("slowed", [1.02, 1.05, 1.10, 1.20])
def test_a_slowed_model_is_never_called_faster(slowed: float) -> None:
    assert wrong_signs("calm", slowed) == 0
    assert Outcome.FASTER not in planted("calm", slowed, count=250)


@pytest.mark.parametrize("world", ["drift", "spikes", "unequal noise"])
def test_even_where_the_noise_is_thrice_the_effect_a_wrong_sign_is_rarer_than_one_percent(world: str) -> None:
    """2 % under paired noise of 6 to 7 %: "never" would be a lie, since a 95 % interval errs this way up to 2.5 %."""
    assert wrong_signs(world, 1.02) < 0.01
    assert wrong_signs(world, 1.10) == 0


@pytest.mark.parametrize("slowed", [1.10, 1.20])
def test_a_slowdown_of_ten_percent_does_not_escape_ten_blocks(slowed: float) -> None:
    outcomes = planted("calm", slowed, count=500)
    assert outcomes.count(Outcome.SLOWER) / len(outcomes) >= 0.95


@pytest.mark.parametrize("slowed", [1.02, 1.05, 1.10, 1.20])
def test_the_planted_ratio_lies_inside_its_interval(slowed: float) -> None:
    logs = log_ratios(sessions(WORLDS["calm"], [slowed, 1], count=4 * SESSIONS, blocks=10, seed=1))
    assert covered(logs, np.log(slowed)) >= 0.94
