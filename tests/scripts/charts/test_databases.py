"""The chart of databases says what the tables say, names what is not MongoDB, and says what a slide has no room for."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import Line2D

from benchmarks.backends.databases import NOT_MONGODB
from benchmarks.core.registry import catalogue
from scripts.charts import databases
from scripts.charts.lib.theme import LIGHT, PHONE, SLIDE, Theme
from scripts.util.format import between, times
from tests.scripts.charts.legible import defects
from tests.scripts.drawings import artists, drawn, texts
from tests.scripts.synthetic import ENVIRONMENT, SyntheticRun, Work, rounds_of

pytestmark = pytest.mark.slow

LONG = "Databases: " + "what was found is told at some length, " * 2


def a_run(blocks: int = 8, **environment: Any) -> SyntheticRun:
    return SyntheticRun(rounds(blocks), environment=ENVIRONMENT | environment)


@cache
def rounds(blocks: int) -> pd.DataFrame:
    """What was measured."""
    random, entries = np.random.default_rng(5), list[dict[str, Any]]()
    for block in range(blocks):
        for cell in catalogue():
            if cell.experiment == "databases":
                size = (cell.concurrency, cell.tasks, cell.wait_s or 0.0005)
                entries += rounds_of(Work("databases", cell.workload.name, cell.model, *size), block, random, 1)
    return pd.DataFrame(entries)


def test_every_driver_is_held_to_the_blocking_one_of_its_database_block_by_block() -> None:
    run = a_run()
    dots = artists(drawn(databases, run), Line2D, "value-")
    assert len(dots) == sum(
        cell.model != "sequential" or cell.workload.name == "redis-pipeline-rows"
        for cell in catalogue()
        if cell.experiment == "databases"
    )
    measured = run.rounds[~run.rounds["warmup"]]

    def medians(workload: str, model: str) -> pd.Series:
        mine = measured[(measured["workload"] == workload) & (measured["model"] == model)]
        return mine.groupby("block")["seconds"].median()

    for workload, alone in (("asyncpg-rows", "psycopg-rows"), ("aiomysql-wait", "pymysql-wait")):
        size = 8 if workload.endswith("rows") else 32
        ratio = medians(alone, "sequential") / medians(workload, "asyncio")
        value = float(np.exp(np.log(ratio).mean()))
        assert dots[f"{workload}-asyncio-{size}"].get_xdata() == [pytest.approx(value)]
        assert times(value) in texts(drawn(databases, run))


@pytest.mark.parametrize(
    "theme", [LIGHT, PHONE, SLIDE, replace(SLIDE, headline=LONG)], ids=["page", "phone", "slide", "headline"]
)
@pytest.mark.parametrize("blocks", [1, 8])
def test_no_text_covers_another(theme: Theme, blocks: int) -> None:
    assert defects(drawn(databases, a_run(blocks), theme)) == []


@pytest.mark.parametrize("theme", [LIGHT, SLIDE, PHONE], ids=lambda theme: theme.name)
def test_what_the_title_says_is_on_the_picture(theme: Theme) -> None:
    run = a_run()
    picture = " ".join(" ".join(texts(drawn(databases, run, theme))).split())
    for query, what in databases.QUERIES.items():
        values = [each.value for each in databases.plain(databases.chart_cells(run)) if databases.query(each) == query]
        ends = between(min(values), max(values), times)
        assert f"{ends} where {what}" in databases.finding(run)
        assert f"{what}: {ends}" in picture
        assert {times(value) for value in (min(values), max(values))} <= set(picture.split())
    assert "Not shown: " not in picture


def test_panels_have_one_scale_with_1_on_it() -> None:
    axes = drawn(databases, a_run()).axes
    assert len({one.get_xlim() for one in axes}) == 1
    assert all(low < 1 < high for low, high in (one.get_xlim() for one in axes))
    assert all("1×" in [label.get_text() for label in one.get_xticklabels()] for one in axes)


def test_what_only_stands_in_for_mongodb_is_called_so() -> None:
    stand_in, real = a_run(1, databases={"mongo": NOT_MONGODB}), a_run(1, databases={"mongo": "MongoDB 8 at db"})
    assert "Not MongoDB: a stand-in" in texts(drawn(databases, stand_in))
    assert "Not MongoDB: a stand-in, the server waits, motor, asyncio" in databases.alt(stand_in)
    assert "Not MongoDB" not in databases.alt(real)


def test_a_run_without_databases_has_no_such_chart() -> None:
    run = SyntheticRun(a_run(1).rounds.assign(experiment="io"))
    assert databases.draw(run, LIGHT) is None
    assert databases.finding(run) == databases.caption(run) == databases.alt(run) == ""
    assert not databases.table(run).rows
