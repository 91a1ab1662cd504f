"""Over whole simulated runs of known truth, everything that is published says what is so, and no more."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from scripts.analysis.answers import answers
from scripts.report import readme, which_model
from scripts.tables.columns import CELL
from scripts.tables.load import Run
from scripts.util.format import times
from tests.scripts.analysis.test_no_false_winner import TIED
from tests.scripts.analysis.test_no_false_winner import simulated as tied_run
from tests.scripts.published import published
from tests.scripts.synthetic import make

pytestmark = pytest.mark.slow

RUNS = 6
CROWNS = r"fastest|quickest|best|winner|wins\b|won\b|beats|leads|ahead|faster than (?:every|all|any)|least time|top\b"
CROWNS += r"|[Tt]he next (?:is|are)\b|comes next|[Hh]ighest|[Ll]owest (?!to)"
SENTENCE = re.compile(r"(?<!\d)[.;|\n](?:\s|$)|\n|\||; |, (?=\w+ at \d)")


FOLDERS = list[TemporaryDirectory[str]]()  # of the runs that tests share


@pytest.fixture(scope="module", autouse=True)
def remove_folders() -> Iterator[None]:
    yield
    for folder in FOLDERS:
        folder.cleanup()


def run_of(rounds: pd.DataFrame) -> Run:
    """The rounds as a run in a folder of its own, measured where the reference was."""
    environment = json.loads(Path("results/reference/environment.json").read_text())
    FOLDERS.append(TemporaryDirectory())
    return Run(Path(FOLDERS[-1].name), environment, rounds, [], [])


@cache
def tied(seed: int) -> dict[str, str]:
    """What is published of a run in which asyncio and threads are tied at all work."""
    return published(run_of(tied_run(seed).rounds), drawn=seed == 0)


def sentences(text: str) -> list[str]:
    """Its sentences, cells and list items."""
    return [one for one in SENTENCE.split(text) if one.strip()]


def names_one(sentence: str) -> bool:
    """Whether exactly one of the tied is named, as a word."""
    return sum(bool(re.search(rf"\b{name}\b", sentence)) for name in TIED) == 1


def crowned(text: str) -> list[str]:
    """The sentences that call one of the tied the fastest, and not the other."""
    return [one for one in sentences(text) if re.search(rf"\b(?:{CROWNS})", one) and names_one(one)]


def set_apart(text: str) -> list[str]:
    """The sentences that say that one of the tied is faster or slower than the other."""
    comparison = re.compile(r"\d× (?:faster|slower) at|(?:faster|slower) than `?(?:asyncio|threads)\b")
    return [one for one in sentences(text) if all(name in one for name in TIED) and comparison.search(one)]


def test_the_rule_sees_a_crown_where_there_is_one() -> None:
    assert crowned("fastest in this run: asyncio, 9.11× faster than sequential")
    assert crowned("Speed-up\nasyncio is the best choice where tasks wait")
    assert crowned("The next is slower: threads took 2.00× its time")
    assert not crowned("fastest in this run: asyncio or threads. asyncio: 9.11× faster than sequential")
    assert set_apart("asyncio beside threads in this run: 1.45× faster at concurrency 50")
    assert not set_apart("Beside asyncio, no measurable difference: threads took 1.01× its time")


# Titles that say nothing of who is fastest, in which a word of CROWNS stands for something else.
HARMLESS = re.compile(r"best of each|as fast as|[Ff]astest models|fastest by|best view|[Ww]hich is (?:the )?fastest")


@pytest.mark.parametrize("rule", [crowned, set_apart])
def test_nothing_that_is_published_crowns_one_of_two_that_are_tied(rule: object) -> None:
    false = [
        (seed, place, one)
        for seed in range(RUNS)
        for place, text in tied(seed).items()
        for one in rule(text)  # type: ignore[operator]
        if not HARMLESS.search(one)
    ]
    assert len({seed for seed, *_ in false}) <= 0.05 * RUNS, false


def test_of_two_that_are_tied_none_is_crowned_for_the_blocks_that_it_was_in() -> None:
    rounds = tied_run(0).rounds.copy()
    late = rounds["block"] >= 7  # when everything took half as long again, and threads were not measured any more
    rounds.loc[late, "seconds"] *= 1.5
    rounds["efficiency"] = rounds["ideal_seconds"] / rounds["seconds"]
    texts = published(run_of(rounds[~(late & rounds["model"].eq("threads"))]))
    false = [(place, one) for place, text in texts.items() for rule in (crowned, set_apart) for one in rule(text)]
    assert [one for one in false if not HARMLESS.search(one[1])] == []


# no onset at a size that was not measured


CONCURRENCY = re.compile(r"\bconcurrency (\d[\d,]*)((?:, \d[\d,]*)*(?: (?:and|or) \d[\d,]*)?)|(\d[\d,]*) at once")
LISTED = re.compile(r"(?:no measurable difference|inconclusive|not usable) at ([\d, and]+)")


def sizes_named(text: str) -> set[int]:
    """Every concurrency that the text names."""
    groups = [*CONCURRENCY.findall(text), *((one, "", "") for one in LISTED.findall(text))]
    numbers = re.findall(r"\d[\d,]*", " ".join(" ".join(parts) for parts in groups))
    return {int(number.strip(",").replace(",", "")) for number in numbers if number.strip(",")}


def onset_run(seed: int, onset: float) -> Run:
    """A run in which asyncio is faster than threads from a concurrency on that was not measured, by more and more."""
    rounds = tied_run(seed).rounds.copy()
    above = rounds["experiment"].eq("scaling") & rounds["concurrency"].gt(onset)
    slow = above & rounds["model"].eq("threads")
    rounds.loc[slow, "seconds"] *= (rounds.loc[slow, "concurrency"] / onset) ** 0.5
    rounds["saturated"] = ""
    return run_of(rounds)


def test_no_text_names_a_concurrency_that_was_not_measured() -> None:
    for seed in range(3):
        run = onset_run(seed, onset=30)
        measured = set(run.rounds["concurrency"])
        for place, text in published(run).items():
            texts = [one for one in sentences(text) if "make " not in one]
            assert set().union(*map(sizes_named, texts)) <= measured, (place, text)


def test_a_size_that_was_never_measured_would_be_seen() -> None:
    assert sizes_named("asyncio is faster from concurrency 13 on") == {13}
    assert sizes_named("1.45× faster at concurrency 50; no measurable difference at 2, 10 and 1,000") == {
        2,
        10,
        50,
        1000,
    }


# no efficiency above 1 without its warning


def above_ideal_run(seed: int) -> Run:
    """A run whose asyncio beats the ideal time at waiting: the measurement is at fault, and nobody knows where."""
    rounds = tied_run(seed).rounds.copy()
    quick = rounds["model"].eq("asyncio") & rounds["workload"].isin(["wire", "primes"])
    rounds.loc[quick, "seconds"] = 0.8 * rounds.loc[quick, "ideal_seconds"]
    rounds["efficiency"] = rounds["ideal_seconds"] / rounds["seconds"]
    rounds["above_ideal"] = rounds["seconds"] < 0.9 * rounds["ideal_seconds"]
    return run_of(rounds)


OVER = re.compile(
    r"(?:efficiency|of the ideal|of its ideal|limit)\D{0,12}(\d+(?:\.\d+)?) ?%|(\d+(?:\.\d+)?) ?% of (?:the|its) ideal"
)


def over_the_ideal(text: str) -> list[str]:
    """The sentences that give more than 100 % of the ideal, but for those that say what is wrong."""
    over = []
    for one in sentences(text):
        shares = [float(number) for pair in OVER.findall(one) for number in pair if number]
        if any(share > 102 for share in shares) and "ideal time" not in one:
            over.append(one)
    return over


def test_an_efficiency_above_one_would_be_seen() -> None:
    assert over_the_ideal("asyncio, 25× faster than sequential (95 % CI 24–26×; efficiency 125 %)")
    assert over_the_ideal("asyncio 3,000/s at 50 (wire, 118.0 % of the ideal)")
    assert not over_the_ideal("Not usable: it was faster than its ideal time (asyncio); efficiency 98 %")


def test_no_sentence_has_an_efficiency_above_one_without_its_warning() -> None:
    texts = published(above_ideal_run(0), drawn=True)
    assert {place: faults for place, text in texts.items() if (faults := over_the_ideal(text))} == {}
    assert not any(re.search(r"fastest in this run: [^.]*asyncio", one) for one in texts["README.md"].split("\n")[:2])


def test_every_row_above_its_ideal_time_carries_the_warning() -> None:
    run = above_ideal_run(0)
    over = run.summary[run.summary["efficiency"].gt(1.02)]
    assert len(over)
    assert over["flags"].str.contains("above ideal").all(), over[[*CELL, "efficiency", "flags"]]


# every figure of a sentence stands in the tables


def interval(values: pd.Series) -> tuple[float, float, float]:
    """Geometric mean with its 95 % t-interval, worked out here anew."""
    logs = np.log(values.to_numpy())
    half = stdtrit(len(logs) - 1, 0.975) * logs.std(ddof=1) / np.sqrt(len(logs))
    return float(np.exp(logs.mean())), float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half))


def ratios(run: Run, column: str) -> Iterator[float]:
    """Each model's value over each other's at the same work, block by block, and the ends of their intervals."""
    rounds = run.rounds[~run.rounds["warmup"] & ~run.rounds["twin"] & run.rounds[column].notna()]
    medians = rounds.groupby([*CELL, "block"])[column].median()
    work = ["experiment", "workload", "wait_seconds", "compute_seconds"]
    for _, here in medians.groupby(work):
        cells = [cell.droplevel(list(CELL)) for _, cell in here.groupby(list(CELL))]
        for one, other in permutations(cells, 2):
            yield from interval((one / other).dropna())


def ceilings(run: Run) -> Iterator[float]:
    """How many times as fast as sequential the null client was, at each cell's work."""
    rounds = run.rounds[~run.rounds["warmup"] & ~run.rounds["twin"]]
    for _, here in rounds.groupby(["experiment", "workload", "wait_seconds", "compute_seconds", "tasks"]):
        alone = here[here["model"] == "sequential"].groupby("block")["seconds"].median().median()
        yield from alone / here.groupby("model")["ceiling_seconds"].median().dropna()


GAIN = re.compile(r"(?<![\d.])(\d[\d.,]*)×")


def unfounded(text: str, figures: set[str]) -> set[str]:
    """The multiples in a text that no table has, nor the ratio of two of their cells."""
    return {one for one in GAIN.findall(text) if f"{one}×" not in figures}


def in_tables(run: Run) -> set[str]:
    """Every multiple that the tables have, and the ratios that can be worked out from the rounds behind them."""
    columns = ("speedup", "speedup_low", "speedup_high", "ideal_speedup")
    values = [*(value for name in columns for value in run.summary[name].dropna()), *ratios(run, "seconds")]
    values += [value for value in ratios(run, "cpu_seconds") if value > 1]
    values += ceilings(run)
    return {form for value in values for form in (times(value), f"{value:.3g}×")}


def test_every_multiple_in_a_sentence_is_that_of_two_cells() -> None:
    run = run_of(tied_run(0).rounds)
    figures = in_tables(run)
    texts = {
        "answers": " ".join(answers(run)),
        "README.md": readme.findings(run),
        "which-model.md": which_model.text(run),
    }
    texts |= {place: text for place, text in tied(0).items() if place.startswith(("title", "caption", "terminal"))}
    assert {place: faults for place, text in texts.items() if (faults := unfounded(text, figures))} == {}


# nothing is concluded from what can decide nothing

CONCLUDES = re.compile(
    r"fastest (?:in|where)|\d× faster|\d× slower|(?:faster|slower) at|[Tt]he next (?:is|are) slower|in \d+ of \d+ mixes"
)


def concluded(texts: dict[str, str]) -> list[tuple[str, str]]:
    """The sentences that conclude something about two models."""
    return [(place, one) for place, text in texts.items() for one in sentences(text) if CONCLUDES.search(one)]


@pytest.mark.parametrize("spoilt", ["few blocks", "disturbed", "saturated", "short rounds"])
def test_nothing_is_concluded_from_rounds_that_decide_nothing(spoilt: str) -> None:
    rounds = make(seed=5, experiments=["io", "cpu", "mixed", "scaling"]).rounds
    changed = {
        "few blocks": rounds[rounds["block"] < 3],
        "disturbed": rounds.assign(disturbed=True),
        "saturated": rounds.assign(saturated="machine"),
        "short rounds": rounds.assign(**{name: rounds[name] / 1e4 for name in ("seconds", "ideal_seconds")}),
    }
    assert concluded(published(run_of(changed[spoilt]))) == []


def test_a_conclusion_would_be_seen() -> None:
    texts = published(run_of(make(seed=5, experiments=["io", "cpu", "mixed"]).rounds))
    assert {"README.md", "which-model.md", "report.html", "terminal"} <= {place for place, _ in concluded(texts)}
