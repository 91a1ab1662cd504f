"""The page that answers "which model?": its figures are the run's, and what was not measured is said not to be."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.core.registry import catalogue
from scripts.reference import load_references
from scripts.report import which_model
from scripts.report.standings import standing
from scripts.tables.load import Run
from tests.scripts.synthetic import ENVIRONMENT, in_turns, make

pytestmark = pytest.mark.slow

MODELS = {"threads": 1.0, "asyncio": 1.01, "uvloop": 1.3, "trio": 1.06, "sequential": 8.0}


def run_of(rounds: pd.DataFrame, **environment: Any) -> Run:
    return Run(Path("nowhere"), ENVIRONMENT | {"plan": {}} | environment, rounds, [], [])


def planted(noise: dict[str, float] | None = None) -> Run:
    """Waiting, of which each model takes its own multiple of a second, and some vary more than others."""
    base, random = make(experiments=["io"], models=["threads"]).rounds, np.random.default_rng(4)
    base = base[(base["workload"] == "wire") & ~base["twin"]]
    parts = []
    for model, seconds in MODELS.items():
        mood = random.lognormal(sigma=(noise or {}).get(model, 0.001), size=base["block"].nunique())
        parts.append(base.assign(model=model, seconds=seconds * mood[base["block"]]))
    return run_of(pd.concat(parts, ignore_index=True))


def test_the_committed_page_says_what_the_reference_run_found() -> None:
    assert which_model.PAGE.read_text() == which_model.text(*load_references()), (
        "next: make reference RUN=results/reference"
    )


def test_the_fastest_the_alike_and_the_slower_are_told_apart() -> None:
    place = standing(planted(), "io", "wire")
    assert place
    assert place.best == "`threads` or `asyncio` or `trio`".replace("` or `a", "`, `a")
    assert [name for name, _ in place.slower] == ["uvloop", "sequential"]
    assert place.slower[0][1].value == pytest.approx(1.3, rel=0.01)
    assert re.fullmatch(r"7\.5\d–8\.0\d× faster than sequential", place.gain)
    assert re.fullmatch(r"[\d.]+ ms–1\.06 s|1\.00–1\.06 s", str(place.duration))
    assert [name for name, _ in place.next] == ["uvloop"]
    assert "fastest in this run: threads, asyncio or trio. " in place.sentence


def test_what_varies_too_much_is_not_established_either_way() -> None:
    place = standing(planted({"trio": 0.4}), "io", "wire")
    assert place
    assert "Beside threads, inconclusive: trio took " in place.sentence
    assert place.sentence in which_model.text(planted({"trio": 0.4}))


def test_disturbed_rounds_and_few_blocks_establish_no_order() -> None:
    run = planted()
    disturbed = run_of(run.rounds.assign(disturbed=run.rounds["model"].eq("uvloop")))
    few = run_of(run.rounds[run.rounds["block"] < 3])
    place, none = (standing(one, "io", "wire") for one in (disturbed, few))
    assert place
    assert none
    assert [name for name, _ in place.not_usable] == ["uvloop"]
    assert "uvloop" not in dict(place.slower)
    assert (none.best, none.duration, none.slower) == ("no conclusion", "–", [])
    assert none.sentence.startswith("no conclusion: 3 blocks are too few")


def test_the_sentences_have_the_figures_of_the_run() -> None:
    page = which_model.text(run_of(make().rounds))
    row = make().summary.query("experiment == 'cpu' and workload == 'primes' and model == 'processes'").iloc[0]
    (sentence,) = re.findall(r"One worker for each core .*", page)
    assert f"fastest in this run: processes, {row['speedup']:.2f}× faster than sequential" in sentence
    assert re.search(rf"\| compute in Python: [^|]* \| `processes` \| {1000 * row['seconds']:.0f} ms", page)
    waiting = make().summary.query("experiment == 'task_memory' and model == 'threads' and concurrency == 1000")
    held = waiting.iloc[0]["value"]
    assert re.search(rf"/threads\.py\) \| – \| .* \| .* \| {held / 1024:.1f} KiB \(1,000\) \|", page)


@pytest.mark.parametrize(
    "experiments", [["startup_cost"], ["io"], ["mixed"], ["task_memory", "loop_blocking"], ["cpu", "scaling"]]
)
def test_what_was_not_measured_is_said_and_breaks_nothing(experiments: list[str]) -> None:
    page = which_model.text(run_of(make(experiments=experiments).rounds))
    assert "not measured in this run" in page
    assert "None" not in page
    assert "nan" not in page
    assert "\n\n\n" not in page


def everything() -> Run:
    """A run of every cell that there is, with figures of its own for each."""
    random, rows = np.random.default_rng(5), []
    measured = {"round": 1, "warmup": False, "disturbed": False, "saturated": "", "valid": True}
    for cell in catalogue():
        value = random.uniform(0.1, 3)
        for block in range(6):
            metrics = dict.fromkeys(cell.metrics, value * random.lognormal(sigma=0.01))
            timed = {"seconds": value * random.lognormal(sigma=0.01), "ideal_seconds": 0.05, "efficiency": 0.5}
            shared = measured | {"block": block, "metric": cell.metrics[0] if cell.metrics else None}
            rows.append(cell.key() | shared | timed | metrics)
    return run_of(pd.DataFrame(rows))


def test_a_run_of_everything_leaves_no_gap_in_the_page() -> None:
    page = which_model.text(everything())
    assert "not measured" not in re.sub("A dash: not measured in this run", "", page)
    elsewhere = (
        "(../benchmarks/models/dask.py)",
        "(../benchmarks/models/ray.py)",
    )  # their costs have a table of their own
    shown = (line for line in page.splitlines() if "no difference shown" not in line)
    rows = [line for line in shown if not any(file in line for file in elsewhere)]
    assert [line for line in rows if "| – | – |" in line] == []
    assert re.search(r"\| `dask` \| .* \| .*× .* \| .*× .* \|", page)
    assert re.search(r"\| `zlib` \| .*× .* \| .*× .* \|", page)


def test_a_model_that_cannot_run_here_is_listed_with_its_reason() -> None:
    page = which_model.text(run_of(make(experiments=["io"]).rounds, absent={"interpreters": "needs Python 3.14"}))
    assert "- `interpreters` needs Python 3.14." in page


def test_the_page_tells_of_threads_without_the_gil_where_a_matrix_has_measured_them() -> None:
    run: Any = in_turns()
    assert "under 3.13t (without the GIL)" in which_model.text(run_of(make(experiments=["io"]).rounds), run)
    assert "which the reference does not have" in which_model.text(run_of(make(experiments=["io"]).rounds))


def test_every_row_of_every_table_has_as_many_cells_as_its_head() -> None:
    for page in (
        which_model.text(run_of(make().rounds)),
        which_model.text(run_of(make(experiments=["startup_cost"]).rounds)),
    ):
        for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            assert len({line.count("|") for line in table.splitlines()}) == 1, table
