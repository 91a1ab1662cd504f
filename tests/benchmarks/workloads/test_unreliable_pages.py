"""Scraping a web that misbehaves: the same pages for every model, and nobody's word is taken for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from benchmarks.probes import run_probe, unreliable_scraping
from benchmarks.workloads import Capacity
from benchmarks.workloads.unreliable_pages import UnreliablePages, gave_up
from servers.delays import ERROR, HANG, RESET, SERVED, changed, delay_s, fate
from servers.subprocesses import serve
from tests.benchmarks.core.test_mutants import changing

SMALL = UnreliablePages(delay_s=0.002, errors=0.2, resets=0.2, hangs=0.1, timeout_s=1.0, pause_s=0.001)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve("servers.latency") as service:
        yield service.url


@pytest.mark.parametrize(
    "web", [SMALL, unreliable_scraping.WEB, replace(unreliable_scraping.WEB, seed=5)], ids=["small", "real", "seeded"]
)
def test_the_server_is_asked_for_what_we_know_of_each_attempt(web: UnreliablePages) -> None:
    for task in range(50):
        for attempt, end in enumerate(web.ends(task)):
            parameters = dict(parse_qsl(web.attempt_at(task, attempt).partition("?")[2]))
            assert (int(parameters.pop("n")), int(parameters.pop("attempt"))) == (task, attempt)
            settings = changed(UnreliablePages().settings, parameters.items())
            assert fate(settings, task, attempt) == end
            assert delay_s(settings, task) == pytest.approx(delay_s(web.settings, task))


def test_a_page_is_tried_until_it_is_there_and_three_times_at_most() -> None:
    for task in range(200):
        *before, last = SMALL.ends(task)
        assert SERVED not in before
        assert last == SERVED or len(before) == 2
        assert SMALL.expected(task) == (b"%d" % task if last == SERVED else gave_up(task))
    assert {end for task in range(200) for end in SMALL.ends(task)} == {SERVED, ERROR, RESET, HANG}


def test_waiting_counts_the_failures_the_time_outs_and_the_pauses() -> None:
    hung = next(task for task in range(500) if SMALL.ends(task) == [HANG, ERROR, SERVED])
    assert SMALL.wait_s(hung) == pytest.approx(1.0 + 0.001 + 0.002 + 0.002 + 0.002)


def test_the_web_that_is_measured_has_a_long_tail_all_faults_and_no_page_that_may_or_may_not_be_in_time() -> None:
    web, tasks = unreliable_scraping.WEB, unreliable_scraping.WEB.tasks(unreliable_scraping.PAGES)
    delays = sorted(delay_s(web.settings, task) for task in tasks)
    assert delays[-4] > 5 * delays[len(delays) // 2]
    assert delays[-1] < web.timeout_s / 2
    ends = Counter(end for task in tasks for end in web.ends(task))
    assert min(ends[end] for end in (ERROR, RESET, HANG)) >= 5
    assert any(web.expected(task) == gave_up(task) for task in tasks)
    assert web.ideal_s(tasks, unreliable_scraping.AT_ONCE, Capacity()) < 1.5


@pytest.mark.real
@pytest.mark.parametrize("name", unreliable_scraping.MODELS)
def test_every_model_ends_with_the_pages_that_can_be_had(name: str, url: str) -> None:
    web = replace(SMALL, url=url)
    metrics = unreliable_scraping.measure(name, web, 60, 20)
    ends = [web.ends(task) for task in range(60)]
    assert metrics["fetched"] == sum(SERVED in each for each in ends) < 60
    assert metrics["retries"] == sum(map(len, ends)) - 60
    assert metrics["error_share"] == pytest.approx(1 - (metrics["fetched"] or 0) / sum(map(len, ends)))
    assert (metrics["time_over_ideal"] or 0) >= 0.9
    assert metrics["p99_seconds"] is None


@pytest.mark.real
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda out: [(b"0", *out[0][1:]), *out[1:]], "task 0 got the answer"),
        (lambda out: out[:-1], "9 answers came out"),
    ],
)
def test_a_page_that_can_be_had_and_was_not_is_no_result(
    change: object, says: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_fails = next(seed for seed in range(99) if SERVED not in replace(SMALL, seed=seed).ends(0))
    monkeypatch.setattr(unreliable_scraping, "model", lambda name: changing(name, change))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=says):
        unreliable_scraping.measure("threads", replace(SMALL, url=url, seed=first_fails), 10, 5)


def test_an_attempt_that_nobody_expected_is_no_result() -> None:
    tasks = SMALL.tasks(20)
    ends = Counter(end for task in tasks for end in SMALL.ends(task))
    account = {name: float(ends[end]) for name, end in unreliable_scraping.COUNTED.items()}
    assert unreliable_scraping.unexpected(SMALL, tasks, account) is None
    one_more = account | {"resets": account["resets"] + 1}
    assert f"counted {ends[RESET] + 1} resets, and {ends[RESET]} were" in str(
        unreliable_scraping.unexpected(SMALL, tasks, one_more)
    )


@pytest.mark.real
def test_the_probe_tells_what_the_experiment_promises(url: str) -> None:
    metrics = run_probe("unreliable_scraping", "asyncio", url)
    assert metrics["p99_seconds"] > metrics["p50_seconds"] > 0
    assert (metrics["fetched"], metrics["retries"]) == (318, 68)
