"""Where the time of cells goes, as sums: bars and sentences of what the attribution rounds found.

    cells = read(Path("results/latest/why.json"))
    print(cells[0].sentence())

Every statement is a sum of terms or a count: which model is faster is not concluded here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.core.time_terms import (
    ASKED,
    BLOCKING,
    ELSEWHERE,
    LOOP_HELD,
    NETWORK,
    POOL,
    TERM_WORDS,
    TERMS,
    UNATTRIBUTED,
)
from benchmarks.models import NAMES, needs
from scripts.tables.schema import integer, name, number, shape_error, text
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.format import digits, percent, seconds, times

FILE = "why.json"
SCHEMA = 1
CLOSES = 0.05  # of what was measured may stay unattributed, or the sum does not close
LONGEST = 1.5  # times a usual round: the rounds of an attribution that take longer are of another program
SMALL = 0.005  # of what was measured: smaller terms stand in the sentence as one
LETTERS = dict(zip(TERMS, "wsnCGLcBp?", strict=True))  # in the bar of a terminal
SHAPE = {
    **dict.fromkeys(("cell", "experiment", "workload", "model"), name),
    **dict.fromkeys(("method", "left_out"), text),
    **dict.fromkeys(("attributed_seconds", "plain_seconds", "ideal_seconds", "ceiling_seconds", "slowdown"), number),
    **dict.fromkeys(("concurrency", "rounds"), integer),
    "terms": dict.fromkeys(TERMS, number),
    "holders": [{"kind": name, "file": text, "line": integer, "function": text, "call": text, "count": number,
                 "seconds_each": number, "share": number}],
}  # fmt: skip


@dataclass(frozen=True)
class Attribution:
    """Where the time of one cell goes: seconds of a round by term, which add up to `seconds`."""

    cell: str
    experiment: str
    workload: str
    model: str
    concurrency: int
    seconds: float  # of the attribution rounds
    plain_seconds: float  # of the usual rounds in turns with them
    ideal_seconds: float
    ceiling_seconds: float  # of the null client; 0 for work without a server of ours
    slowdown: float
    rounds: int
    terms: dict[str, float]
    method: str = ""
    left_out: str = ""
    holders: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "Attribution":
        """The cell of an entry of why.json."""
        recorded = {field: entry[field] for field in cls.__dataclass_fields__ if field in entry}
        return cls(**recorded | {"seconds": entry["attributed_seconds"], "holders": tuple(entry["holders"])})

    @property
    def closes(self) -> bool:
        """Whether all but a twentieth of the time has a term."""
        return self.terms[UNATTRIBUTED] <= CLOSES * self.seconds

    @property
    def typical(self) -> bool:
        """Whether its rounds can stand for the usual ones: what takes far longer spends its time elsewhere."""
        return self.slowdown <= LONGEST

    def words(self, term: str) -> str:
        """A term's name for this cell's model."""
        workers = needs(self.model).workers if self.model in NAMES else "caller"
        if term == POOL:
            return {"loop": "loop start-up and closing", "caller": "start-up and closing"}.get(
                workers, TERM_WORDS[POOL]
            )
        if term == BLOCKING and workers == "loop":
            return LOOP_HELD
        return ELSEWHERE if term == NETWORK and not self.terms[ASKED] else TERM_WORDS[term]

    def large(self) -> list[tuple[str, float]]:
        """The terms that matter, in their order; `unattributed` always counts where it is there at all."""
        return [(term, self.terms[term]) for term in TERMS if self.terms[term] >= SMALL * self.seconds]

    def sentence(self) -> str:
        """The sum: `71.5 ms = 50.0 waiting as asked + 2.2 server late + …`, all in the unit of the first number."""
        total, unit = seconds(self.seconds).split(" ")
        size = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "min": 60.0}.get(unit, 1.0)
        large = self.large()
        parts = [f"{digits(value / size)} {self.words(term)}" for term, value in large]
        rest = self.seconds - sum(value for _, value in large)
        parts += [f"{digits(rest / size)} in smaller terms"] * (rest >= SMALL * self.seconds / 10)
        return f"{total} {unit} = {' + '.join(parts)}"

    def caveat(self) -> str:
        """How much instrumentation slowed the rounds, whether the sum closes, and which terms are not measured."""
        rounds = f"{self.rounds} rounds with instruments took {times(self.slowdown)} the time of rounds without"
        rounds += f" ({seconds(self.plain_seconds)})"
        share = self.terms[UNATTRIBUTED] / self.seconds
        closing = "" if self.closes else f"; {percent(share)} of the time is unattributed"
        left_out = f"; left out: waiting for the GIL, a lock and the network, because {self.left_out}"
        limits = f"ideal {seconds(self.ideal_seconds)}"
        limits += f", ceiling {seconds(self.ceiling_seconds)} (a client without a protocol)" * bool(
            self.ceiling_seconds
        )
        other = "" if self.typical else ", too much to stand for them"
        return f"{limits}; {rounds}{other}{closing}{left_out if self.left_out else ''}"

    def bar(self, width: int = 60) -> str:
        """One letter for each share of the time, in the order of the terms."""
        letters, at = "", 0.0
        for term in TERMS:
            at += self.terms[term]
            letters += LETTERS[term] * (round(width * at / self.seconds) - len(letters))
        return letters

    def holder_sentences(self) -> list[str]:
        """A sentence for each line that held the loop, the GIL or a lock."""
        return [holder_text(holder) for holder in self.holders]


def holder_text(holder: dict[str, Any]) -> str:
    """As in: time.sleep at pages.py:5 in awork held the loop for 20 ms, 30 times a round: 100 % of what was held."""
    place = f"{Path(holder['file']).name}:{holder['line']} in {holder['function']}"
    what = f"{holder['call']} at {place}" if holder["call"] else place
    whose = {"loop": "the loop", "GIL": "the GIL", "lock": "a lock that others waited for"}[holder["kind"]]
    least = "at least " * (holder["kind"] == "GIL")  # a watchdog that waits for the GIL itself misses some of it
    often = f"{digits(holder['count'])} times a round"
    return (
        f"{what} held {whose} for {least}{seconds(holder['seconds_each'])}, {often}: "
        f"{percent(holder['share'])} of the time in which {whose.removesuffix(' that others waited for')} was held"
    )


def read(path: Path) -> list[Attribution]:
    """The cells of a why.json; none where there is no such file. CommandError when it is damaged."""
    try:
        document: dict[str, Any] = {"schema": SCHEMA, "cells": []}
        document = json.loads(path.read_text()) if path.exists() else document
    except ValueError as problem:
        raise CommandError(Exit.BAD_DATA, f"{path} is damaged: {problem}. Next: make why RUN={path.parent}") from None
    if wrong := shape_error(document, {"schema": integer, "cells": [SHAPE]}, path.name):
        raise CommandError(Exit.BAD_DATA, f"{path} is damaged: {wrong}. Next: make why RUN={path.parent}")
    if document["schema"] != SCHEMA:
        raise CommandError(
            Exit.BAD_DATA, f"{path} is of another schema than {SCHEMA}. Next: make why RUN={path.parent}"
        )
    return [Attribution.of(entry) for entry in document["cells"]]


def legend() -> str:
    """The legend of a bar's letters."""
    return ", ".join(f"{LETTERS[term]} {TERM_WORDS[term]}" for term in TERMS)
