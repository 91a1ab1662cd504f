"""The expectations of a project about its own work, one a line, as claims that a run of `make mine` can decide.

    asyncio at least 5x sequential       # five times as fast
    threads at most 1.2x sequential
    processes faster than threads
    uvloop within 10% of asyncio
    asyncio at least 100 tasks/s

A model stands for its best cell, the one that was fastest; `asyncio@20` for that at concurrency 20. In numbers
`>= 5`, `> 5`, `0.9 … 1.1` may stand for the words. Bounds are read and judged like those of a talk's claims.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.models import NAMES
from scripts.analysis.evidence import Measure
from scripts.tables.load import Run
from scripts.util.exit_codes import CommandError, Exit
from scripts.util.unknown_names import check_names
from scripts.verdict.claim import Claim, Part, Talk
from scripts.verdict.evaluate import Finding, evaluate
from scripts.verdict.fields import Mistake, bound

MODEL = r"(?P<{}>\w+(?:@\d+)?)"
BOUND = r"(?P<bound>at least|at most|more than|less than|[<>]=?|=|[\d.]+\s*(?:…|\.\.|to))\s*(?P<number>[\d.]+)"
RATIO = re.compile(rf"{MODEL.format('one')}\s+{BOUND}\s*(?:x|×|times)\s*{MODEL.format('other')}")
FASTER = re.compile(rf"{MODEL.format('one')}\s+(?:is\s+)?(?P<word>faster|slower) than\s+{MODEL.format('other')}")
WITHIN = re.compile(rf"{MODEL.format('one')}\s+within\s+(?P<percent>[\d.]+)\s*% of\s+{MODEL.format('other')}")
RATE = re.compile(rf"{MODEL.format('one')}\s+{BOUND}\s*tasks\s*(?:/\s*s|(?:a|per) second)")
SIGNS = {"at least": ">=", "at most": "<=", "more than": ">", "less than": "<"}
EXAMPLE = '"asyncio at least 5x sequential", "threads within 10% of asyncio" or "asyncio at least 100 tasks/s"'

Cell = Callable[[str], str]  # from a model as it is named in an expectation to the cell that it stands for


def lines(text: str) -> list[str]:
    """The expectations of a text, one on each line or after each semicolon."""
    return [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]


def check(expectations: Sequence[str], models: Sequence[str] = NAMES) -> None:
    """CommandError (usage) when one of them cannot be read, or is about another model than `models`."""
    for line in expectations:
        check_names(models_in(line), models, "measured model", "make models", option=f"EXPECT: {line!r}")


def models_in(line: str) -> list[str]:
    """The models that an expectation is about. CommandError (usage) when it cannot be read."""
    return [cell.partition("@")[0] for cell in claim(line, str).cells]


def about_models(expectations: Sequence[str], models: Sequence[str]) -> list[str]:
    """The expectations that are about no other model than these."""
    return [line for line in expectations if set(models_in(line)) <= set(models)]


def claim(line: str, cell: Cell) -> Claim:
    """An expectation as a claim. CommandError (usage) when it cannot be read."""
    if not isinstance(line, str) or not (read := measure_of(line.strip(), cell)):
        raise CommandError(Exit.USAGE, f"EXPECT: {line!r} cannot be read. Next: write it like {EXAMPLE}")
    measure, holds = read
    try:
        limit, _ = bound(holds, "", "EXPECT")
    except Mistake as problem:
        raise CommandError(Exit.USAGE, f"{problem} (in {line!r})") from None
    return Claim(line, line, parts=(Part("", measure, None, holds, limit, per_capacity=False),), expected="holds")


def measure_of(line: str, cell: Cell) -> tuple[Measure, str] | None:
    """The measure and its bound; None when the line has no known form.

    How many times as fast one is, is the seconds of the other over its own.
    """
    if match := RATIO.fullmatch(line):
        return Measure(cell(match["other"]), over=cell(match["one"])), numeric(match)
    if match := FASTER.fullmatch(line):
        sign = ">" if match["word"] == "faster" else "<"
        return Measure(cell(match["other"]), over=cell(match["one"])), f"{sign} 1"
    if match := WITHIN.fullmatch(line):
        share = 1 + float(match["percent"]) / 100
        return Measure(cell(match["other"]), over=cell(match["one"])), f"{1 / share} … {share}"
    if match := RATE.fullmatch(line):
        return Measure(cell(match["one"]), "tasks_per_second"), numeric(match)
    return None


def numeric(match: re.Match[str]) -> str:
    """The bound of a match as a claim writes it."""
    return f"{SIGNS.get(match['bound'], match['bound'])} {match['number']}"


def best_cell(summary: pd.DataFrame, model: str) -> str:
    """The reference of the quickest cell of a model (or of that at `model@concurrency`); `…/c0` where there is none."""
    name, _, size = model.partition("@")
    rows = summary[summary["model"].eq(name) & ~summary["twin"].astype(bool)]
    if not size and len(rows):
        size = str(rows.sort_values("seconds")["concurrency"].iloc[0])
    return f"user_work/{name}/c{size or 0}"


def findings(run: Run, expectations: Sequence[str]) -> list[Finding]:
    """A verdict on each expectation, judged together."""
    if not expectations:
        return []
    claims = tuple(claim(line, lambda model: best_cell(run.summary, model)) for line in dict.fromkeys(expectations))
    return evaluate(Talk(Path("EXPECT"), "what is expected", "", claims), [run])


def entry(finding: Finding) -> dict[str, object]:
    """A finding as mine.json has it."""
    ends = finding.outcomes[0].evidence.ends if finding.outcomes else None
    estimate, low, high = ends or (None, None, None)
    return {
        "text": finding.claim.text,
        "verdict": finding.verdict,
        "estimate": estimate,
        "low": low,
        "high": high,
        "reason": finding.reason,
    }


def code(results: Sequence[Finding]) -> Exit:
    """The exit code: NEGATIVE when one is refuted, NOT_MEASURED when one is inconclusive, otherwise OK."""
    verdicts = {finding.verdict for finding in results}
    if "refuted" in verdicts:
        return Exit.NEGATIVE
    return Exit.NOT_MEASURED if verdicts - {"holds"} else Exit.OK
