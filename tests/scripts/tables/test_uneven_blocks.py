"""A run of `make full`: its last blocks measure the headline only, and no sentence takes them for more.

Ten blocks of the headline, seven of the rest. Whatever is compared is compared within the blocks that both sides have.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.analysis.contests import contest
from scripts.analysis.evidence import Measure, evidence
from scripts.analysis.families import Candidate, at_sizes, family
from scripts.analysis.footer import interval_words
from scripts.analysis.points import points
from scripts.atlas.build import cells_of
from scripts.charts import scaling
from scripts.deck.slides import command
from scripts.report.terminal import groups, warnings
from scripts.run.preflight import every_experiment
from scripts.tables.load import Run, load
from scripts.tables.repeats import only_bench
from scripts.tables.summary import paired
from scripts.util.exit_codes import CommandError, Exit
from scripts.verdict.evaluate import disqualified
from scripts.verdict.expectations import claim
from tests.scripts import recorded
from tests.scripts.analysis.test_conclusions import quiet, rounds
from tests.scripts.synthetic import ENVIRONMENT, make

PLAN = {"only": "", "blocks": 10, "seed": 7, "quick": False, "bench_blocks": 3}
EXTRA = ("scaling", "cpu_scaling")  # what only make full measures


def full(table: pd.DataFrame | None = None, extra: tuple[str, ...] = EXTRA, **plan: object) -> Run:
    """A run of ten blocks whose last three lack these experiments."""
    table = make(seed=2).rounds if table is None else table
    late = table["block"] % 10 >= 7
    kept = table[~(late & table["experiment"].isin(extra))]
    return Run(Path("no such run"), ENVIRONMENT | {"plan": PLAN | plan}, kept, [], [])


def flags_of(run: Run, experiment: str) -> set[str]:
    """The warnings on the cells of an experiment about missing blocks."""
    flags = run.summary.loc[run.summary["experiment"].eq(experiment), "flags"]
    return {flag for flag in flags.str.split(", ").explode() if flag.startswith("missing")}


@pytest.mark.slow
def test_what_a_block_was_not_to_measure_is_not_called_missing() -> None:
    run = full()
    assert {flag for experiment in ("io", *EXTRA) for flag in flags_of(run, experiment)} == set()
    assert not any("missing" in line for _, group in groups(run.summary) for line in warnings(group))


@pytest.mark.slow
def test_what_a_block_lacks_is_missing_of_as_many_as_were_to_have_it() -> None:
    table = make(seed=2).rounds
    torn = (table["block"] == 2) & table["experiment"].eq("scaling") & table["model"].eq("threads")
    lost = (table["block"] == 8) & table["experiment"].eq("io") & table["model"].eq("threads")
    run = full(table[~(torn | lost)])
    assert flags_of(run, "scaling") == {"missing in 1 of 7 blocks"}
    assert flags_of(run, "io") == {"missing in 1 of 10 blocks"}


@pytest.mark.slow
def test_the_throughput_of_a_full_run_has_its_title() -> None:
    assert "asyncio" in scaling.finding(full())


def test_a_share_of_a_full_run_calls_nothing_missing() -> None:
    named = {cell.flags for cell in cells_of(full(extra=("network", "scaling")), ["scaling/wire/threads/c10"])}
    assert not any("missing" in flags for flags in named)


def test_an_interrupted_full_run_says_how_many_blocks_measured_everything() -> None:
    run = full()
    begun = Run(run.path, run.environment, run.rounds[run.rounds["block"] < 8], [], [])
    assert run.blocks_words == "10 blocks (7 of what only make full measures)"
    assert begun.blocks_words == "8 blocks (7 of what only make full measures)"
    assert only_bench(PLAN | {"blocks": 20, "repeat": 2}, range(20)) == {7, 8, 9, 17, 18, 19}
    assert only_bench({"blocks": 10}, range(10)) == only_bench({}, range(10)) == frozenset()


def test_a_footer_claims_no_more_blocks_than_its_cells_have() -> None:
    assert interval_words(full()).endswith("CI of 7 to 10 blocks")
    assert interval_words(make(blocks=10, experiments=["io"])).endswith("CI of 10 blocks")


def drifting(slow: float, late: tuple[str, ...], **seconds_of_models: float) -> pd.DataFrame:
    """Rounds whose machine is so much slower in the last three blocks, which only the models in `late` were in."""
    table = rounds(blocks=10, **seconds_of_models)
    there = table["block"] >= 7
    table.loc[there, "seconds"] *= slow
    return table[~there | table["model"].isin([*late, "sequential"])]


def test_a_machine_that_slows_down_at_the_end_makes_no_winner_of_what_was_measured_before() -> None:
    run = quiet(drifting(3.0, ("asyncio",), sequential=0.8, threads=0.06, asyncio=0.05))
    found = contest(run, "io", "wire")
    assert found
    (fastest, *rest) = found.family.winners
    assert (fastest.name, rest) == ("asyncio", [])
    assert found.row("asyncio")["seconds"] > found.row("threads")["seconds"]  # as the trap is set


def test_every_speed_up_is_paired_within_the_blocks_that_both_have() -> None:
    run = quiet(drifting(3.0, ("asyncio",), sequential=0.8, threads=0.1, asyncio=0.05))
    gains = {each.model: each.value for each in points(run, ["io"], "speedup")}
    assert gains["threads"] == pytest.approx(8)
    assert gains["asyncio"] == pytest.approx(16)


def test_a_ceiling_is_held_to_the_blocks_that_have_one() -> None:
    table = drifting(3.0, ("asyncio",), sequential=0.8, threads=0.1, asyncio=0.05).assign(ceiling_seconds=0.04)
    slow = table["block"] >= 7
    table.loc[slow, "ceiling_seconds"] *= 3
    ceilings = {each.model: each.ceiling for each in points(quiet(table), ["io"], "speedup")}
    assert ceilings["threads"] == pytest.approx(20, rel=0.02)


def apart() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two cells that are clearly different, in six blocks each, of which they share two."""
    table = rounds(threads=0.1, asyncio=0.05)
    threads, asyncio = (table[table["model"] == model] for model in ("threads", "asyncio"))
    return threads[threads["block"] < 6], asyncio[asyncio["block"] >= 4]


def test_two_cells_that_share_too_few_blocks_decide_nothing_beside_each_other() -> None:
    threads, asyncio = (Candidate(name, cell) for name, cell in zip(("threads", "asyncio"), apart(), strict=True))
    beside = family([threads, asyncio], {})
    assert beside.winners == ()
    assert beside.not_usable[0][1].reason == "threads and asyncio share only 2 of the blocks; a verdict takes 6"
    (one,) = at_sizes({20: (asyncio, threads)}, {}).conclusions.values()
    assert one.reason == "asyncio and threads share only 2 of the blocks; a verdict takes 6"


def test_a_claim_is_decided_by_the_blocks_that_both_of_its_cells_have() -> None:
    run = Run(Path("no such run"), ENVIRONMENT, pd.concat(apart()), [], [])
    asked = claim("asyncio faster than threads", lambda model: f"io/wire/{model}")
    (part,) = asked.parts
    found = evidence(run, part.measure)
    assert len(found.values) == 2
    assert disqualified(found, part).startswith("2 blocks are too few")


def test_a_repeat_is_paired_within_the_blocks_that_both_have() -> None:
    once = drifting(3.0, ("asyncio",), threads=0.1, asyncio=0.05)
    table = pd.concat([once.assign(block=once["block"] + 10 * repeat, repeat=repeat) for repeat in range(3)])
    threads, asyncio = (table[table["model"] == model] for model in ("threads", "asyncio"))
    assert paired(threads, asyncio).to_numpy() == pytest.approx(np.full(3, 2.0))
    ratio = Candidate("threads", threads).over(Candidate("asyncio", asyncio))
    assert ratio
    assert ratio.estimate == pytest.approx(2)
    run = Run(Path("no such run"), ENVIRONMENT, table, [], [])
    values = evidence(run, Measure("io/wire/threads", over="io/wire/asyncio")).values
    assert values.to_numpy() == pytest.approx(np.full(3, 2.0))


def test_a_full_run_is_repeated_by_make_full_and_not_by_a_number_of_blocks() -> None:
    run = full(only=every_experiment())
    assert command(run) == "make full SEED=7"
    assert command(full(only=every_experiment(), blocks=20, repeat=2)) == "make full SEED=7 REPEAT=2"


@pytest.mark.parametrize("damage", [{"repeat": 0}, {"repeat": "three"}, {"bench_blocks": "x"}, {"bench_blocks": -1}])
def test_a_damaged_plan_is_refused_and_no_traceback(tmp_path: Path, damage: dict[str, object]) -> None:
    run = recorded.record(tmp_path)
    environment = json.loads((run / "environment.json").read_text())
    environment["plan"] |= damage
    (run / "environment.json").write_text(json.dumps(environment))
    with pytest.raises(CommandError, match="is damaged: it: plan: ") as stop:
        load(run)
    assert stop.value.code == Exit.BAD_DATA
