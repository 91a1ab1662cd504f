"""Real races: every model that there is, what it tells, what goes wrong, and that nothing is left."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pytest

from scripts.run.guards import exclusive_lock
from scripts.site import lane_process as lane_module
from scripts.site.race import Race, RaceResources
from scripts.site.race_request import MODELS, UNAVAILABLE, RaceRequest
from servers.request_stats import stats

pytestmark = [pytest.mark.real, pytest.mark.alone, pytest.mark.usefixtures("elsewhere")]

TINY = {"tasks": 20, "delay_ms": 5, "concurrency": 10, "cpu_percent": 20}
LONG = {"tasks": 1000, "delay_ms": 100, "concurrency": 20, "models": ["sequential"]}
GONE_S = 5.0
Messages = list[dict[str, Any]]


def run(
    resources: RaceResources, request: dict[str, Any], hear: Callable[[Race, dict[str, Any]], None] | None = None
) -> Messages:
    """Everything that a race tells; `hear` may do something about it."""
    messages: Messages = []

    def tell(message: dict[str, Any]) -> None:
        messages.append(message)
        if hear:
            hear(race, message)

    race = Race(RaceRequest.read(request), resources, tell)
    race.run()
    return messages


def of_kind(messages: Messages, kind: str) -> Messages:
    return [message for message in messages if message["kind"] == kind]


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_every_model_finishes_and_the_server_has_seen_its_tasks(resources: RaceResources) -> None:
    before = children()
    models = [name for name in MODELS if name not in UNAVAILABLE]
    messages = run(resources, TINY | {"models": models, "concurrency": 20})
    results = of_kind(messages, "result")
    assert [result["lane"] for result in results] == list(range(len(models)))
    for result in results:
        assert (result["reason"], result["requests"]) == ("", 20)
        assert result["seconds"] > 0.004  # a wait
        assert 1 <= result["peak"] <= 20
    assert stats(resources.url)["requests"] == 20  # the last lane's account, as the server still has it
    assert (messages[-1]["kind"], messages[-1]["reason"]) == ("end", "")
    assert messages[-1]["headline"].endswith(".")
    assert all(of_kind(messages, "standings")[-1]["words"])
    assert children() <= before
    assert list(resources.folder.glob("*.marks")) == []


def test_every_task_is_told_waiting_computing_and_finished(resources: RaceResources) -> None:
    messages = run(resources, TINY)
    for number, result in enumerate(of_kind(messages, "result")):
        flat = [value for one in of_kind(messages, "marks") if one["lane"] == number for value in one["marks"]]
        moments = {(task, kind): us for task, kind, us in zip(flat[::3], flat[1::3], flat[2::3], strict=True)}
        assert len(moments) == len(flat) / 3 == 60
        for task in range(20):
            began, computes, ended = (moments[task, kind] for kind in range(3))
            assert began >= 0
            assert began + 3900 < computes <= ended <= result["seconds"] * 1e6 + 1000


def test_a_lane_is_told_in_its_order(resources: RaceResources) -> None:
    messages = run(resources, TINY | {"models": ["threads"]})
    kinds = [message["kind"] for message in messages]
    assert list(dict.fromkeys(kinds)) == ["race", "ready", "ideal", "go", "marks", "result", "standings", "end"]
    assert 0.008 < messages[kinds.index("ideal")]["ideal_s"] < of_kind(messages, "result")[0]["seconds"]


def test_all_at_once_each_lane_has_an_account_of_its_own(resources: RaceResources) -> None:
    messages = run(resources, TINY | {"together": True})
    kinds = [message["kind"] for message in messages if message["kind"] in ("go", "result")]
    assert kinds == ["go"] * 4 + ["result"] * 4
    assert {result["lane"]: result["requests"] for result in of_kind(messages, "result")} == dict.fromkeys(range(4), 20)


def test_requests_that_the_server_did_not_see_make_no_result(
    resources: RaceResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "stats", lambda url: stats(url) | {"successes": 19})
    (result,) = of_kind(run(resources, TINY | {"models": ["asyncio"]}), "result")
    assert result["reason"] == "20 tasks, but the server counted 20 requests and answered 19"


def kill_the_runner(race: Race, message: dict[str, Any]) -> None:
    """Kill the first lane's process as soon as it runs."""
    if message["kind"] == "marks" and message["lane"] == 0:
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):  # or a ZombieProcess: one that ended and is not collected
                if "scripts.site.runner" in child.cmdline():
                    child.send_signal(signal.SIGKILL)


def test_a_model_that_dies_is_no_result_and_the_others_run(resources: RaceResources) -> None:
    messages = run(resources, TINY | {"tasks": 400, "models": ["sequential", "asyncio"]}, kill_the_runner)
    first, second = of_kind(messages, "result")
    assert "its process ended with killed by SIGKILL" in first["reason"]
    assert (second["reason"], second["requests"]) == ("", 400)
    assert messages[-1]["reason"] == ""


def test_a_model_that_hangs_is_ended(resources: RaceResources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "PATIENCE", 0.0)
    monkeypatch.setattr(lane_module, "SPARE_S", 0.3)
    (result,) = of_kind(run(resources, LONG), "result")
    assert result["reason"] == "not done after 0 s"


def test_a_race_that_is_stopped_leaves_no_process_and_no_request(resources: RaceResources) -> None:
    before, began = children(), time.monotonic()
    messages = run(resources, LONG, lambda race, message: race.stopping.set() if message["kind"] == "marks" else None)
    assert messages[-1] == {"kind": "end", "reason": "stopped", "headline": ""}
    assert time.monotonic() - began < 30  # of the hundred seconds that it would take
    assert children() <= before
    deadline = time.monotonic() + GONE_S
    while stats(resources.url)["in_flight"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_race_never_disturbs_a_benchmark_that_is_under_way(resources: RaceResources) -> None:
    with exclusive_lock():
        messages = run(resources, TINY)
    assert [message["kind"] for message in messages] == ["end"]
    assert f"another run is in progress (process {os.getpid()}" in messages[0]["reason"]


def test_a_thousand_tasks_a_lane_are_told_to_the_end(resources: RaceResources) -> None:
    messages = run(resources, {"tasks": 1000, "delay_ms": 20, "concurrency": 500, "models": ["threads", "asyncio"]})
    assert [(result["reason"], result["requests"]) for result in of_kind(messages, "result")] == [("", 1000)] * 2
    assert sum(len(one["marks"]) // 3 for one in of_kind(messages, "marks")) == 2 * 1000 * 2  # they compute nothing


def test_a_blocked_loop_has_one_task_in_flight_and_threads_have_all(resources: RaceResources) -> None:
    models = ["sequential", "threads", "asyncio"]
    messages = run(resources, TINY | {"cpu_percent": 0, "delay_ms": 20, "blocks_loop": True, "models": models})
    assert [(result["reason"], result["requests"]) for result in of_kind(messages, "result")] == [("", 20)] * 3
    sequential, threads, asyncio = (result["seconds"] for result in of_kind(messages, "result"))
    assert threads < sequential / 2
    assert asyncio > 20 * 0.020  # no two waits overlapped
    flat = [value for one in of_kind(messages, "marks") if one["lane"] == 2 for value in one["marks"]]
    kinds = flat[1::3]
    assert kinds == [0, 2] * 20  # it waits, it finishes, and only then the next one waits


def test_a_fault_of_the_page_ends_the_race_and_is_not_hidden(
    resources: RaceResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Race, "run_all", lambda race: 1 / 0)
    messages: Messages = []
    with pytest.raises(ZeroDivisionError):
        Race(RaceRequest.read(TINY), resources, messages.append).run()
    assert [message["kind"] for message in messages] == ["race", "end"]
    assert "has a fault" in messages[-1]["reason"]


def test_a_race_leaves_no_thread(resources: RaceResources) -> None:
    before = threading.active_count()
    run(resources, TINY | {"models": ["sequential"]})
    assert threading.active_count() == before
