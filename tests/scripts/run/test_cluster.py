"""A cluster that cannot do the work is refused before anything is timed; what it was stays with the run."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from benchmarks.models import needs
from benchmarks.models._cluster import VARIABLE
from scripts import bench
from scripts.run import cluster
from scripts.run.cluster import ClusterConfig, check_same_cluster, describe_cluster
from scripts.run.lifecycle import block_of_run
from scripts.run.preflight import every_experiment
from scripts.tables.load import load
from scripts.tables.schema import read_environment
from scripts.util.exit_codes import CommandError, Exit
from tests.missing import missing
from tests.scripts.recorded import record

ADDRESS = "tcp://192.0.2.9:8786"
FOUND = {"address": ADDRESS, "model": "dask", "version": "1", "workers": 3, "hosts": ["a"], "pythons": ["3.11.7"]}
PLAN = {"only": "cluster and dask", "blocks": 1, "seed": 1, "quick": False}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the cluster says of itself."""
    if lacking := needs("dask").unavailable_reason():
        missing(lacking)
    answer = dict(FOUND)
    monkeypatch.setattr(cluster, "query_cluster", lambda where, cells: dict(answer))
    return answer


def refusal(where: ClusterConfig, only: str = "cluster and dask") -> CommandError:
    with pytest.raises(CommandError) as stop:
        describe_cluster(where, only)
    return stop.value


def test_without_a_cluster_nothing_is_asked_and_nothing_recorded() -> None:
    assert describe_cluster(ClusterConfig(), "io") == {}


def test_what_a_cluster_is_stands_in_the_run_and_reaches_each_block(answers: dict[str, Any], tmp_path: Path) -> None:
    where = ClusterConfig(ADDRESS, "0.0.0.0", "192.0.2.1")
    described = describe_cluster(where, "cluster and dask")
    assert described == {"cluster": FOUND, "server": {"bind": "0.0.0.0", "address": "192.0.2.1"}}
    made = block_of_run(tmp_path, {"plan": PLAN, **described}, 0)
    assert made.cluster == where
    assert made.cluster.environment() == {VARIABLE: ADDRESS}
    assert block_of_run(tmp_path, {"plan": PLAN}, 0).cluster.environment() == {}


def test_a_cluster_with_too_few_workers_is_refused(answers: dict[str, Any]) -> None:
    answers["workers"] = 1
    stop = refusal(ClusterConfig(ADDRESS))
    assert stop.code == Exit.NOT_MEASURED
    assert "it runs 1 tasks concurrently, and the cells need 2. Next: start more workers, or narrow ONLY" in str(stop)


def test_a_cluster_that_no_selected_cell_would_use_is_wrong_usage(answers: dict[str, Any]) -> None:
    stop = refusal(ClusterConfig(ADDRESS), "io")
    assert stop.code == Exit.USAGE
    assert "selects no cell of dask" in str(stop)


@pytest.mark.parametrize(
    ("where", "next_step"), [(ClusterConfig(bind="::"), "add CLUSTER"), (ClusterConfig(ADDRESS, "", "a"), "BIND=a")]
)
def test_an_open_server_without_a_purpose_is_wrong_usage(where: ClusterConfig, next_step: str) -> None:
    stop = refusal(where)
    assert stop.code == Exit.USAGE
    assert next_step in str(stop)


@pytest.mark.real
def test_nobody_there_means_nothing_is_timed_and_no_folder_is_left(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bench, "new_run", lambda *_, **__: pytest.fail("something was timed"))
    given = argparse.Namespace(
        only="cluster and dask", blocks=1, seed=1, quick=False, full=False, why=False, resume=None, repeat=1
    )
    given.cluster, given.bind, given.address = "tcp://127.0.0.1:9", "", ""
    (tmp_path / "results").mkdir()
    with pytest.raises(CommandError, match="nothing answers there") as stop:
        bench.bench(given, tmp_path / "results/runs/new")
    assert stop.value.code == Exit.NOT_MEASURED


def test_a_run_is_not_gone_on_with_on_another_cluster(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "read_environment", lambda run: {"plan": PLAN, "cluster": FOUND})
    check_same_cluster(tmp_path)
    answers["workers"] = 2
    with pytest.raises(CommandError, match="workers of its cluster was 3, and is 2") as stop:
        check_same_cluster(tmp_path)
    assert stop.value.code == Exit.BAD_DATA


def test_a_run_without_a_cluster_is_gone_on_with_as_ever(tmp_path: Path) -> None:
    run = record(tmp_path)
    assert "cluster" not in read_environment(run)
    check_same_cluster(run)


def test_what_takes_minutes_a_block_is_left_out_of_make_full() -> None:
    words = every_experiment().strip("()").split(" or ")
    assert "offload_cost" in words
    assert not {"aa", "cluster"} & set(words)


def test_a_lost_worker_is_said_beside_the_cell(tmp_path: Path) -> None:
    run = load(record(tmp_path))
    rounds = run.rounds.assign(workers_lost=0.0)
    rounds.loc[rounds.index[rounds["model"] == "asyncio"][-1], "workers_lost"] = 1.0
    from scripts.tables.summary import summarise

    flags = summarise(rounds, ranges_only=False).set_index("model")["flags"]
    assert "1 worker lost" in flags["asyncio"]
    assert "lost" not in flags["threads"]
