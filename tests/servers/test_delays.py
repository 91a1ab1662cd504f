"""The delays and fates of tasks: the same for every model, whatever the order of arrival."""

import math
from statistics import fmean, median

import pytest

from servers.delays import ERROR, HANG, RESET, SERVED, Settings, changed, delay_s, draw, fate

TASKS = range(20_000)
MANY_SIGMAS = 0.02  # six standard errors of a share of 0.5 among 20,000: a seeded test either passes or doesn't


def test_the_order_of_arrival_changes_no_delay_and_no_fate() -> None:
    settings = Settings(ms=50, distribution="lognormal", seed=3, errors=0.2, resets=0.1, hangs=0.1)
    forwards = {n: (delay_s(settings, n), fate(settings, n)) for n in range(200)}
    backwards = {n: (delay_s(settings, n), fate(settings, n)) for n in reversed(range(200))}
    assert forwards == backwards


def test_draws_do_not_change_between_versions_or_recorded_floors_would_be_wrong() -> None:
    assert draw(0) == ((0xE220A8397B1DCDAF >> 12) + 0.5) / 2**52  # the first output of splitmix64 seeded with 0
    assert delay_s(Settings(ms=50, distribution="uniform", seed=1), 7) == pytest.approx(0.0946107412631666, abs=1e-12)


def test_another_seed_gives_other_delays() -> None:
    one, other = (Settings(ms=50, distribution="uniform", seed=seed) for seed in (1, 2))
    assert all(delay_s(one, n) != delay_s(other, n) for n in range(100))


def test_fixed_delays_are_all_the_same() -> None:
    assert {delay_s(Settings(ms=50), n) for n in range(100)} == {0.05}


def test_a_list_of_delays_is_dealt_out_by_number() -> None:
    settings = Settings(distribution="list", list=(5, 50, 500))
    assert [delay_s(settings, n) for n in range(4)] == [0.005, 0.05, 0.5, 0.005]


def test_uniform_delays_reach_from_nothing_to_twice_the_mean() -> None:
    delays = [delay_s(Settings(ms=50, distribution="uniform"), n) for n in TASKS]
    assert 0 < min(delays) < 0.001
    assert 0.099 < max(delays) < 0.1
    assert fmean(delays) == pytest.approx(0.05, rel=MANY_SIGMAS)


def test_lognormal_delays_have_their_median_where_it_was_asked_and_a_long_tail() -> None:
    delays = [delay_s(Settings(ms=50, distribution="lognormal", sigma=0.5), n) for n in TASKS]
    logs = [math.log(delay / 0.05) for delay in delays]
    assert median(delays) == pytest.approx(0.05, rel=2 * MANY_SIGMAS)
    assert math.sqrt(fmean(log * log for log in logs)) == pytest.approx(0.5, rel=2 * MANY_SIGMAS)
    assert max(delays) > 4 * median(delays)


def test_no_draw_is_zero_or_one_or_a_lognormal_delay_would_be_infinite() -> None:
    assert (2**52 - 1 + 0.5) / 2**52 < 1
    assert all(0 < draw(n) < 1 for n in TASKS)


def test_fates_come_in_the_shares_asked_for_and_exclude_one_another() -> None:
    settings = Settings(errors=0.1, resets=0.2, hangs=0.3)
    fates = [fate(settings, n) for n in TASKS]
    for end, share in ((ERROR, 0.1), (RESET, 0.2), (HANG, 0.3), (SERVED, 0.4)):
        assert fates.count(end) / len(fates) == pytest.approx(share, abs=MANY_SIGMAS)


def test_a_second_attempt_may_succeed_or_retries_would_be_pointless() -> None:
    settings = Settings(errors=0.5)
    failed = [n for n in TASKS if fate(settings, n) == ERROR]
    again = [n for n in failed if fate(settings, n, attempt=1) == ERROR]
    assert len(again) / len(failed) == pytest.approx(0.5, abs=2 * MANY_SIGMAS)


def test_slow_tasks_are_not_the_failing_ones() -> None:
    settings = Settings(ms=50, distribution="uniform", errors=0.5)
    of_failed = [delay_s(settings, n) for n in TASKS if fate(settings, n) == ERROR]
    assert fmean(of_failed) == pytest.approx(0.05, rel=2 * MANY_SIGMAS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ms", "fast"),
        ("ms", "nan"),
        ("ms", "-1"),
        ("ms", "inf"),
        ("ms", ""),
        ("distribution", "normal"),
        ("sigma", "-1"),
        ("list", "5,,50"),
        ("seed", "1.5"),
        ("bytes", "1e9"),
        ("bytes", str(10**12)),
        ("errors", "2"),
        ("rate", "-1"),
        ("burst", "0"),
        ("erors", "0.1"),
    ],
)
def test_a_misread_setting_is_refused_by_name_not_taken_for_the_default(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        changed(Settings(), [(name, text)])


@pytest.mark.parametrize("pairs", [[("errors", "0.6"), ("hangs", "0.6")], [("distribution", "list")]])
def test_settings_that_contradict_one_another_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"together|needs"):
        changed(Settings(), pairs)


def test_every_setting_can_be_changed_and_keeps_its_type() -> None:
    text = {"ms": "1.5", "distribution": "list", "sigma": "2", "list": "5,50", "seed": "7", "bytes": "100"}
    text |= {"errors": "0.1", "resets": "0.2", "hangs": "0.3", "rate": "9", "burst": "4"}
    assert changed(Settings(), text.items()) == Settings(1.5, "list", 2, (5, 50), 7, 100, 0.1, 0.2, 0.3, 9, 4)
