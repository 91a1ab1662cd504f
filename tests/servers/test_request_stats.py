"""The server's account, with a clock made of numbers."""

import random

import pytest

from servers import request_stats as account_module
from servers.request_stats import Account, Bucket


def test_the_integral_of_requests_in_flight_obeys_littles_law() -> None:
    account = Account(100.0)
    for start_s in (100.0, 101.0, 102.0):
        account.begin(start_s)
    for end_s in (104.0, 105.0):
        account.end(0, 0.0, end_s)
    stats = account.as_dict(110.0)  # 4 + 4 + the one still in flight since 102
    assert stats["busy_s"] == pytest.approx(4 + 4 + 8)
    assert (stats["in_flight"], stats["peak_in_flight"], stats["elapsed_s"]) == (1, 3, 10)


def test_littles_sum_stays_exact_over_a_hundred_thousand_requests() -> None:
    account = Account(1e6)
    for n in range(100_000):
        account.begin(1e6 + n * 1e-4)
        account.end(0, 0.0, 1e6 + n * 1e-4 + 0.05)
    assert account.as_dict(1e6 + 20)["busy_s"] == pytest.approx(5_000, rel=1e-6)


def test_an_empty_account_is_made_of_numbers_so_that_the_json_is_valid() -> None:
    assert all(value == 0 for name, value in Account(0.0).as_dict(0.0).items() if name != "cpu_s")


def test_excesses_do_not_eat_the_memory_and_the_worst_is_never_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_module, "KEPT", 1_000)
    account = Account(0.0)
    account.add_excess(7.0)
    excesses = [n / 50_000 for n in range(50_000)]
    random.Random(1).shuffle(excesses)
    for excess_s in excesses:
        account.add_excess(excess_s)
    stats = account.as_dict(1.0)
    assert len(account.excesses) == 1_000
    assert stats["delay_excess_max_s"] == 7.0
    assert stats["delay_excess_p50_s"] == pytest.approx(0.5, abs=0.1)
    assert stats["delay_excess_p99_s"] == pytest.approx(0.99, abs=0.02)


def test_a_bucket_lets_a_burst_pass_and_then_the_rate() -> None:
    bucket = Bucket(rate=10, burst=2, now_s=0)
    assert [bucket.take(0), bucket.take(0)] == [0, 0]
    assert bucket.take(0) == pytest.approx(0.1)
    assert bucket.take(0.05) == pytest.approx(0.05)
    assert bucket.take(0.11) == 0
    assert bucket.take(0.12) > 0


def test_a_long_pause_does_not_save_up_more_than_the_burst() -> None:
    bucket = Bucket(rate=10, burst=2, now_s=0)
    assert [bucket.take(1_000) == 0 for _ in range(3)] == [True, True, False]


def test_waiting_as_long_as_told_is_enough() -> None:
    bucket = Bucket(rate=3, burst=1, now_s=0)
    assert bucket.take(0) == 0
    assert bucket.take(0.1 + bucket.take(0.1)) == pytest.approx(0, abs=1e-9)
