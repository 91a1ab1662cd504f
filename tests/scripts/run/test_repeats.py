"""Several whole runs in one result: apart in time, and intervals that know what differs from run to run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts import bench
from scripts.analysis.answers import answers
from scripts.analysis.footer import interval_words
from scripts.run.lifecycle import BLOCKS, make_plan, selection
from scripts.run.repeats import PAUSE_S, pause_before
from scripts.tables.load import Run, load
from scripts.tables.summary import block_medians
from tests.scripts import recorded

PLAN = make_plan("io", 4, 7, repeat=3)


def test_a_plan_of_three_runs_has_the_blocks_of_all_of_them() -> None:
    assert PLAN == {"only": "io", "blocks": 12, "seed": 7, "quick": False, "repeat": 3}
    assert "repeat" not in make_plan("io", 4, 7)


def test_the_last_blocks_of_a_full_run_measure_what_make_bench_does() -> None:
    full = make_plan("everything", 10, 7, bench_blocks=3)
    assert [selection(full, number) for number in range(10)] == ["everything"] * 7 + [""] * 3
    thrice = make_plan("everything", 4, 7, repeat=3, bench_blocks=1)
    assert [selection(thrice, number) for number in range(12)] == ["everything", "everything", "everything", ""] * 3
    assert {selection(PLAN, number) for number in range(12)} == {"io"}


def test_a_full_run_has_as_many_blocks_of_the_headline_as_make_bench() -> None:
    full, chosen = bench.plan(bench.options(["--full"])), bench.plan(bench.options(["--full", "--only=io"]))
    assert (full["blocks"], full["bench_blocks"]) == (BLOCKS, BLOCKS - bench.FULL_BLOCKS)
    assert "bench_blocks" not in chosen
    assert chosen["only"].endswith("and (io)")
    assert "bench_blocks" not in bench.plan(bench.options([]))


@pytest.mark.parametrize(("planned", "explained"), [({"why": True}, 1), ({}, 0)])
def test_a_full_run_that_is_resumed_tells_where_the_time_goes_too(
    planned: dict[str, Any], explained: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Path]()
    for name in ("resume_run", "measure", "write_outputs"):
        monkeypatch.setattr(bench, name, lambda run: None)
    monkeypatch.setattr(bench, "read_environment", lambda run: {"plan": planned})
    monkeypatch.setattr(bench, "explain_headline", asked.append)
    bench.bench(bench.options(["--resume", str(tmp_path)]), tmp_path)
    assert len(asked) == explained


def test_a_full_run_says_in_how_many_blocks_the_rest_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = recorded.environment
    assert load(recorded.record(tmp_path, "plain", blocks=10)).blocks_words == "10 blocks"
    monkeypatch.setattr(
        recorded, "environment", lambda *given: (made := plain(*given)) | {"plan": made["plan"] | {"bench_blocks": 3}}
    )
    run = load(recorded.record(tmp_path, "full", blocks=10))
    assert run.blocks_words == "10 blocks (7 of what only make full measures)"


def test_the_machine_is_left_alone_between_two_runs_and_nowhere_else(tmp_path: Path) -> None:
    waits = list[tuple[int, float]]()
    for number in range(12):
        pause_before(tmp_path, PLAN, number, lambda seconds, number=number: waits.append((number, seconds)))  # type: ignore[misc]
        pause_before(tmp_path, make_plan("io", 12, 7), number, lambda seconds: pytest.fail("a single run has no pause"))
    assert waits == [(4, PAUSE_S), (8, PAUSE_S)]


def test_a_resumed_result_does_not_wait_for_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "04.journal").touch()
    pause_before(tmp_path, PLAN, 4, lambda seconds: pytest.fail("it had begun"))


def test_the_rounds_of_a_result_say_which_run_they_are_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = recorded.environment

    def repeated(name: str, blocks: int) -> dict[str, Any]:
        facts = plain(name, blocks)
        return facts | {"plan": facts["plan"] | {"repeat": 3}}

    monkeypatch.setattr(recorded, "environment", repeated)
    run = load(recorded.record(tmp_path, "thrice", blocks=12))
    assert dict(run.rounds.groupby("repeat")["block"].unique().map(list)) == {
        repeat: [4 * repeat + place for place in range(4)] for repeat in range(3)
    }
    assert json.loads((run.path / "environment.json").read_text())["plan"]["repeat"] == 3
    assert interval_words(run).endswith("CI of 3 whole runs")
    assert "in 3 runs" in answers(run)[0]


def table(blocks: int, spread: float, repeats: int, seed: int) -> pd.DataFrame:
    """A cell whose runs differ by more than the blocks of one."""
    random = np.random.default_rng(seed)
    luck = random.normal(0, spread, (repeats, 1)) + random.normal(0, 0.01, (repeats, blocks))
    repeat, block = (index.ravel() for index in np.indices(luck.shape))
    return pd.DataFrame(
        {"repeat": repeat, "block": block + blocks * repeat, "warmup": False, "seconds": np.exp(luck.ravel())}
    )


def test_the_unit_of_several_runs_is_the_run() -> None:
    rounds = table(6, 0.1, 3, seed=1)
    values = block_medians(rounds, "seconds")
    assert list(values.index) == [0, 1, 2]
    assert values[1] == pytest.approx(np.exp(np.log(rounds[rounds["repeat"] == 1]["seconds"]).mean()))


@pytest.mark.slow
@pytest.mark.parametrize(("repeats", "least", "most"), [(1, 0.0, 0.4), (3, 0.9, 1.0)])
def test_an_interval_over_runs_holds_the_truth_that_one_over_blocks_misses(
    repeats: int, least: float, most: float
) -> None:
    held = 0
    for seed in range(200):
        rounds = table(6, 0.1, repeats, seed)
        rounds = rounds if repeats > 1 else rounds.drop(columns="repeat")
        run = Run(Path("nowhere"), {}, rounds.assign(twin=False), [], [])
        logs = np.log(block_medians(run.rounds, "seconds").to_numpy())
        error = logs.std(ddof=1) / np.sqrt(len(logs))
        t = {3: 4.303, 6: 2.571}[len(logs)]
        held += abs(logs.mean()) <= t * error
    assert least <= held / 200 <= most
