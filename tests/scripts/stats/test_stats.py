"""The statistics by example (against textbooks and scipy) and by property. Whether they are right: `test_validity`."""

import math
from random import Random
from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from scripts.analysis.conclusions import Outcome, conclude
from scripts.stats.decisions import Bound, Case, Judgement, Verdict, judge, verdict
from scripts.stats.intervals import (
    FloatArray,
    Interval,
    NoiseFloor,
    geometric_mean,
    holm,
    mean,
    noise_floor,
    t_limits,
    unpaired_ratio,
    value_range,
)
from tests.scripts.simulate import block_ratios, paired_ratio

SLOW = [2.02, 1.93, 2.11, 1.98, 2.05, 2.08, 1.95, 2.00]
FAST = [1.00, 0.99, 1.04, 1.01, 1.00, 1.03, 0.98, 1.02]


def interval(low: float, high: float, *, p_value: float = 0.01, estimate: float | None = None) -> Interval:
    middle = math.sqrt(low * high) if estimate is None else estimate
    return Interval(middle, low, high, n=10, confidence=0.95, p_value=p_value)


# --- by example ---------------------------------------------------------------------------------------------------


def test_the_mean_and_its_interval_are_those_of_scipy() -> None:
    ours, theirs = mean(SLOW, 0.9), scipy_stats.ttest_1samp(SLOW, 0.0)
    low, high = theirs.confidence_interval(0.9)
    assert (ours.estimate, ours.low, ours.high) == pytest.approx((np.mean(SLOW), low, high))
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert (ours.n, ours.confidence) == (8, 0.9)


def test_the_paired_ratio_is_the_paired_t_test_on_logs() -> None:
    ours, theirs = paired_ratio(SLOW, FAST), scipy_stats.ttest_rel(np.log(SLOW), np.log(FAST))
    low, high = np.exp(theirs.confidence_interval(0.95))
    assert (ours.low, ours.high, ours.p_value) == pytest.approx((low, high, theirs.pvalue))
    assert ours.estimate == pytest.approx(scipy_stats.gmean(SLOW) / scipy_stats.gmean(FAST))
    assert (ours.n, ours.confidence) == (8, 0.95)


def test_the_intervals_are_95_percent_unless_told() -> None:
    assert mean(SLOW) == mean(SLOW, 0.95)
    assert geometric_mean(SLOW) == geometric_mean(SLOW, 0.95)
    assert paired_ratio(SLOW, FAST) == paired_ratio(SLOW, FAST, 0.95)
    assert t_limits(np.array(SLOW)) == t_limits(np.array(SLOW), 0.95)


def test_many_samples_at_once_give_what_each_gives_alone() -> None:
    rows = np.array([SLOW, FAST])
    together = t_limits(rows, 0.9)
    for row, values in enumerate(rows):
        alone = mean(values, 0.9)
        limits = (together.centre[row], together.low[row], together.high[row], together.p_value[row])
        assert (alone.estimate, alone.low, alone.high, alone.p_value) == pytest.approx(limits)


def test_blocks_that_all_agree_leave_no_doubt_instead_of_dividing_by_zero() -> None:
    assert mean([0, 0, 0]) == Interval(0, 0, 0, 3, 0.95, p_value=1.0)
    assert mean([2, 2, 2]) == Interval(2, 2, 2, 3, 0.95, p_value=0.0)
    assert mean([-2, -2, -2]).p_value == 0


def test_two_wild_blocks_leave_the_interval_open_instead_of_overflowing() -> None:
    shown = paired_ratio([1e3, 1], [1, 1e3], 0.999)
    assert (shown.low, shown.high) == (0, math.inf)
    assert shown.estimate == pytest.approx(1)


def test_holm_is_the_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).size == 0


def test_three_blocks_print_a_range() -> None:
    assert value_range([3, 1, 2.5]) == (2.5, 1, 3)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ((18.91, 18.12, 19.68), "18.9 [18.1, 19.7]"),
        ((1.0034, 0.9821, 1.0242), "1.003 [0.982, 1.024]"),
        ((12345.6, 11600.4, 13100.2), "12346 [11600, 13100]"),
        ((0.00123, 0.00119, 0.00128), "0.001230 [0.001190, 0.001280]"),
        ((50.4, 45.1, 55.1), "50 [45, 55]"),
        ((5.04, 4.5, 5.5), "5.0 [4.5, 5.5]"),
        ((2, 2, 2), "2 [2, 2]"),
        ((1.5, 0, math.inf), "1.5 [0, inf]"),
        ((-0.25, -0.5, 0.0), "-0.25 [-0.50, 0.00]"),
    ],
)
def test_an_interval_prints_no_digits_that_it_does_not_have(shown: tuple[float, float, float], text: str) -> None:
    assert str(Interval(*shown, n=10, confidence=0.95, p_value=0.5)) == text


def test_an_interval_contains_its_ends() -> None:
    shown = interval(1.0, 2.0)
    assert [shown.contains(x) for x in (0.99, 1.0, 1.5, 2.0, 2.01)] == [False, True, True, True, False]
    assert [shown.excludes(x) for x in (0.99, 1.0, 1.5, 2.0, 2.01)] == [True, False, False, False, True]


# --- errors -------------------------------------------------------------------------------------------------------


def refusal(values: object, confidence: float = 0.95) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the whole sentence
        geometric_mean(values, confidence)  # type: ignore[arg-type]
    return str(caught.value)


def test_what_is_not_a_result_is_refused_in_a_sentence() -> None:
    shape = "An interval needs one value per block and at least 2 blocks, not shape"
    assert refusal([1]) == f"{shape} (1,)."
    assert refusal([[1, 2]]) == f"{shape} (1, 2)."
    not_finite = "A block gave a value that is not a finite number: it is not a result."
    assert refusal([1, math.nan]) == refusal([1, math.inf]) == not_finite
    positive = "A ratio or geometric mean needs positive values, not {}; use mean()."
    assert refusal([1, 0]) == positive.format("0")
    assert refusal([3, -2.5]) == positive.format("-2.5")


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_95_is_not_a_confidence(confidence: float) -> None:
    sentence = f"A confidence is a share between 0 and 1, not {confidence}."
    assert refusal(SLOW, confidence) == sentence


def test_a_bound_that_nothing_satisfies_is_refused() -> None:
    sentence = "No value lies between {} and {}: the bound can never hold."
    impossible = [(2, 1, False, False), (1, 1, True, False), (1, 1, False, True), (math.nan, 1, False, False)]
    for low, high, open_low, open_high in impossible:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below, whole
            Bound(low, high, open_low, open_high)
        assert str(caught.value) == sentence.format(f"{low:g}", f"{high:g}")


def test_without_controls_the_noise_floor_is_unknown_not_zero() -> None:
    with pytest.raises(ValueError, match=r"^No A/A control was measured, so the noise floor is unknown\.$"):
        noise_floor([])


# --- verdicts -----------------------------------------------------------------------------------------------------


def test_a_bound_knows_its_open_ends() -> None:
    assert not Bound(low=20, open_low=True).contains(20)
    assert Bound(low=20).contains(20)
    assert Bound(low=20).contains(math.inf)
    assert not Bound(high=1.2, open_high=True).contains(1.2)
    assert Bound(high=1.2).contains(1.2)
    assert Bound(0.9, 1.1).contains(1)
    assert not Bound(0.9, 1.1).contains(1.2)
    assert not Bound(0.9, 1.1).contains(0.8)
    assert Bound().contains(-1e300)


@pytest.mark.parametrize(
    ("low", "high", "bound", "expected"),
    [
        (21, 25, Bound(low=20), Verdict.HOLDS),
        (15, 19, Bound(low=20), Verdict.REFUTED),
        (19, 21, Bound(low=20), Verdict.INCONCLUSIVE),
        (15, 20, Bound(low=20), Verdict.INCONCLUSIVE),
        (15, 20, Bound(low=20, open_low=True), Verdict.REFUTED),
        (20, 25, Bound(low=20, open_low=True), Verdict.INCONCLUSIVE),
        (1.0, 1.1, Bound(high=1.2), Verdict.HOLDS),
        (1.3, 1.4, Bound(high=1.2), Verdict.REFUTED),
        (1.2, 1.4, Bound(high=1.2), Verdict.INCONCLUSIVE),
        (1.2, 1.4, Bound(high=1.2, open_high=True), Verdict.REFUTED),
        (1.1, 1.2, Bound(high=1.2, open_high=True), Verdict.INCONCLUSIVE),
        (0.95, 1.05, Bound(0.9, 1.1), Verdict.HOLDS),
        (0.85, 1.05, Bound(0.9, 1.1), Verdict.INCONCLUSIVE),
        (0.95, 1.15, Bound(0.9, 1.1), Verdict.INCONCLUSIVE),
        (0.5, 0.8, Bound(0.9, 1.1), Verdict.REFUTED),
        (0.5, 2.0, Bound(0.9, 1.1), Verdict.INCONCLUSIVE),
    ],
)
def test_a_verdict_has_three_values(low: float, high: float, bound: Bound, expected: Verdict) -> None:
    assert verdict(interval(low, high), bound) is expected


def test_the_words_of_a_verdict_are_those_of_the_report() -> None:
    assert [v.value for v in Verdict] == ["holds", "refuted", "inconclusive"]


def test_one_lost_update_in_ten_blocks_refutes_that_none_is_lost() -> None:
    none, one = judge([Case([0] * 10, Bound(0, 0), log=False), Case([0] * 9 + [3], Bound(0, 0), log=False)])
    assert (none.verdict, none.p_value) == (Verdict.HOLDS, 0)
    assert (one.verdict, one.p_value) == (Verdict.REFUTED, 0)
    assert one.interval == mean([0] * 9 + [3])


def test_blocks_that_all_agree_are_judged_by_their_one_value() -> None:
    at_the_end = [Case([20] * 5, Bound(low=20)), Case([20] * 5, Bound(low=20, open_low=True))]
    assert [j.verdict for j in judge(at_the_end)] == [Verdict.HOLDS, Verdict.REFUTED]


def test_a_judgement_is_a_t_test_against_the_bound() -> None:
    ratios = block_ratios(SLOW, FAST)
    theirs = scipy_stats.ttest_1samp(np.log(ratios), np.log(1.95))
    (ours,) = judge([Case(ratios, Bound(low=1.95))])
    assert ours.p_value == pytest.approx(theirs.pvalue)
    assert ours.interval == paired_ratio(SLOW, FAST)
    (linear,) = judge([Case(SLOW, Bound(high=1.9), log=False)])
    assert linear.p_value == pytest.approx(scipy_stats.ttest_1samp(SLOW, 1.9).pvalue)
    assert linear.verdict is Verdict.REFUTED
    assert linear.interval == mean(SLOW)


def test_a_range_holds_by_two_one_sided_tests_and_is_refuted_by_one() -> None:
    logs = np.log(block_ratios(SLOW, FAST))

    def judged(low: float, high: float) -> Judgement:
        return judge([Case(np.exp(logs), Bound(low, high))])[0]

    def one_sided(end: float, side: Literal["greater", "less"]) -> float:
        return float(scipy_stats.ttest_1samp(logs, np.log(end), alternative=side).pvalue)

    inside, above, below = judged(1.9, 2.06), judged(1.5, 1.9), judged(2.1, 2.5)
    assert [j.verdict for j in (inside, above, below)] == [Verdict.HOLDS, Verdict.REFUTED, Verdict.REFUTED]
    assert inside.p_value == pytest.approx(2 * max(one_sided(1.9, "greater"), one_sided(2.06, "less")))
    assert above.p_value == pytest.approx(2 * one_sided(1.9, "greater"))
    assert below.p_value == pytest.approx(2 * one_sided(2.1, "less"))
    assert judged(1.98, 2.06).verdict is Verdict.INCONCLUSIVE


def test_twenty_shaky_claims_do_not_make_one_true() -> None:
    shaky = Case(block_ratios(SLOW, FAST), Bound(low=1.965))
    (alone,) = judge([shaky])
    assert alone.verdict is Verdict.HOLDS
    together = judge([shaky] * 20)
    assert {j.verdict for j in together} == {Verdict.INCONCLUSIVE}
    assert together[0].interval == alone.interval
    assert together[0].p_value == pytest.approx(min(1, 20 * alone.p_value))


def test_exact_claims_cost_the_shaky_ones_nothing() -> None:
    shaky = Case(block_ratios(SLOW, FAST), Bound(low=1.965))
    exact = [Case([0, 0], Bound(0, 0), log=False)] * 20
    assert judge([*exact, shaky])[-1] == judge([shaky])[0]


def test_a_bound_of_zero_on_a_ratio_is_minus_infinity_in_logs() -> None:
    (sure,) = judge([Case(SLOW, Bound(low=0, high=10))])
    assert sure.verdict is Verdict.HOLDS
    (all_ratios,) = judge([Case(SLOW, Bound(low=-1))])
    assert (all_ratios.verdict, all_ratios.p_value) == (Verdict.HOLDS, 0)
    (below_half,) = judge([Case(SLOW, Bound(high=0.5))])
    assert below_half.verdict is Verdict.REFUTED


def test_a_judgement_uses_the_confidence_it_is_given() -> None:
    shaky = Case(block_ratios(SLOW, FAST), Bound(low=1.965))
    (strict,) = judge([shaky], confidence=0.99)
    assert strict.verdict is Verdict.INCONCLUSIVE
    assert strict.interval == paired_ratio(SLOW, FAST, 0.99)


def test_a_log_claim_about_lost_updates_is_refused_not_judged() -> None:
    with pytest.raises(ValueError, match="use mean"):
        judge([Case([0, 1, 2], Bound(low=0))])


def outcome(ratio: Interval, margin: float = 0.05, floor: float = 0.0, p_value: float | None = None) -> Outcome:
    noise = NoiseFloor(floor, floor, floor, 1)
    return conclude(ratio, noise, margin=margin, p_value=p_value).outcome


# --- comparisons --------------------------------------------------------------------------------------------------


def test_a_persistent_offset_between_identical_cells_is_the_noise_floor() -> None:
    assert noise_floor([np.full(10, 1.04)]).value == pytest.approx(0.04)
    assert noise_floor([np.full(10, 1 / 1.04)]).value == pytest.approx(0.04)
    both = noise_floor([np.full(10, 1.04), np.full(10, 1.0)])
    assert both.value == pytest.approx(math.exp(math.log(1.04) / math.sqrt(2)) - 1)  # the root mean square of the two
    assert both.controls == 2


def test_a_lucky_control_does_not_make_the_noise_floor_small() -> None:
    lucky = np.exp(np.array([0.1, -0.1] * 5))  # whose mean is 0, and whose blocks are 10 % apart
    floor = noise_floor([lucky])
    assert floor.value == pytest.approx(math.expm1(0.1 / 3))  # the standard error of ten blocks
    assert floor.low < floor.value < floor.high < 2 * floor.value


@pytest.mark.parametrize(
    ("low", "high", "margin", "floor", "expected"),
    [
        (1.10, 1.20, 0.05, 0.0, Outcome.SLOWER),
        (0.80, 0.90, 0.05, 0.0, Outcome.FASTER),
        (0.97, 1.04, 0.05, 0.0, Outcome.NO_DIFFERENCE),
        (1.01, 1.04, 0.05, 0.0, Outcome.NO_DIFFERENCE),
        (0.97, 1.08, 0.05, 0.0, Outcome.INCONCLUSIVE),
        (0.90, 1.04, 0.05, 0.0, Outcome.INCONCLUSIVE),
        (1.06, 1.20, 0.05, 0.1, Outcome.INCONCLUSIVE),
        (0.80, 0.92, 0.05, 0.1, Outcome.INCONCLUSIVE),
        (0.80, 0.90, 0.05, 0.1, Outcome.FASTER),
        (1.11, 1.20, 0.05, 0.1, Outcome.SLOWER),
        (1.50, 2.00, 0.05, 0.5, Outcome.INCONCLUSIVE),
        (0.50, 0.80, 0.05, 0.25, Outcome.INCONCLUSIVE),
        (0.80, 1.25, 0.25, 0.0, Outcome.NO_DIFFERENCE),
    ],
)
def test_no_difference_inside_the_noise_band_is_called_one(
    low: float, high: float, margin: float, floor: float, expected: Outcome
) -> None:
    assert outcome(interval(low, high), margin, floor) is expected


def test_with_a_floor_of_zero_any_difference_beyond_the_margin_counts() -> None:
    assert outcome(interval(1.06, 1.07)) is Outcome.SLOWER
    assert outcome(interval(1.06, 1.5)) is Outcome.SLOWER
    assert outcome(interval(0.9, 0.94)) is Outcome.FASTER


@pytest.mark.parametrize(("low", "high"), [(1.1, 1.2), (0.8, 0.9)])
def test_among_many_comparisons_holms_p_value_decides(low: float, high: float) -> None:
    shown = interval(low, high, p_value=0.02)
    assert outcome(shown) in (Outcome.SLOWER, Outcome.FASTER)
    assert outcome(shown, p_value=0.2) is Outcome.INCONCLUSIVE
    assert outcome(shown, p_value=1 - 0.95) is not Outcome.INCONCLUSIVE


# --- by property --------------------------------------------------------------------------------------------------

# Reproducible, and without deadlines: a busy neighbour is not a fault of the statistics.
settings.register_profile("shared machine", deadline=None, derandomize=True)
settings.load_profile("shared machine")

seconds = st.floats(1e-3, 1e3)
p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=30)
confidences = st.floats(0.5, 0.999)


def shake(sample: FloatArray) -> bool:
    """Whether the log-ratios differ by more than rounding, below which no property of a t-test survives."""
    return bool(np.ptp(np.log(sample[0] / sample[1])) > 1e-6)


pairs = st.lists(st.tuples(seconds, seconds), min_size=2, max_size=20).map(lambda rows: np.array(rows).T).filter(shake)


def ends(shown: Interval) -> tuple[float, float, float]:
    return shown.low, shown.estimate, shown.high


@given(pairs, st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(sample: FloatArray, scale: float) -> None:
    assert ends(paired_ratio(*(scale * sample))) == pytest.approx(ends(paired_ratio(*sample)), rel=1e-6)


@given(pairs, st.floats(0.1, 10))
def test_a_ratio_scales_with_its_numerator(sample: FloatArray, scale: float) -> None:
    scaled = np.array(ends(paired_ratio(sample[0] * scale, sample[1])))
    assert scaled == pytest.approx(scale * np.array(ends(paired_ratio(*sample))), rel=1e-6)


@given(pairs)
def test_swapping_the_sides_inverts_the_ratio(sample: FloatArray) -> None:
    there, back = paired_ratio(*sample), paired_ratio(*sample[::-1])
    assert 1 / back.estimate == pytest.approx(there.estimate)
    assert back.low * there.high == pytest.approx(1, rel=1e-6) or (back.low, there.high) == (0, math.inf)
    assert back.high * there.low == pytest.approx(1, rel=1e-6) or (there.low, back.high) == (0, math.inf)
    assert back.p_value == pytest.approx(there.p_value, abs=1e-6)


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_blocks_does_not_matter(sample: FloatArray, random: Random) -> None:
    order = random.sample(range(sample.shape[1]), sample.shape[1])
    assert ends(paired_ratio(*sample[:, order])) == pytest.approx(ends(paired_ratio(*sample)), rel=1e-6)


@pytest.mark.slow
@given(pairs, confidences, confidences)
def test_more_confidence_is_never_a_narrower_interval(sample: FloatArray, a: float, b: float) -> None:
    less, more = (paired_ratio(sample[0], sample[1], level) for level in (min(a, b), max(a, b)))
    assert more.low <= less.low <= less.estimate <= less.high <= more.high


@given(pairs)
def test_the_p_value_and_the_interval_never_contradict_each_other(sample: FloatArray) -> None:
    shown = paired_ratio(*sample)
    assume(abs(shown.p_value - 0.05) > 1e-6)
    assert shown.excludes(1.0) == (shown.p_value < 0.05)
    assert 0 <= shown.p_value <= 1


@given(p_lists)
def test_holm_never_makes_a_claim_more_certain_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert np.all(adjusted >= p_values)
    assert np.all(adjusted <= np.minimum(1, len(p_values) * np.array(p_values)))
    assert np.all(np.diff(adjusted[np.argsort(p_values)]) >= 0)


@given(p_lists, st.floats(0, 1))
def test_one_claim_more_never_helps_the_others(p_values: list[float], another: float) -> None:
    assert np.all(holm([*p_values, another])[:-1] >= holm(p_values))


bounds = st.tuples(st.floats(0.01, 5), st.floats(0.01, 5), st.booleans(), st.booleans()).filter(lambda b: b[0] < b[1])
any_bound = st.one_of(
    bounds.map(lambda b: Bound(*b)),
    bounds.map(lambda b: Bound(low=b[0], open_low=b[2])),
    bounds.map(lambda b: Bound(high=b[1], open_high=b[3])),
)


@pytest.mark.slow
@given(pairs, any_bound)
def test_a_lone_judgement_is_what_its_interval_says(sample: FloatArray, bound: Bound) -> None:
    (judgement,) = judge([Case(block_ratios(*sample), bound)])
    assume(abs(judgement.p_value - 0.05) > 1e-6)
    assert judgement.verdict is verdict(judgement.interval, bound)


@given(pairs, st.floats(0.01, 5), st.booleans())
def test_a_claim_and_its_contrary_never_both_hold(sample: FloatArray, end: float, is_open: bool) -> None:
    opposite = {Verdict.HOLDS: Verdict.REFUTED, Verdict.REFUTED: Verdict.HOLDS}
    above, below = Bound(low=end, open_low=is_open), Bound(high=end, open_high=not is_open)
    (one,), (other,) = (judge([Case(block_ratios(*sample), bound)]) for bound in (above, below))
    assert other.verdict is opposite.get(one.verdict, one.verdict)


@given(pairs, st.floats(0, 0.2), st.floats(0, 0.2), st.floats(0, 0.2))
def test_a_higher_floor_never_finds_a_difference_that_a_lower_one_did_not(
    sample: FloatArray, margin: float, a: float, b: float
) -> None:
    shown = paired_ratio(*sample)
    low, high = outcome(shown, margin, min(a, b)), outcome(shown, margin, max(a, b))
    assert high in (low, Outcome.INCONCLUSIVE)


@given(pairs, st.floats(0, 0.2), st.floats(0, 0.2))
def test_faster_one_way_is_slower_the_other(sample: FloatArray, margin: float, floor: float) -> None:
    opposite = {Outcome.FASTER: Outcome.SLOWER, Outcome.SLOWER: Outcome.FASTER}
    there, back = paired_ratio(*sample), paired_ratio(*sample[::-1])
    edges = [1 + margin, 1 / (1 + margin), 1 + floor, 1 / (1 + floor)]
    assume(all(abs(end / edge - 1) > 1e-6 for edge in edges for end in (there.low, there.high)))
    assert outcome(back, margin, floor) is opposite.get(concluded := outcome(there, margin, floor), concluded)


def test_two_runs_of_the_same_have_the_ratio_one_inside() -> None:
    rng = np.random.default_rng(5)
    samples = np.exp(rng.normal(0, 0.1, (2000, 2, 10)))
    covered = [unpaired_ratio(a, b).contains(1) for a, b in samples]
    assert 0.935 <= np.mean(covered) <= 0.965


def test_two_runs_of_unequal_length_and_scatter_are_covered_too() -> None:
    rng = np.random.default_rng(6)
    pairs = [(np.exp(rng.normal(0, 0.3, 6)), np.exp(rng.normal(0, 0.05, 20))) for _ in range(2000)]
    assert 0.93 <= np.mean([unpaired_ratio(a, b).contains(1) for a, b in pairs]) <= 0.97


def test_an_unpaired_ratio_agrees_with_scipy() -> None:
    rng = np.random.default_rng(7)
    a, b = np.exp(rng.normal(1, 0.2, 8)), np.exp(rng.normal(0.5, 0.1, 12))
    ratio, theirs = unpaired_ratio(a, b), scipy_stats.ttest_ind(np.log(a), np.log(b), equal_var=False)
    low, high = theirs.confidence_interval(0.95)
    assert ratio.p_value == pytest.approx(theirs.pvalue)
    assert (ratio.low, ratio.high) == pytest.approx((np.exp(low), np.exp(high)))
    assert ratio.estimate == pytest.approx(np.exp(np.log(a).mean() - np.log(b).mean()))


def test_an_unpaired_ratio_says_how_sure_it_is_and_counts_the_blocks_of_the_shorter_run() -> None:
    ratio, surer = (unpaired_ratio(SLOW, FAST[:6], confidence) for confidence in (0.9, 0.99))
    assert (ratio.n, ratio.confidence, surer.confidence) == (6, 0.9, 0.99)
    assert unpaired_ratio(FAST[:6], SLOW).n == 6
    assert surer.low < ratio.low < ratio.high < surer.high


def test_runs_without_any_scatter_have_no_width() -> None:
    ratio = unpaired_ratio([2.0, 2.0], [1.0, 1.0])
    assert (ratio.low, ratio.estimate, ratio.high, ratio.p_value) == (2, 2, 2, 0)
