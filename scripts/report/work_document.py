"""The comparison of a user's own work, as JSON for tools and as sentences for people; both from one document.

`mine.json` is described in results/README.md. A name is never removed or given another meaning without raising SCHEMA.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.profiler.sizing import PAYS, tail
from scripts.tables.load import Run
from scripts.util.atomic_write import atomic_write
from scripts.util.format import amount, digits, json_number, percent, seconds
from scripts.verdict import expectations
from scripts.verdict.evaluate import Finding

SURVEY, COMPARISON = "survey.json", "mine.json"
Document = dict[str, Any]


def survey_of(path: Path) -> Document | None:
    """The profile of the user's work in the run's folder; None of any other run."""
    return read(path, SURVEY)


def document(run: Run, survey: Document, findings: Sequence[Finding]) -> Document:
    """The comparison as a JSON document."""
    machine, python = run.environment["machine"], run.environment["python"]
    capacity = run.rounds["parallel_capacity"].median() if "parallel_capacity" in run.rounds else math.nan
    return {
        "schema": survey["schema"],
        "run": run.environment["run"],
        "machine": {name: machine.get(name) for name in ("cpu", "cores_usable", "memory_bytes")},
        "python": {name: python.get(name) for name in ("version", "gil")},
        "parallel_capacity": json_number(capacity),
        "work": survey["work"],
        "learned": survey["learned"],
        "size": survey["size"],
        "results": list(results(run, survey)),
        "not_results": not_results(run),
        "expectations": [expectations.entry(finding) for finding in findings],
    }


def results(run: Run, survey: Document) -> Iterator[Document]:
    """The results of each cell, the quickest first."""
    rows = run.summary[~run.summary["twin"].astype(bool)].sort_values("seconds")
    views = {(cell["model"], cell["concurrency"]): list(cell["views"]) for cell in survey["cells"]}
    for _, row in rows.iterrows():
        model, concurrency = str(row["model"]), int(row["concurrency"])
        rounds = run.rounds[run.rounds["model"].eq(model) & run.rounds["concurrency"].eq(concurrency)]
        spans = run.spans(model=model, concurrency=concurrency, twin=False)
        yield {
            "model": model,
            "concurrency": concurrency,
            "tasks": int(row["tasks"]),
            "views": views.get((model, concurrency), []),
            **{name: interval(row, name) for name in ("seconds", "tasks_per_second", "speedup", "efficiency")},
            "cpu_seconds": json_number(rounds[~rounds["warmup"].astype(bool)]["cpu_seconds"].median()),
            "task_seconds": tail((spans["end_s"] - spans["start_s"]).tolist()),
            "flags": str(row["flags"]),
        }


def interval(row: pd.Series, name: str) -> Document:
    """An estimate and its ends; None where there is none."""
    return {
        key: json_number(row[column])
        for key, column in zip(("estimate", "low", "high"), (name, f"{name}_low", f"{name}_high"), strict=True)
    }


def not_results(run: Run) -> list[Document]:
    """The invalid cells: in how many blocks, and the reason in the first."""
    groups = dict[str, Document]()
    for omission in run.omissions:
        entry = groups.setdefault(omission.what, {"cell": omission.what, "blocks": 0, "reason": omission.reason})
        entry["blocks"] += 1
    return list(groups.values())


def write(path: Path, contents: Document) -> Path:
    """Put the document into the run's folder."""
    with atomic_write(path / COMPARISON) as file:
        file.write_text(json.dumps(contents, indent=1, allow_nan=False))
    return path / COMPARISON


def read(path: Path, name: str = COMPARISON) -> Document | None:
    """A JSON document of a run's folder; None where there is none."""
    file = path / name
    return json.loads(file.read_text()) if file.exists() else None


def sentences(contents: Document) -> list[str]:
    """The profile of the work in sentences."""
    measured = [
        *above_limit(contents["results"]),
        *not_measured(contents["learned"]["unfit"]),
        *contents["learned"]["notes"],
    ]
    return [*learned(contents), *measured, contents["size"]["sentence"]]


def learned(contents: Document) -> list[str]:
    """The profile of a task and of each model's limit, in sentences."""
    learned = contents["learned"]
    sentences = [f"A note, not a result: {why}." for why in learned["doubts"]]
    sentences += [one_task(form, timed) for form, timed in learned["forms"].items()]
    sentences += [knee_text(learned)] if learned["knee"] else []
    sentences += [one["sentence"] for one in learned["stops"].values()]
    sentences += [gil(learned["gil"])] if learned["gil"] else []
    sentences += [memory(learned["memory"])] if learned["memory"] else []
    return [*sentences, *filter(None, [opening_text(learned["client_open_seconds"])])]


def one_task(form: str, timed: Document) -> str:
    """The time of a task, and its shares of waiting and computing."""
    name = {"blocking": "`work`", "asyncio": "`awork`"}[form]
    tail = [f"{quantile} {seconds(value)}" for quantile, value in timed["tail"].items() if value is not None]
    share = timed["compute_share"] or 0.0
    parts = (
        f"{percent(1 - share)} of it waits, {percent(share)} computes ({seconds(timed['cpu_seconds']['mean'])} of CPU)"
    )
    text = f"One task of {name} takes {seconds(timed['seconds']['median'])}: {parts}"
    return f"{text}; of {timed['tasks']} tasks one at a time, {', '.join(tail)}." if tail else f"{text}."


def knee_text(learned: Document) -> str:
    """The concurrency at which throughput was nearly its best, from one look at each size."""
    parts = [f"{model} {size}" for model, size in learned["knee"].items()]
    return f"Concurrency at which throughput reached {percent(PAYS)} of its best: {', '.join(parts)}."


def not_measured(unfit: dict[str, str]) -> list[str]:
    """The models that were set aside, those with the same reason together."""
    reasons = dict.fromkeys(unfit.values())
    together = {why: [model for model, one in unfit.items() if one == why] for why in reasons}
    return [f"Not measured: {', '.join(models)}: {why}." for why, models in together.items()]


def gil(evidence: Document) -> str:
    """Whether its computing releases the GIL."""
    if evidence["released_share"] is None:
        return "It computes too little, or the machine was too busy, to tell whether it releases the GIL."
    used = f"{evidence['threads']} threads used {digits(evidence['cores_used'])} cores"
    if not evidence["released_share"]:
        return f"Its computing holds the GIL: {used}."
    least = "at least " if evidence["at_least"] else "about "
    return f"Its computing releases the GIL for {least}{percent(evidence['released_share'])} of the time: {used}."


def memory(models: Document) -> str:
    """The memory of a task in flight."""
    parts = [
        f"{model} {amount(one['bytes_per_task'])} ({one['concurrency']} in flight)" for model, one in models.items()
    ]
    return f"Memory for each task in flight: {', '.join(parts)}."


def above_limit(results: Sequence[Document]) -> Iterator[str]:
    """That a model undercut the ideal time where a task cost it less CPU than alone, of which that is made."""
    cpu = {one["model"]: one["cpu_seconds"] / one["tasks"] for one in results if one["cpu_seconds"]}
    for one in results:
        model, limit = one["model"], one["efficiency"]["low"]
        if limit and limit > 1 and cpu.get(model, math.inf) < cpu.get("sequential", 0) / limit:
            costs = f"a task took {seconds(cpu[model])} of CPU there and {seconds(cpu['sequential'])} alone"
            yield f"{model} undercut the ideal time, which is made of tasks alone: {costs} (docs/your-own-work.md)."


def opening_text(forms: Document) -> str:
    """The time to open a client."""
    parts = [f"{seconds(value)} ({form})" for form, value in forms.items() if value is not None]
    return f"Opening and closing a client takes {', '.join(parts)}." if parts else ""


def verdict(entry: Document) -> str:
    """An expectation and its verdict."""
    number = (
        ""
        if entry["estimate"] is None
        else f" ({digits(entry['estimate'])}, {digits(entry['low'])} to {digits(entry['high'])})"
    )
    reason = f": {entry['reason']}" if entry["reason"] else ""
    return f"{entry['verdict']}: {entry['text']}{number}{reason}"


def comparison_sentences(path: Path) -> list[str]:
    """The sentences of the comparison in a run's folder; none where there is no comparison."""
    if not (contents := read(path)):
        return []
    return [*sentences(contents), *map(verdict, contents["expectations"])]
