"""The tables of a report: every cell in numbers, the blocks, the machine."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from scripts.analysis.wording import interval_kind
from scripts.charts.lib.table import Table, Value, number, table_of, word
from scripts.report.terminal import heading, name_of
from scripts.report.terminal import number as observed
from scripts.tables.load import Run
from scripts.util.format import Format, between, bytes_text, count_text, digits, percent, seconds, times


def numbers(run: Run, group: pd.DataFrame) -> Table:
    """Every cell of a group: its time, interval, how much faster than sequential, efficiency, ceiling."""
    sure = interval_kind(run)
    head = ("model", "concurrency", "tasks", "time", sure, "speed-up", "efficiency", "ceiling", "warnings")
    return table_of(head, [cell(row) for _, row in group.iterrows()])


def cell(row: pd.Series) -> list[Value]:
    """The row of a cell of the summary."""
    is_metric = pd.notna(row.get("metric"))
    name = "value" if is_metric else "seconds"
    form: Format = (lambda value: observed(value, row["metric"])) if is_metric else seconds
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return [
        word(name_of(row)),
        number(row["concurrency"], count_text),
        number(row["tasks"], count_text),
        number(row[name], form),
        (between(low, high, form), float(high)) if math.isfinite(high) else word(""),
        number(row.get("speedup", math.nan), times),
        number(row.get("efficiency", math.nan), percent),
        number(row.get("ceiling_seconds", math.nan), seconds),
        word(row["flags"]),
    ]


def model_table(run: Run, model: str) -> Table:
    """The results of one model at the work that every model did."""
    rows = run.summary[
        run.summary["model"].eq(model)
        & run.summary["experiment"].isin(["io", "cpu", "user_work"])
        & ~run.summary["twin"]
    ]
    return table_of(("work", "time", "speed-up", "low", "high", "efficiency", "warnings"), [
        [
            word(heading(*row[["experiment", "workload", "wait_seconds", "compute_seconds", "tasks"]])),
            number(row["seconds"], seconds),
            *(number(row[name], times) for name in ("speedup", "speedup_low", "speedup_high")),
            number(row["efficiency"], percent),
            word(row["flags"]),
        ]
        for _, row in rows.iterrows()
    ])  # fmt: skip


def capacity(run: Run) -> str:
    """The parallel capacity of the machine over the run, in a sentence."""
    samples = run.rounds["parallel_capacity"].dropna() if "parallel_capacity" in run.rounds else pd.Series(dtype=float)
    if samples.empty:
        return "The parallel capacity was not measured."
    low, high = samples.min(), samples.max()
    return f"The machine did {samples.median():.2f} cores' worth of work in parallel ({low:.2f} to {high:.2f})."


def blocks(run: Run) -> Table:
    """A table of the blocks."""
    measured = run.rounds[~run.rounds["warmup"].astype(bool)]
    head = (
        "block",
        "rounds",
        "disturbed",
        "capacity",
        "speed of a core",
        "CPU of other programs",
        "kept by the hypervisor",
    )
    return table_of(head, [of_block(rounds) for _, rounds in measured.groupby("block")])


def of_block(rounds: pd.DataFrame) -> list[Value]:
    """The row of a block."""

    def middle(column: str) -> float:
        return float(rounds[column].median()) if column in rounds else math.nan

    def total(column: str) -> float:
        return float(rounds[column].sum()) if column in rounds else math.nan

    return [
        number(rounds["block"].iloc[0], count_text),
        number(len(rounds), count_text),
        number(float(rounds["disturbed"].astype(bool).mean()), percent),
        number(middle("parallel_capacity"), digits),
        number(middle("core_speed"), times),
        number(total("others_cpu_seconds"), seconds),
        number(total("steal_seconds"), seconds),
    ]


def facts(environment: dict[str, Any], under: str = "") -> Iterator[tuple[str, str]]:
    """The recorded environment as pairs of name and text."""
    for name, value in environment.items():
        called = f"{under}{name.replace('_', ' ')}"
        if isinstance(value, dict):
            yield from facts(value, f"{called}: ")
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            yield from facts({f"{name} {one.get('name', place)}": one for place, one in enumerate(value)}, under)
        else:
            yield called, value_words(name, value)


def value_words(name: str, value: Any) -> str:
    """A value in words."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value_words(name, one) for one in value)
    if isinstance(value, int | float) and name.endswith("bytes"):
        return bytes_text(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
