"""The time left of a run whose blocks are not alike: by kind, never by a mean over all."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.run import lifecycle
from scripts.run.lifecycle import make_plan, time_left
from scripts.run.repeats import PAUSE_S
from scripts.run.time_left import TimeLeft

FULL_S, BENCH_S = 240.0, 40.0
CELLS = {"everything": 120, "": 20}


def left(plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch, **recorded: Any) -> TimeLeft:
    monkeypatch.setattr(lifecycle, "cells_selected", CELLS.__getitem__)
    return time_left({"plan": plan} | recorded)


def test_long_blocks_say_nothing_of_the_short_ones_that_end_a_full_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = left(make_plan("everything", 10, 7, bench_blocks=3), monkeypatch)
    assert clock.seconds(0) is None
    for number in range(7):
        clock.add(number, FULL_S)
        assert clock.seconds(number + 1) == pytest.approx((6 - number) * FULL_S + 3 * BENCH_S)
    clock.add(7, BENCH_S + 10)  # what was measured counts more than what was expected
    assert clock.seconds(8) == pytest.approx(2 * (BENCH_S + 10))
    assert clock.seconds(10) == 0


def test_a_slow_python_of_several_is_expected_to_stay_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan("everything", 4, 7) | {"pythons": ["3.14", "3.14t", "3.14t", "3.14"]}
    clock = left(plan, monkeypatch)
    clock.add(0, 100.0)
    assert clock.seconds(1) == pytest.approx(300)
    clock.add(1, 200.0)
    assert [clock.seconds(number) for number in (2, 3)] == [300, 100]


def test_the_pauses_between_whole_runs_belong_to_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = left(make_plan("everything", 2, 7, repeat=3, bench_blocks=1), monkeypatch)
    clock.add(0, FULL_S)
    clock.add(1, BENCH_S)
    assert clock.seconds(2) == pytest.approx(2 * (FULL_S + BENCH_S) + 2 * PAUSE_S)
    assert clock.seconds(3) == pytest.approx(FULL_S + 2 * BENCH_S + PAUSE_S)


def test_blocks_that_were_measured_before_an_interruption_are_not_taken_for_quick_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, said = iter([0.0, 10.0, 30.0, 40.0, 60.0]), list[float | None]()
    shown = SimpleNamespace(
        begin_block=lambda number, left_s, name: said.append(left_s), update=print, bar=nullcontext()
    )
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "00.journal").touch()
    monkeypatch.setattr(lifecycle, "read_environment", lambda run: {"plan": make_plan("everything", 3, 7)})
    monkeypatch.setattr(lifecycle, "run_block", lambda block, hear: None)
    monkeypatch.setattr(lifecycle, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr("scripts.report.progress.Live", lambda out, blocks: shown)
    lifecycle.measure(tmp_path)
    assert said == [None, None, 20.0]
