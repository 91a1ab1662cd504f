"""Every figure of a sentence, a title or a caption is one that the tables give: seconds, bytes, rates, shares, counts.

Multiples are held to the tables in `test_published`. Here a chart's words are held to the table under that chart, and
an answer to the rows of its own contest, so that no figure passes because some other cell happens to have it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from scripts.analysis.answers import answers_of, disturbance, noise
from scripts.analysis.conclusions import ASSUMED_FLOOR, MARGIN
from scripts.analysis.mix_winners import tiles
from scripts.charts import CHARTS, Chart, claims, decision
from scripts.charts.lib.table import Table
from scripts.deck.pages import count_title
from scripts.report import readme, which_model
from scripts.report.claim_document import verdicts_of
from scripts.tables.load import Run
from scripts.util.format import amount, digits, rate, seconds, tick
from tests.scripts.analysis.test_published import FOLDERS, interval, run_of
from tests.scripts.drawings import a_run
from tests.scripts.synthetic import SyntheticRun, make

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def remove_folders() -> Iterator[None]:
    yield
    for folder in FOLDERS:
        folder.cleanup()


UNITS = r"%|ns\b|µs\b|ms\b|s\b|min\b|h\b|B\b|[KMG]iB\b"
ALWAYS = {"95 %"}  # the confidence of every interval


def figures(text: str) -> set[str]:
    """The figures with a unit: `804 ms` and `812 ms` of `804–812 ms`; of `900 µs–1.20 ms` both, each in its own."""
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    found = set[str]()
    for match in re.finditer(rf"(?<![\w.,])(\d[\d.,]*)((?: (?:{UNITS}))?)–(\d[\d.,]*)( (?:{UNITS})|/s)", text):
        low, own, high, unit = match.groups()
        found |= {f"{low}{own or unit}", f"{high}{unit}"}
    plain = re.findall(rf"(?<![\w.,–])(\d[\d.,]*)( (?:{UNITS})|/s)", text)
    return {one for one in found | {number + unit for number, unit in plain} if "," not in one[-1:]} - ALWAYS


def test_figures_are_read_with_their_units() -> None:
    assert figures("took 804–812 ms (95 % CI), then 900 µs–1.20 ms at 1,250/s") == {
        "804 ms", "812 ms", "900 µs", "1.20 ms", "1,250/s"
    }  # fmt: skip
    assert figures("2,900–17,000/s from 6 stacks, 88 % of the ideal; 3.81 MiB") == {
        "2,900/s", "17,000/s", "88 %", "3.81 MiB"
    }  # fmt: skip
    assert figures("in 10 blocks, 3 of 12 mixes, 18.9× (18.2–19.6×)") == set()


# a chart's words and its table


def in_table(table: Table) -> set[str]:
    """Every figure of a table, the share that each row is of its ideal, and the share of its tasks that computes."""
    known = {figure for row in table.rows for text, _ in row for figure in figures(text)}
    for row in table.rows:
        keys = dict(zip(table.head, (key for _, key in row), strict=True))
        number = {name: key for name, key in keys.items() if isinstance(key, float | int) and key > 0}
        value = next((name for name in number if name in VALUES), "")
        if value and "ideal" in number:
            known.add(f"{digits(100 * number[value] / number['ideal'])} %")
        total = number.get("waits", 0) + number.get("computes", 0)
        if total:
            known.add(f"{round(100 * number.get('computes', 0) / total, 1):g} %")
    return known


VALUES = {"tasks/s", "time"}


def of_works(run: SyntheticRun) -> set[str]:
    """How long the tasks of the run wait and compute, which titles name beside what they give."""
    columns = [run.rounds["wait_seconds"], run.rounds["compute_seconds"]]
    return {tick(seconds)(float(value)) for column in columns for value in column.dropna().unique() if value}


def words_of(chart: Chart, run: SyntheticRun) -> str:
    """What is said of it: title, caption, and what is read aloud."""
    return "\n".join([chart.finding(run), chart.caption(run), chart.alt(run)])


SUMS = ("where-time-goes",)  # whose captions have terms without a unit of their own; test_attribution adds them up


@pytest.mark.parametrize("name", [chart.NAME for chart in CHARTS if chart.NAME not in SUMS])
def test_the_words_of_a_chart_give_no_figure_that_its_table_has_not(name: str) -> None:
    (chart,) = (one for one in CHARTS if name == one.NAME)
    run = a_run()
    known = in_table(chart.table(run)) | of_works(run) | figures(" ".join(getattr(chart, "labels", {}).values()))
    assert figures(words_of(chart, run)) - known == set()


def test_a_figure_that_no_table_has_would_be_seen() -> None:
    (chart,) = (one for one in CHARTS if one.NAME == "startup-cost")
    known = in_table(chart.table(a_run()))
    assert figures(chart.caption(a_run())) & known
    assert figures("process-spawn 61.9 s to start and join one") - known == {"61.9 s"}


# answers and the rows of their contest


def shares(values: Iterable[float]) -> set[str]:
    """Shares in whole percent."""
    return {f"{100 * value:.0f} %" for value in values}


def test_an_answer_gives_no_figure_that_its_own_rows_have_not() -> None:
    for run in (run_of(make(seed=5).rounds), run_of(make(seed=5, blocks=3).rounds)):
        for found, sentence in answers_of(run):
            rows = found.rows
            known = shares(rows["efficiency"].dropna())
            known |= shares(rows["compute_seconds"] / (rows["compute_seconds"] + rows["wait_seconds"]))
            known |= {seconds(value) for name in ("seconds_low", "seconds_high") for value in rows[name].dropna()}
            assert figures(sentence) - known == set(), sentence


def test_the_readme_gives_each_model_the_figure_of_its_own_row() -> None:
    run = run_of(make(seed=5).rounds)
    (_, _, *lines), summary = readme.table(run).split("\n"), run.summary
    kinds = [
        one[:2]
        for one in readme.ROWS
        if summary["experiment"].eq(one[0]).any() and summary["workload"].eq(one[1]).any()
    ]
    assert len(lines) == len(kinds)
    for (experiment, workload), line in zip(kinds, lines, strict=True):
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        for model, cell in zip(readme.MODELS, cells[1:], strict=True):
            rows = summary[summary["experiment"].eq(experiment) & summary["workload"].eq(workload)]
            known = {seconds(value) for value in rows.loc[rows["model"].eq(model), "seconds"]}
            assert figures(cell) <= known, (model, cell)


def test_what_is_said_of_noise_and_disturbance_is_what_was_measured() -> None:
    rounds = make(seed=5, experiments=["io", "cpu", "mixed"]).rounds
    hit = rounds["block"].eq(2) & ~rounds["warmup"]
    run = run_of(rounds.assign(disturbed=hit))
    assert disturbance(run).endswith(f"disturbed {hit.sum()} of {(~rounds['warmup']).sum():,} measured rounds.")
    known = {f"{100 * ASSUMED_FLOOR.value:.0f} %"}
    for floor in filter(None, run.noise_floors.values()):
        known |= {f"{100 * value:.1f} %" for value in (floor.value, floor.low, floor.high)}
    assert figures(noise(run)) - known == set()


def measured(run: Run) -> Iterator[float]:
    """What every cell has of every measure, worked out here anew: the mean over blocks and its ends."""
    rounds = run.rounds[~run.rounds["warmup"].astype(bool) & ~run.rounds["twin"].astype(bool)]
    columns = [name for name in map(str, rounds) if name == "seconds" or name.endswith(("_seconds", "_per_task"))]
    for _, cell in rounds.groupby(["experiment", "workload", "model", "concurrency", "tasks", "compute_seconds"]):
        for name in columns:
            values = cell.groupby("block")[name].median().dropna()
            if len(values) > 1 and (values > 0).all():
                yield from interval(values)


def test_the_page_of_models_gives_no_seconds_or_bytes_that_no_cell_has() -> None:
    run = run_of(make(seed=5).rounds)
    page = which_model.text(run)
    known = {form(value) for value in measured(run) for form in (seconds, amount, rate)} | of_works(run)  # type: ignore[arg-type]
    known |= {tick(seconds)(length_s) for length_s in (1e-4, 1e-3, 1e-2, 1e-1)} | {f"{100 * MARGIN:.0f} %"}
    lines = [line for line in page.split("\n") if not line.startswith("Written by") and "%" not in line]
    found = {figure for line in lines for figure in figures(line)}
    assert len(found) > 10
    assert found - known == set()


# counts


def test_every_count_of_claims_is_that_of_the_verdicts(tmp_path: Path) -> None:
    run = run_of(make(seed=5).rounds)
    for document in verdicts_of(run):
        counts = Counter(one["verdict"] for one in document["claims"])
        said, title = document["sentence"], count_title(document)
        assert said.startswith(f"Of {sum(counts.values())} claim")
        assert sorted(map(int, re.findall(r"\b(\d+) (?:hold|is|are|can't|could)", said))) == sorted(counts.values())
        assert re.match(rf"{counts['holds']} of {sum(counts.values())} claims hold", title)
        assert all(f"{counts[one]} {one}" in title for one in ("refuted", "not reproduced here") if counts[one])
        (tmp_path / "claims.json").write_text(json.dumps(document))
        shown = claims.finding(SyntheticRun(run.rounds, path=tmp_path))
        if shown:
            assert sum(map(int, re.findall(r"\b(\d+) (?!claims)", shown))) == sum(counts.values())


def test_every_count_of_mixes_is_that_of_the_map() -> None:
    run = a_run()
    every = tiles(run)
    won, of = map(int, re.findall(r"in (\d+) of (\d+) mixes", decision.finding(run))[0])
    parts = decision.finding(run).partition("computing: ")[2]
    assert of == len(every)
    assert won == sum(bool(tile.family.winners) for tile in every) == sum(map(int, re.findall(r" in (\d+)", parts)))
