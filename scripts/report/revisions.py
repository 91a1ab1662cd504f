"""A comparison of two revisions: as JSON (schema beside this file), as Markdown for a pull request, for a terminal."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.analysis import conclusions
from scripts.analysis.revisions import Cause, Change
from scripts.stats.intervals import Interval
from scripts.tables.load import FEW_BLOCKS
from scripts.util.format import percent, seconds

SCHEMA = 1  # of ab.json: a name is never removed or given another meaning without raising it
SCHEMA_FILE = Path(__file__).with_suffix(".schema.json")
DECIDED = (conclusions.Outcome.FASTER, conclusions.Outcome.SLOWER, conclusions.Outcome.NO_DIFFERENCE)
MOST_ROWS = 12  # of the Markdown table: with the lines around it 20 at most


@dataclass(frozen=True)
class Outcome:
    """The outcome of one comparison."""

    work: str
    labels: Mapping[str, str]
    packages: Mapping[str, Mapping[str, str]]
    changes: Sequence[Change]
    turns: int
    tasks: int
    threshold: float
    disturbed: float
    waited_s: float
    answers_differ: int
    unfit: Mapping[str, str]
    machine: Mapping[str, Any]

    @property
    def worse(self) -> bool:
        """Whether any model got worse by more than the threshold."""
        return any(one.worse for one in self.changes)

    @property
    def measured(self) -> bool:
        """Whether there is a conclusion about any model."""
        return any(one.ratio for one in self.changes)


def document(outcome: Outcome) -> dict[str, Any]:
    """As JSON takes it."""
    return {
        "schema": SCHEMA,
        "work": outcome.work,
        "base": {"label": outcome.labels["base"], "packages": dict(outcome.packages["base"])},
        "head": {"label": outcome.labels["head"], "packages": dict(outcome.packages["head"])},
        "turns": outcome.turns,
        "tasks": outcome.tasks,
        "threshold": outcome.threshold,
        "worse": outcome.worse,
        "models": [entry(one) for one in outcome.changes],
        "unfit": dict(outcome.unfit),
        "answers_differ": outcome.answers_differ,
        "disturbed_share": outcome.disturbed,
        "waited_seconds": outcome.waited_s,
        "machine": dict(outcome.machine),
    }


def entry(change: Change) -> dict[str, Any]:
    """One model, as JSON takes it."""
    measured = change.ratio is not None
    return {
        "model": change.model,
        "concurrency": change.concurrency,
        "verdict": change.verdict,
        "worse": change.worse,
        "ratio": interval(change.ratio),
        "base_seconds": change.base_s if measured else None,
        "head_seconds": change.head_s if measured else None,
        "reason": change.reason,
        "causes": [
            {"what": one.what, "base_seconds": one.base_s, "head_seconds": one.head_s}
            | {"difference": interval(one.difference)}
            for one in change.causes
        ],
    }


def interval(ratio: Interval | None) -> dict[str, float] | None:
    """An estimate with the ends of its 95 % CI."""
    return {"estimate": ratio.estimate, "low": ratio.low, "high": ratio.high} if ratio else None


def text_of(change: Change) -> str:
    """`1.12 (1.08–1.16)`, the ratio with its 95 % CI; without one where the turns are too few."""
    if not (ratio := change.ratio):
        return ""
    return f"{ratio.estimate:.3g}" + f" ({ratio.low:.3g}–{ratio.high:.3g})" * (ratio.n >= FEW_BLOCKS)


def explanation(change: Change) -> str:
    """The explanation of a difference, or why there is no verdict."""
    return change.reason or "; ".join(map(cause, change.causes))


def cause(part: Cause) -> str:
    """`CPU per task 1.1 ms → 1.3 ms`."""
    return f"{part.what} {seconds(part.base_s)} → {seconds(part.head_s)}"


def headline(outcome: Outcome) -> str:
    """The answer in one line."""
    named = {word: [one.model for one in outcome.changes if one.verdict == word] for word in verdicts(outcome)}
    parts = [f"{', '.join(models)}: {word}" for word, models in named.items()]
    labels = outcome.labels
    return f"{labels['head']} against {labels['base']}: {'; '.join(parts)}"


def verdicts(outcome: Outcome) -> list[str]:
    """The verdicts that occur, each once."""
    return list(dict.fromkeys(one.verdict for one in outcome.changes))


def notes(outcome: Outcome) -> Iterator[str]:
    """The notes below the table."""
    if outcome.answers_differ:
        yield f"The answers to {outcome.answers_differ} tasks differ: the two sides do not do the same work."
    if outcome.disturbed:
        yield f"Other programs or the hypervisor disturbed {percent(outcome.disturbed)} of the measured rounds."
    if outcome.waited_s:
        yield f"Waited {seconds(outcome.waited_s)} for a quiet machine."
    yield from (f"{model} was not measured: {reason}." for model, reason in outcome.unfit.items())


def protocol(outcome: Outcome) -> str:
    """The method in words."""
    blocks = f"{outcome.turns} turns of base, head, head, base, each a fresh interpreter"
    return f"{blocks}; {outcome.tasks} tasks a round; ratio = head ÷ base, paired turn by turn, 95 % CI."


def markdown(outcome: Outcome) -> str:
    """For a job summary or a comment: a table of at most 20 lines, details folded."""
    decided = all(one.outcome in DECIDED for one in outcome.changes)
    sign = "❌" if outcome.worse else "✅" if decided else "❔"
    rows = [row(one) for one in outcome.changes[:MOST_ROWS]]
    left = [f"| … {len(outcome.changes) - MOST_ROWS} more | | | | |"] if len(outcome.changes) > MOST_ROWS else []
    head = ["| model | base | head | head ÷ base (95 % CI) | verdict |", "| --- | --- | --- | --- | --- |"]
    reasons = [f"- {one.model}: {escaped(explanation(one))}" for one in outcome.changes if explanation(one)]
    details = [*reasons, *(f"- {escaped(note)}" for note in notes(outcome)), f"- {protocol(outcome)}"]
    folded = ["<details><summary>Details</summary>", "", *details, *differing(outcome), "", "</details>"]
    return "\n".join([f"{sign} **Overlap**: {escaped(headline(outcome))}", "", *head, *rows, *left, "", *folded, ""])


def row(change: Change) -> str:
    """A line of the Markdown table."""
    times = [seconds(one) if change.ratio else "" for one in (change.base_s, change.head_s)]
    cells = [f"{change.model} ({change.concurrency})", *times, text_of(change), change.verdict]
    return f"| {' | '.join(map(escaped, cells))} |"


def escaped(text: str) -> str:
    """The text with Markdown and HTML characters escaped."""
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(sign, safe)
    return text


def differing(outcome: Outcome) -> list[str]:
    """The packages that are of another version on the two sides."""
    base, head = outcome.packages["base"], outcome.packages["head"]
    names = sorted(name for name in base.keys() | head.keys() if base.get(name) != head.get(name))
    return [f"- {name}: {base.get(name, 'none')} → {head.get(name, 'none')}" for name in names]


def show(outcome: Outcome, out: Console) -> None:
    """For a terminal of 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="dim")
    for title in ("model", "base", "head", "ratio (95 % CI)", "verdict"):
        table.add_column(title, justify="left" if title in ("model", "verdict") else "right", no_wrap=True)
    for one in outcome.changes:
        times = [seconds(value) if one.ratio else "" for value in (one.base_s, one.head_s)]
        table.add_row(f"{one.model} ({one.concurrency})", *times, text_of(one), one.verdict)
    out.print(table)
    for one in outcome.changes:
        if explanation(one):
            out.print(f"{one.model}: {explanation(one)}", markup=False)
    for note in notes(outcome):
        out.print(note, markup=False)
    out.print(protocol(outcome), markup=False, style="dim")


def write(path: Path, outcome: Outcome) -> None:
    """Write the JSON document."""
    path.write_text(json.dumps(document(outcome), indent=1, allow_nan=False))
