"""What a visitor may ask for, and the sentence that says why not."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.models import NAMES
from benchmarks.workloads import Capacity
from scripts.charts.lib.theme import CLASSICAL
from scripts.site import race_request
from scripts.site.race_request import LIMITS, MAX_PROCESSES, MAX_RACE_S, MODELS, RaceRequest, presets

QUICK = {"tasks": 20, "delay_ms": 5, "concurrency": 10}


def test_every_model_that_can_do_such_a_task_is_offered_and_what_is_usual_may_be_asked_for() -> None:
    assert MODELS[:4] == tuple(CLASSICAL)
    assert {"to_thread", "pool", "queue_workers", "gather", "joblib"} < set(MODELS) < set(NAMES)
    assert "trio" not in MODELS  # `mixed` does not speak it
    assert RaceRequest.read({}).models == ("sequential", "threads", "processes", "asyncio")
    for preset in presets():
        RaceRequest.read(preset.numbers | {"blocks_loop": preset.blocks_loop})


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_a_number_beyond_its_limits_is_refused_with_the_limits(limit: Any) -> None:
    values = [limit.minimum - 1, limit.maximum + 1, "", "many", "1e3", "5.5", "nan", None, True, [], {}, "9" * 10_000]
    for value in values:
        with pytest.raises(
            ValueError, match=rf"^{limit.label} cannot be .*from {limit.minimum} to {limit.maximum:,}\.$"
        ):
            RaceRequest.read({limit.name: value})
    for value in (limit.minimum, str(limit.maximum)):
        assert limit.read(value) == int(value)


@pytest.mark.parametrize("models", [[], "threads", None, {"threads": 1}])
def test_a_race_of_nobody_is_refused(models: Any) -> None:
    with pytest.raises(ValueError, match="Choose at least one model"):
        RaceRequest.read({"models": models})


@pytest.mark.parametrize("models", [["rayon"], ["threads", "../../etc"], [["threads"]], [None], ["__init__"]])
def test_a_model_that_does_not_exist_is_refused_with_those_that_do(models: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"No model is called .*: there are sequential, threads, "):
        RaceRequest.read({"models": models})


def test_a_model_that_cannot_run_here_is_refused_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_request, "UNAVAILABLE", {"uvloop": "needs uvloop, which make full installs"})
    with pytest.raises(ValueError, match="Not every model can run here: uvloop needs uvloop, which make full installs"):
        RaceRequest.read(QUICK | {"models": ["threads", "uvloop"]})


def test_a_model_without_a_gate_gets_as_much_concurrency_as_it_takes() -> None:
    with pytest.raises(ValueError, match="gather starts all tasks at once"):
        RaceRequest.read(QUICK | {"models": ["gather"]})
    assert RaceRequest.read(QUICK | {"models": ["gather"], "concurrency": 20}).models == ("gather",)


def test_a_model_that_would_be_another_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_request, "UNAVAILABLE", {})
    with pytest.raises(ValueError, match="joblib needs a concurrency of at least 2"):
        RaceRequest.read(QUICK | {"models": ["joblib"], "concurrency": 1})


def test_models_run_in_one_order_and_once() -> None:
    assert RaceRequest.read(QUICK | {"models": ["asyncio", "threads", "asyncio"]}).models == ("threads", "asyncio")


def test_a_race_that_would_outlast_its_audience_is_refused_with_what_to_change() -> None:
    with pytest.raises(ValueError, match=r"about 2,\d\d\d s, 2,001 s of it sequential: .* or leave sequential out"):
        RaceRequest.read({"tasks": 1000, "delay_ms": 2000, "concurrency": 20})
    allowed = RaceRequest.read({"tasks": 1000, "delay_ms": 2000, "concurrency": 100, "models": ["threads", "asyncio"]})
    assert sum(map(allowed.expected_s, allowed.models)) < MAX_RACE_S


def test_a_task_that_computes_longer_than_its_calibration_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="would compute for 500 ms: ask for at most 100 ms"):
        RaceRequest.read({"tasks": 1, "delay_ms": 1000, "cpu_percent": 50})


def test_a_thousand_tasks_a_lane_are_possible() -> None:
    assert RaceRequest.read({"tasks": 1000, "delay_ms": 50, "concurrency": 500}).tasks == 1000


def test_only_processes_are_held_to_fewer_places() -> None:
    request = RaceRequest.read({"tasks": 500, "delay_ms": 10, "concurrency": 500})
    assert {model: request.places(model) for model in ("threads", "processes")} == {
        "threads": 500,
        "processes": MAX_PROCESSES,
    }
    assert request.ideal_s(Capacity()) == 0.01  # for both, or 32 processes of 500 would look more efficient


def test_a_blocked_loop_is_expected_to_take_as_long_as_sequential() -> None:
    request = RaceRequest.read(QUICK | {"blocks_loop": True})
    assert request.expected_s("asyncio") == request.expected_s("sequential") > request.expected_s("threads")
    assert [request.spec(model, "", 1.0, Path()).blocks_loop for model in request.models] == [True] * 4


def test_every_preset_is_over_before_its_audience_leaves() -> None:
    assert [preset.name for preset in presets()] == ["50 pages", "1,000 pages", "computing", "mixed", "blocked loop"]
    for preset in presets():
        request = RaceRequest.read(preset.numbers | {"blocks_loop": preset.blocks_loop})
        assert sum(map(request.expected_s, request.models)) < 20, preset.name


def test_only_a_plain_yes_makes_models_share_the_cores() -> None:
    assert [RaceRequest.read(QUICK | {"together": value}).together for value in (True, False, "yes", 1)] == [True] + [
        False
    ] * 3
