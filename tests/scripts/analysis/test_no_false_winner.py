"""Over whole simulated runs of known truth: nothing that is published names a winner that is none."""

import re
from collections.abc import Collection
from functools import cache

import numpy as np
import pytest

from scripts.analysis.answers import answers
from scripts.analysis.mix_winners import Tile, tiles
from scripts.charts import CHARTS
from scripts.report.standings import standing
from scripts.tables.columns import CELL
from scripts.util.format import times
from tests.scripts.synthetic import SyntheticRun, make

TIED = ("asyncio", "threads")
RUNS = 12
# How the pages, titles and sentences call somebody the fastest, up to the end of the names.
CALLED = (
    r"fastest in this run: ([^.,(]+)",
    r"([\w ()×.]+) fastest where",
    r"shares?.*: ([^;:]+) at \d",
)


@cache
def simulated(seed: int) -> SyntheticRun:
    """A run in which asyncio and threads take the same time at all work, apart from noise of their own."""
    rounds = make(experiments=["io", "cpu", "mixed", "scaling"], seed=seed).rounds.copy()
    random = np.random.default_rng(1000 + seed)
    work = [name for name in CELL if name != "model"]
    truth = rounds[rounds["model"].eq("asyncio") & ~rounds["twin"]].groupby(work)["seconds"].median()
    for model in TIED:
        mine = rounds["model"].eq(model)
        keys = list(rounds.loc[mine, work].itertuples(index=False, name=None))
        base = np.array([truth.get(key, np.nan) for key in keys])
        block = random.normal(0, 0.02, (100, len(keys)))[rounds.loc[mine, "block"], np.arange(len(keys))]
        rounds.loc[mine, "seconds"] = np.where(np.isfinite(base), base * np.exp(block), rounds.loc[mine, "seconds"])
    rounds["efficiency"] = rounds["ideal_seconds"] / rounds["seconds"]
    return SyntheticRun(rounds)


def published(run: SyntheticRun) -> list[str]:
    """Every sentence, title and table row about who is the fastest."""
    titles = [text for chart in CHARTS if chart.caption(run) for text in (chart.finding(run), chart.caption(run))]
    standings = [standing(run, *work) for work in (("io", "wire"), ("io", "http"), ("cpu", "primes"))]  # type: ignore[arg-type]
    return [*answers(run), *titles, *(f"fastest in this run: {one.best}." for one in standings if one)]


def named_alone(text: str) -> list[str]:
    """The tied models that the text calls the fastest without the other."""
    calls = [call for form in CALLED for call in re.findall(form, text)]
    return [call for call in calls if sum(model in call for model in TIED) == 1]


def test_the_test_would_see_a_winner_that_is_none() -> None:
    assert named_alone("For I/O-bound work, fastest in this run: asyncio, 9.11× faster than sequential")
    assert named_alone("Beside sequential: threads (9.11×) fastest where tasks wait (wire)")
    assert named_alone("Fastest by the share that computes, concurrency 10: asyncio at 0 %")
    assert not named_alone("For I/O-bound work, fastest in this run: asyncio or threads. asyncio: 9.11×")


@pytest.mark.slow
def test_no_sentence_title_or_page_names_a_winner_that_is_none() -> None:
    false = [text for seed in range(RUNS) for text in published(simulated(seed)) if named_alone(text)]
    assert len(false) <= 0.05 * RUNS, false


def is_won_by_one_of(models: Collection[str], tile: Tile) -> bool:
    names = [cell.name for cell in tile.family.winners]
    return len(names) == 1 and names[0] in models


@pytest.mark.slow
def test_no_tile_of_the_map_is_won_by_one_of_two_that_are_tied() -> None:
    won = [any(is_won_by_one_of(TIED, tile) for tile in tiles(simulated(seed))) for seed in range(RUNS)]
    assert np.mean(won) <= 0.05


def test_every_figure_of_an_answer_stands_in_the_tables() -> None:
    run = make(experiments=["io", "cpu"], seed=3)
    table = {
        times(value) for column in ("speedup", "speedup_low", "speedup_high") for value in run.summary[column].dropna()
    }
    gains = [gain for text in answers(run) for gain in re.findall(r"([\d.,]+×) faster than sequential", text)]
    assert gains
    assert set(gains) <= table
