"""The parts of the README made from the reference: a chart, sentences, a table of six rows, surprising verdicts."""

import math
from typing import Any

import pandas as pd

from scripts.analysis.answers import answers, disturbance, noise_floors_text
from scripts.analysis.contests import turning_share
from scripts.report.claim_document import verdicts_of
from scripts.tables.load import Run
from scripts.util.format import plural, seconds, times
from scripts.util.paths import REFERENCE
from scripts.verdict.value_text import bound_text, estimate_text, measure_text

MODELS = ("sequential", "threads", "processes", "asyncio")
# Experiment and workload of each row, and what a stranger calls that work.
ROWS = (
    ("io", "sleep", "waiting, no I/O"),
    ("io", "wire", "raw HTTP/1.1 (h11)"),
    ("io", "http", "requests, aiohttp"),
    ("mixed", "mixed", "raw HTTP and computing"),
    ("cpu", "primes", "pure Python computing"),
    ("cpu", "digest", "hashing, releases the GIL"),
)
SENTENCES = 4
SURPRISES = 5


def picture(run: Run) -> str:
    """The chart of speed-ups, in light and dark."""
    chart = f"{REFERENCE}/charts/speedup"
    dark = f'<source srcset="{chart}-dark.svg" media="(prefers-color-scheme: dark)">'
    alt = f"Speed-up over sequential of {', '.join(MODELS[1:])}, with 95 % CIs and the ideal"
    return f'<picture>{dark}<img src="{chart}.svg" alt="{alt}"></picture>'


def findings(run: Run) -> str:
    """Four sentences, the table, the machine and its caveats."""
    return "\n\n".join([
        "\n".join(f"- {sentence}" for sentence in answers(run)[:SENTENCES]),
        table(run),
        f"Time of a round, pool or loop start-up included, and speed-up over sequential. {where(run)}",
    ])  # fmt: skip


def where(run: Run) -> str:
    """The machine, and what limits what its figures say."""
    machine, python = run.environment["machine"], run.environment["python"]
    build = "" if python["optimised"] is not False else ", built without profile-guided optimisation"
    place = f"{machine['cpu']}, {plural(machine['cores_usable'], 'usable core')}, Python {python['version']}{build}"
    return f"{place}, {run.blocks_words}. {noise_floors_text(run)} {disturbance(run)}"


def table(run: Run) -> str:
    """Time and speed-up of the classical models for six kinds of work, as Markdown."""
    head = ["work", *MODELS]
    lines = [head, ["---", *["---:"] * len(MODELS)], *filter(None, (row(run.summary, *one) for one in ROWS))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def row(summary: pd.DataFrame, experiment: str, workload: str, name: str) -> list[str]:
    """One kind of work; empty when the run has none of it. Of mixed work the share nearest to a fifth of computing."""
    here = summary[(summary["experiment"] == experiment) & (summary["workload"] == workload) & ~summary["twin"]]
    if here.empty:
        return []
    if experiment == "mixed":
        here = here[here["compute_seconds"] == turning_share(here)]
    busiest = here["concurrency"].max()
    here = here[(here["concurrency"] == busiest) | (here["model"] == "sequential")].drop_duplicates("model")
    return [f"{name}: {work(here.iloc[0], busiest)}", *(cell(here[here["model"] == model]) for model in MODELS)]


def work(row: pd.Series, concurrency: int) -> str:
    """How long a task waits and computes, and the number of tasks."""
    parts = [f"{seconds(row['wait_seconds'])} wait"] * bool(row["wait_seconds"])
    parts += [f"{seconds(row['compute_seconds'])} CPU"] * bool(row["compute_seconds"])
    return f"{row['tasks']} tasks of {' and '.join(parts)}, concurrency {concurrency}"


def cell(matching: pd.DataFrame) -> str:
    """A time with its speed-up, and its warning in brackets."""
    if matching.empty:
        return "–"
    one = matching.iloc[0]
    speedup = f" ({times(one['speedup'])})" if one["model"] != "sequential" else ""
    warning = f" [{one['flags']}]" if one["flags"] else ""
    return f"{seconds(one['seconds'])}{speedup}{warning}"


def surprises(run: Run, matrix: Run | None = None) -> str:
    """The verdicts that differ most from what the claim's author says, as Markdown."""
    claims = [claim for document in verdicts_of(*filter(None, (run, matrix))) for claim in document["claims"]]
    different = [(distance(part), claim, part) for claim in claims if (part := decisive(claim))]
    different.sort(key=lambda one: -one[0])
    lines = [["claim", "measure", "measured", "bound", "verdict"], ["---", "---", "---:", "---:", "---"]]
    for _, claim, part in different[:SURPRISES]:
        lines.append([claim["text"], measure_text(part), estimate_text(part), bound_text(part), claim["verdict"]])
    return "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in lines)


def decisive(claim: dict[str, Any]) -> dict[str, Any] | None:
    """The measure that made the verdict, of a claim that differs from what its author says; None of any other."""
    if claim["as_expected"] is not False:
        return None
    return next((part for part in claim["parts"] if part["verdict"] == claim["verdict"] and part["estimate"]), None)


def distance(part: dict[str, Any]) -> float:
    """How far the estimate lies from the bound, as the logarithm of their ratio."""
    bounds = [bound for bound in (part["bound_low"], part["bound_high"]) if bound]
    return min((abs(math.log(part["estimate"] / bound)) for bound in bounds if part["estimate"] > 0), default=0.0)
