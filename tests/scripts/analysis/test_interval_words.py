"""What stands beside an estimate has one of two names, and the right one: a 95 % CI, or the range of too few blocks."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.analysis.evidence import Measure, evidence
from scripts.analysis.footer import interval_words
from scripts.analysis.wording import interval_meaning
from scripts.atlas.build import part_of
from scripts.charts import claims as claims_chart
from scripts.report import claim_pages
from scripts.report.claim_document import measured
from scripts.stats.intervals import geometric_mean
from scripts.tables.load import Run
from tests.scripts.published import published
from tests.scripts.synthetic import make

SCRIPTS = Path(__file__).parents[3] / "scripts"
OTHER_NAMES = re.compile(r"95.%.interval|t-interval|confidence interval")
MEASURE = Measure("io/wire/sequential", over="io/wire/threads")


def run(blocks: int, folder: Path | str = "no such run") -> Run:
    """A run of so many blocks, measured where the reference was."""
    made = make(blocks=blocks, experiments=["io", "cpu", "mixed", "scaling"])
    environment = json.loads((SCRIPTS.parent / "results" / "reference" / "environment.json").read_text())
    environment["plan"] = {"only": "", "blocks": blocks, "seed": 7, "quick": blocks < 6}
    return Run(Path(folder), environment, made.rounds, [], [])


def part(blocks: int) -> dict[str, Any]:
    """A measure of a claim as a run of so many blocks has it in claims.json."""
    named = {"name": "", "bound": "> 2", "bound_low": 2.0, "bound_high": None, "per_capacity": False}
    verdict = {"verdict": "inconclusive", "p_value": None, "reason": "", "counterpart": None}
    return named | measured(MEASURE, evidence(run(blocks), MEASURE)) | verdict


def test_the_ends_of_too_few_blocks_are_the_smallest_and_the_largest_and_are_called_so() -> None:
    values = evidence(run(3), MEASURE).values
    few = part(3)
    assert (few["interval"], few["low"], few["high"]) == ("range", values.min(), values.max())
    assert few["estimate"] == values.median()
    assert claim_pages.interval_words(few).startswith("range of 3 blocks: ")


def test_the_ends_of_enough_blocks_are_those_of_the_interval_and_are_called_so() -> None:
    interval = geometric_mean(evidence(run(6), MEASURE).values.to_numpy())
    enough = part(6)
    assert (enough["interval"], enough["low"], enough["high"]) == ("95 % CI", interval.low, interval.high)
    assert claim_pages.interval_words(enough).startswith("95 % CI: values from ")


def test_the_bars_of_the_chart_of_claims_are_called_what_they_are(tmp_path: Path) -> None:
    of = {"id": "x", "verdict": "inconclusive"}
    for blocks, parts, words in [
        (3, [part(3)], "range of 3 blocks"),
        (6, [part(6)], "95 % CI of 6 blocks"),
        (6, [part(6), part(3)], "95 % CI of 6 blocks (the range where a measure has fewer than 6)"),
    ]:
        (tmp_path / "claims.json").write_text(json.dumps({"claims": [of | {"parts": parts}]}))
        assert claims_chart.bars(run(blocks, tmp_path)) == words


def test_a_share_has_no_range_where_an_atlas_takes_an_interval() -> None:
    few = part_of(part(3))
    assert (few.estimate, few.low, few.high) == (None, None, None)
    assert part_of(part(6)).low == pytest.approx(part(6)["low"], rel=1e-3)


def test_a_cell_that_too_few_blocks_of_a_long_run_have_gets_no_interval() -> None:
    long = run(10)
    lost = (long.rounds["block"] > 3) & long.rounds["model"].eq("threads")
    found = evidence(Run(long.path, long.environment, long.rounds[~lost], [], []), MEASURE)
    assert (found.blocks, found.ranges_only) == (4, True)
    assert found.ends
    assert found.ends[1:] == (found.values.min(), found.values.max())


def test_of_whole_runs_three_are_enough() -> None:
    thrice = run(9)
    rounds = thrice.rounds.assign(repeat=thrice.rounds["block"] // 3)
    found = evidence(Run(thrice.path, thrice.environment, rounds, [], []), MEASURE)
    assert (len(found.values), found.ranges_only) == (3, False)


def test_charts_and_pages_take_the_name_from_one_place() -> None:
    assert interval_words(run(10), "s") == "95 % CIs of 10 blocks"
    assert interval_words(run(3), "s") == "ranges of 3 blocks"
    assert interval_meaning(run(3)).startswith("Too few blocks for a 95 % CI: a range is")
    wording = SCRIPTS / "analysis" / "wording.py"
    pages = [path for path in SCRIPTS.rglob("*.html") if OTHER_NAMES.search(path.read_text())]
    code = [path for path in SCRIPTS.rglob("*.py") if path != wording and any(map(OTHER_NAMES.search, texts(path)))]
    assert [path.name for path in pages + code] == []


def texts(path: Path) -> Iterator[str]:
    """The texts in a module, its docstrings left out."""
    tree = ast.parse(path.read_text())
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in statements)
    yield from (node.value for node in nodes if isinstance(node.value, str))


@pytest.mark.slow
def test_nothing_that_is_published_of_a_quick_run_has_an_interval(tmp_path: Path) -> None:
    quick = published(run(3, tmp_path), drawn=True)
    pages_of_the_reference = ("which-model.md", "README.md")
    lines = [
        (place, line)
        for place, text in quick.items()
        if place not in pages_of_the_reference
        for line in re.split(r"[\n|]|(?<=[a-z])\. ", text)
        if re.search(r"95\s%|\bCI\b|\binterval(?! seconds)", line)
        and not re.search("[Tt]oo few blocks for a 95 % CI", line)
    ]
    assert lines == []


@pytest.mark.slow
def test_nothing_that_is_published_of_a_long_run_has_a_range_of_blocks(tmp_path: Path) -> None:
    lines = [
        (place, line)
        for place, text in published(run(10, tmp_path), drawn=True).items()
        for line in text.splitlines()
        if re.search(r"\branges? of \d|Too few blocks", line)
    ]
    assert lines == []
