"""What whole runs say of the same things, counted: alike, different, opposite, decided once, decided in none."""

from dataclasses import replace
from typing import Any

import pytest

from scripts.verdict.agreement import Agreement, agreement, document, markdown, runs_apart
from tests.scripts import synthetic


def three_runs(*, reversed_in: int | None = None) -> Any:
    """Three runs of six blocks that differ by chance; in one of them asyncio is slower than sequential at waiting."""
    run = synthetic.make(blocks=18, experiments=["io", "cpu"])
    rounds = run.rounds.assign(repeat=run.rounds["block"] // 6)
    if reversed_in is not None:
        there = (rounds["repeat"] == reversed_in) & (rounds["model"] == "asyncio") & (rounds["workload"] == "wire")
        for column in synthetic.TIMED:
            rounds.loc[there, column] *= 100
    environment = run.environment | {"plan": {"blocks": 18, "repeat": 3}, "packages": {}}
    environment["python"] = environment["python"] | {"version": "3.14.1"}
    return replace(run, rounds=rounds, environment=environment)


@pytest.mark.slow
def test_each_run_is_judged_by_its_own_blocks() -> None:
    runs = runs_apart(three_runs())
    assert [sorted(one.rounds["block"].unique()) for one in runs] == [
        list(range(first, first + 6)) for first in (0, 6, 12)
    ]
    assert all("repeat" not in one.rounds and one.environment["plan"] == {"blocks": 6} for one in runs)


@pytest.mark.slow
def test_a_run_that_says_the_opposite_is_counted_in_both_of_its_pairs() -> None:
    judged = document(three_runs(reversed_in=1))["models"]
    waiting = {name: words for name, words in judged.items() if name.startswith("io/wire/asyncio/")}
    assert set(map(tuple, waiting.values())) == {("faster", "slower", "faster")}
    size = len(waiting)
    assert agreement(waiting) == Agreement(size, 3 * size, size, 0, 2 * size, 0, 0)


@pytest.mark.slow
def test_runs_that_differ_by_chance_reverse_nothing() -> None:
    made = document(three_runs())
    assert made["models"]
    for kind in ("claims", "models"):
        assert agreement(made[kind]).reversed == 0
    assert "| a model beside sequential, at the same work |" in markdown(made)


@pytest.mark.parametrize(
    ("verdicts", "counted"),
    [
        (["holds", "holds", "holds"], (3, 0, 0, 0, 0)),
        (["holds", "inconclusive", "holds"], (1, 0, 0, 2, 0)),
        (["holds", "refuted", "inconclusive"], (0, 0, 1, 2, 0)),
        (["faster", "no measurable difference", "not usable"], (0, 1, 0, 2, 0)),
        (["inconclusive", "inconclusive", "inconclusive"], (0, 0, 0, 0, 3)),
        (["inconclusive", "not usable", "inconclusive"], (0, 0, 0, 0, 3)),
        (["not reproduced here", "not reproduced here", "inconclusive"], (1, 0, 0, 2, 0)),
    ],
)
def test_every_pair_of_runs_counts_once(verdicts: list[str], counted: tuple[int, int, int, int, int]) -> None:
    assert agreement({"it": verdicts}) == Agreement(1, 3, *counted)
    assert sum(counted) == 3


def test_no_sentence_or_column_calls_two_runs_that_conclude_nothing_in_agreement() -> None:
    judged = {"first": ["inconclusive", "inconclusive"], "second": ["holds", "holds"], "third": ["holds", "refuted"]}
    words = markdown(
        {"runs": 2, "blocks": 6, "cpu": "CPU", "python": "3.14.1", "claims": judged, "models": {}, "cells": []}
    )
    [head, row] = [line.strip("| ").split(" | ") for line in words.splitlines() if line.startswith(("| what", "| a c"))]
    counted = dict(zip(head, row, strict=True))
    assert {name: counted[name] for name in head[1:]} == {
        "number": "3",
        "pairs": "3",
        "agree": "1",
        "differ": "0",
        "opposite": "1",
        "only one concludes": "0",
        "neither concludes": "1",
    }
    assert "agree when both conclude the same." in words
    assert "neither concludes shows no agreement and no contradiction." in words


@pytest.mark.slow
def test_what_an_interrupted_result_has_of_its_runs_is_judged_and_nothing_else() -> None:
    run = three_runs()
    begun = replace(run, rounds=run.rounds[run.rounds["repeat"] < 2])
    assert len(runs_apart(begun)) == document(begun)["runs"] == 2
