"""Names that changed: what an earlier run or a user says in the old ones is understood."""

from pathlib import Path

import pytest

from benchmarks.core import renamed
from benchmarks.core.registry import catalogue, find
from benchmarks.core.selection import check, chosen
from scripts.tables.load import load
from scripts.verdict.claims_file import find_talk

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
OLD = {
    "kind": "cell",
    "cell": "blocking-nothing-nothing-twin-c1",
    "experiment": "blocking",
    "workload": "nothing",
    "model": "nothing",
    "rounds": [{"discarded": False, "metrics": {"most_p99_seconds": 1.0, "half_lagging": 0.0, "p50_seconds": 2.0}}],
}


def labels() -> set[str]:
    return set().union(*(cell.labels() for cell in catalogue()))


def test_no_old_name_means_something_else_today() -> None:
    columns = set().union(*(cell.columns for cell in catalogue()))
    assert not labels() & renamed.LABELS.keys()
    assert not columns & renamed.METRICS.keys()


def test_a_removed_experiment_is_measured_no_more() -> None:
    assert not labels() & renamed.REMOVED.keys()


def test_every_new_name_is_that_of_something() -> None:
    assert set(renamed.EXPERIMENTS.values()) - {"user_work"} <= {cell.experiment for cell in catalogue()}
    assert set((renamed.WORKLOADS | renamed.MODELS).values()) <= labels()


@pytest.mark.parametrize(("old", "new"), sorted(renamed.LABELS.items()))
def test_an_old_name_in_only_is_answered_with_the_new_one(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=rf"^ONLY: '{old}' is now called '{new}'\. Next: make bench ONLY={new}$"):
        check(f"{old} and asyncio", labels())


def test_an_old_name_in_a_claim_is_answered_with_the_new_one() -> None:
    with pytest.raises(ValueError, match=r"^'convoy' is now called 'gil_convoy'$"):
        find("convoy/alone")
    assert renamed.hint("half_p90_seconds") == "'half_p90_seconds' is now called 'at_50_percent_load_p90_seconds'"
    assert renamed.hint("latency") == "'latency' was removed; coordinated_omission compares an open and a closed loop"
    assert renamed.hint("p90_seconds") == renamed.hint("io") == ""


def test_an_entry_of_an_earlier_run_is_read_in_the_names_of_now() -> None:
    now = {
        "experiment": "loop_blocking",
        "workload": "noop",
        "model": "idle",
        "cell": "loop_blocking-noop-idle-twin-c1",
    }
    metrics = {"at_80_percent_load_p99_seconds": 1.0, "at_50_percent_load_generator_late": 0.0, "p50_seconds": 2.0}
    assert renamed.entry(OLD) == {"kind": "cell", **now, "rounds": [{"warmup": False, "metrics": metrics}]}
    assert renamed.entry({"kind": "block", "order": [OLD]})["order"][0]["cell"] == now["cell"]
    assert renamed.entry(renamed.entry(OLD)) == renamed.entry(OLD)


@pytest.mark.parametrize(
    "torn", [{"rounds": 1}, {"cell": 3, "experiment": "rows"}, {"metrics": []}, {"order": [1]}, {}]
)
def test_what_is_no_entry_is_left_as_it_is_and_refused_later(torn: dict[str, object]) -> None:
    assert renamed.entry(torn) == torn


def test_the_plan_of_an_earlier_run_still_selects_its_cells() -> None:
    cell = find("gil_convoy/alone")
    assert chosen("(convoy or rows)", cell)
    assert not chosen("rows", cell)


def test_verdicts_of_an_earlier_run_name_cells_as_they_are_called_now() -> None:
    old = {
        "parts": [{"of": "crowded/aiohttp/own", "over": "", "metric": "floor_seconds", "beside": {"of": "sites/wire"}}]
    }
    part = renamed.verdicts(old)["parts"][0]
    assert (part["of"], part["metric"]) == ("web_many_clients/aiohttp/own", "ideal_seconds")
    assert part["counterpart"]["of"] == "five_sites/wire"


@pytest.mark.slow
def test_the_reference_is_read_in_the_names_of_now() -> None:
    rounds = load(REFERENCE).rounds
    rounds = rounds[~rounds["experiment"].isin(renamed.REMOVED)]
    current = {(cell.experiment, cell.workload.name, cell.model) for cell in catalogue()}
    assert set(rounds[["experiment", "workload", "model"]].itertuples(index=False, name=None)) <= current
    assert not set(map(str, rounds)) & renamed.METRICS.keys()
    assert set(rounds["metric"].dropna()) <= set().union(*(cell.metrics for cell in catalogue()))


@pytest.mark.slow
def test_a_claim_is_found_by_its_old_id_and_an_old_verdict_read_under_its_new_one() -> None:
    ids = {name for talk in ("async_await", "others") for name in find_talk(talk).ids}
    assert set(renamed.CLAIMS.values()) <= ids
    assert not ids & renamed.CLAIMS.keys()
    assert find_talk("async_await", "cpu-bound-not").ids == ["asyncio-not-for-computing"]
    assert renamed.verdicts({"claims": [{"id": "best-threads-lose"}]}) == {
        "claims": [{"id": "asyncio-beats-best-threads"}]
    }
