"""A pipeline with back-pressure: every item arrives once, never more in flight than allowed, and cheats are found."""

from collections import deque
from typing import Any

import pytest

from benchmarks.probes import backpressure, run_probe
from benchmarks.probes.backpressure import measure, peak_in_flight, per_second, room

SMALL = {"items": 200, "limit": 12, "consumers": 4}


@pytest.mark.real
@pytest.mark.parametrize("way", backpressure.WAYS)
def test_every_item_arrives_once_and_the_producer_waits_for_the_consumers(way: str) -> None:
    metrics = measure(way, wait_s=0.001, **SMALL)
    assert 4 < metrics["peak_in_flight"] <= 12
    assert metrics["items_per_second"] < 4 / 0.001
    assert metrics["p50_seconds"] >= 0.001
    assert metrics["p99_seconds"] is None


@pytest.mark.parametrize("way", ["threads", "asyncio"])
def test_a_queue_without_a_bound_shows_in_the_peak(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backpressure, "room", lambda limit, consumers: 0)  # what Python's queues call endless
    assert measure(way, wait_s=0.001, **SMALL)["peak_in_flight"] > 12


@pytest.mark.parametrize("spoil", ["lose", "repeat", "swap"])
def test_an_item_that_is_lost_or_comes_twice_is_found_out(spoil: str) -> None:
    done = [(number, float(number), number + 1.0) for number in range(5)]
    assert peak_in_flight(done, 5) == 1
    spoiled = {"lose": done[:-1], "repeat": [*done, done[0]], "swap": [*done[:-1], done[0]]}[spoil]
    with pytest.raises(ValueError, match="not each of them once"):
        peak_in_flight(spoiled, 5)


def test_an_item_is_in_flight_from_when_it_was_made_until_a_consumer_is_done_with_it() -> None:
    done = [(0, 0.0, 3.0), (1, 1.0, 4.0), (2, 2.0, 5.0), (3, 3.0, 6.0)]
    assert peak_in_flight(done, 4) == 3
    assert per_second(done) == 4 / 6


def test_those_in_everybodys_hands_count_too() -> None:
    assert room(64, 10) == 53
    made = deque[Any]()

    class Full(Exception):
        pass

    class Narrow:
        def put(self, item: Any) -> None:
            if len(made) == room(12, 4):
                raise Full
            made.append(item)

        def get(self) -> Any:
            return None

    with pytest.raises(Full):
        backpressure.produce(Narrow(), 200, 4)
    assert len(made) + 1 + 4 == 12


@pytest.mark.real
def test_the_probe_tells_what_the_experiment_promises() -> None:
    metrics = run_probe("backpressure", "asyncio")
    assert metrics["p99_seconds"] >= metrics["p50_seconds"] > 0
