"""How often whole runs on one machine agree: each run of a result (`REPEAT=3`) is judged by itself.

What is judged: the claims that the runs measured, how each model compares with sequential at the same work, and how
the same cell compares with itself in another run. What two runs say of one thing is decided alike; or decided
differently, up to the opposite (faster in one and slower in the other, or held and refuted); or decided in one of them
only; or in none, for whatever reason. The last two confirm nothing and contradict nothing: no pair of them agrees.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from scripts.analysis.comparison import rows
from scripts.analysis.conclusions import Outcome, conclude
from scripts.analysis.families import Candidate
from scripts.analysis.points import cell_tables
from scripts.tables.columns import CELL_AND_TWIN
from scripts.tables.load import Run
from scripts.tables.repeats import blocks_each, repeats
from scripts.tables.summary import sequential_of
from scripts.verdict.claim import TALKS
from scripts.verdict.claims_file import read_talk
from scripts.verdict.evaluate import NOT_REPRODUCED, evaluate

KINDS = {"claims": "a claim's verdict", "models": "a model beside sequential, at the same work"}
DECIDED = {"holds", "refuted", NOT_REPRODUCED} | {
    one.value for one in (Outcome.FASTER, Outcome.SLOWER, Outcome.NO_DIFFERENCE)
}
OPPOSITE = ({"holds", "refuted"}, {Outcome.FASTER.value, Outcome.SLOWER.value})
Judged = dict[str, list[str]]  # for each thing that is judged what each run says of it


@dataclass(frozen=True)
class Agreement:
    """How often two runs agree on one kind of statement, over all pairs of runs."""

    things: int
    pairs: int
    same: int  # decided in both, and alike
    differing: int  # decided in both: a difference in one, and none in the other
    reversed: int  # decided in both: opposite
    decided_once: int
    undecided: int


def runs_apart(run: Run) -> list[Run]:
    """Each repeat of a result as a run of its own."""
    plan = run.environment["plan"]
    alone = run.environment | {"plan": {k: v for k, v in plan.items() if k != "repeat"} | {"blocks": blocks_each(plan)}}
    return [
        replace(run, environment=alone, rounds=run.rounds[run.rounds["repeat"] == number].drop(columns="repeat"))
        for number in range(repeats(plan))
        if run.rounds["repeat"].eq(number).any()  # an interrupted result lacks the last ones
    ]


def verdicts(run: Run) -> Iterator[tuple[str, str]]:
    """The verdict of one run on each claim that it measured."""
    for talk in map(read_talk, sorted(TALKS.glob("*.toml"))):
        for finding in evaluate(talk, [run]):
            if finding.outcomes:
                yield f"{talk.name}/{finding.claim.id}", finding.verdict


def beside_sequential(run: Run) -> Iterator[tuple[str, str]]:
    """How each cell compares with the sequential one at the same work in one run."""
    tables = cell_tables(run)
    for key, rounds in tables.items():
        cell = dict(zip(CELL_AND_TWIN, key, strict=True))
        alone = sequential_of(key, tables)
        if cell["twin"] or cell["model"] == "sequential" or alone is None or rounds["seconds"].isna().all():
            continue
        one, other = Candidate(cell["model"], rounds), Candidate("sequential", alone)
        why = one.unusable_beside(other)
        name = "/".join(str(cell[part]) for part in CELL_AND_TWIN if part != "twin")
        yield name, conclude(one.over(other), run.noise_floors.get(one.kind), unusable=why).outcome.value


def side_by_side(statements: Iterable[Iterable[tuple[str, str]]]) -> Judged:
    """The statements of the runs side by side; what one of them has not measured is left out."""
    each = [dict(one) for one in statements]
    return {name: [one[name] for one in each] for name in each[0] if all(name in one for one in each)}


def document(run: Run) -> dict[str, Any]:
    """The agreement of a result's runs as a JSON document."""
    runs, plan = runs_apart(run), run.environment["plan"]
    pairs = [rows(a, b) for a, b in combinations(runs, 2)]
    return {
        "run": run.environment["run"],
        "python": run.environment["python"]["version"],
        "cpu": run.environment["machine"]["cpu"],
        "runs": len(runs),
        "blocks": blocks_each(plan),
        "claims": side_by_side(map(verdicts, runs)),
        "models": side_by_side(map(beside_sequential, runs)),
        "cells": [[row.conclusion.outcome.value for row in pair] for pair in pairs],
    }


def agreement(judged: Judged) -> Agreement:
    """Count over all pairs of runs."""
    pairs = [pair for each in judged.values() for pair in combinations(each, 2)]
    decided = [tuple(one in DECIDED for one in pair) for pair in pairs]
    both = [pair for pair, each in zip(pairs, decided, strict=True) if all(each)]
    same = sum(one == other for one, other in both)
    undecided, once = (sum(sum(each) == count for each in decided) for count in (0, 1))
    opposite = sum(set(pair) in OPPOSITE for pair in both)
    return Agreement(len(judged), len(pairs), same, len(both) - same - opposite, opposite, once, undecided)


def markdown(document: dict[str, Any]) -> str:
    """The table of agreement, and of which runs it is."""
    head = ["what is judged", "number", "pairs", "agree", "differ", "opposite", "only one concludes"]
    lines = [[*head, "neither concludes"], ["---", *["---:"] * 7]]
    for kind, words in KINDS.items():
        of = agreement(document[kind])
        figures = (of.things, of.pairs, of.same, of.differing, of.reversed, of.decided_once, of.undecided)
        lines.append([words, *map(str, figures)])
    outcomes = [outcome for pair in document["cells"] for outcome in pair if outcome != Outcome.NOT_USABLE.value]
    false = sum(outcome in OPPOSITE[1] for outcome in outcomes)
    return "\n\n".join([
        f"{document['runs']} runs of {document['blocks']} blocks in turn on one machine ({document['cpu']}, Python "
        f"{document['python']}), each judged by itself. A pair is two runs that judge the same thing. They agree when "
        "both conclude the same. They differ when both conclude, but not the same, such as a difference in one and "
        "none in the other. They are opposite when one says faster and the other slower, or one *holds* and the other "
        "*refuted*. A pair in which one run or neither concludes shows no agreement and no contradiction.",
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        f"By `make compare`, the same cell of two of these runs was called faster or slower in {false} of "
        f"{len(outcomes)} comparisons of usable cells.",
    ])  # fmt: skip
