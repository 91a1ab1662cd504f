"""What a race says of its lanes: no medal inside the noise, no ratio more exact than one run."""

import pytest

from scripts.analysis.conclusions import ASSUMED_FLOOR
from scripts.site.standings import headline, words

FETCHED = {"sequential": 5.1, "threads": 0.274, "processes": 0.545, "asyncio": 0.272}


def lanes(seconds: dict[str, float]) -> list[str]:
    return [words(model, seconds) for model in seconds]


def test_every_lane_says_how_it_compares_with_sequential() -> None:
    assert lanes(FETCHED) == [
        "the baseline",
        "19× faster than sequential",
        "9.4× faster than sequential",
        "19× faster than sequential",
    ]
    assert headline(FETCHED) == "Fastest: threads and asyncio (about equal), 19× faster than sequential."


def test_a_tie_is_given_with_the_gains_of_both() -> None:
    seconds = {"sequential": 5.2, "threads": 0.25, "asyncio": 0.27}
    assert headline(seconds) == "Fastest: threads and asyncio (about equal), 19–21× faster than sequential."


@pytest.mark.parametrize("factor", [1.0, 1 + ASSUMED_FLOOR.value - 0.01, 1 / (1 + ASSUMED_FLOOR.value - 0.01)])
def test_no_place_is_given_inside_the_noise(factor: float) -> None:
    seconds = {"sequential": 2.0, "threads": 2.0 * factor}
    assert lanes(seconds) == ["the baseline", "about equal to sequential"]
    assert headline(seconds) == "About equal: sequential and threads."


def test_what_is_slower_is_called_slower() -> None:
    seconds = {"sequential": 1.0, "threads": 1.5, "asyncio": 1.02}
    assert lanes(seconds) == ["the baseline", "1.5× slower than sequential", "about equal to sequential"]
    assert headline(seconds) == "Fastest: sequential and asyncio (about equal), 1.5× faster than threads."
    assert headline({"sequential": 1.0, "threads": 1.5}) == "Fastest: sequential, 1.5× faster than threads."


def test_what_may_be_a_little_faster_than_sequential_is_not_said_to_be_no_faster() -> None:
    seconds = {"sequential": 1.0, "threads": 1 / (1 + ASSUMED_FLOOR.value - 0.01), "processes": 3.0}
    assert headline(seconds).startswith("Fastest: sequential and threads (about equal), ")


def test_without_sequential_lanes_are_compared_with_the_fastest() -> None:
    seconds = {"threads": 0.30, "asyncio": 0.29, "processes": 0.9}
    assert lanes(seconds) == ["about equal to asyncio", "about equal to threads", "3.1× slower than asyncio"]
    assert headline(seconds) == "Fastest: threads and asyncio (about equal), 3–3.1× faster than processes."
    assert lanes({"threads": 0.3, "processes": 0.9}) == ["fastest", "3× slower than threads"]


def test_one_lane_is_compared_with_nothing() -> None:
    assert (words("asyncio", {"asyncio": 0.2345}), headline({"asyncio": 0.2345})) == ("", "asyncio took 0.234 s.")


def test_a_leader_that_is_about_equal_to_the_next_is_not_said_to_be_faster_than_it() -> None:
    assert (
        headline({"asyncio": 1.0, "threads": 1.09, "processes": 1.15}) == "Fastest: asyncio and threads (about equal)."
    )
