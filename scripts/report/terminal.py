"""A finished run in the terminal: its tables and its answers. Plain text when piped."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.core.registry import catalogue
from benchmarks.core.selection import chosen
from scripts.analysis.answers import answers, disturbance, disturbed_warning, noise_floors_text
from scripts.analysis.contests import candidate
from scripts.analysis.families import family
from scripts.analysis.wording import interval_kind
from scripts.tables.load import Run
from scripts.util.format import between, bytes_text, listed, percent, plural, seconds, shortened, tick, times

NAME = 23  # columns of a model's name: 80 leave so many
WIDTH = 80  # fits every terminal and every paste


def console(*, stderr: bool = False) -> Console:
    """A console that keeps to 80 columns when it is not a terminal; rich itself respects NO_COLOR."""
    terminal = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return terminal if terminal.is_terminal else Console(stderr=stderr, highlight=False, width=WIDTH, no_color=True)


def number(value: float, metric: str) -> str:
    """A value of an experiment that does not time rounds, in the unit that its metric's name ends in."""
    if "bytes" in metric:
        return bytes_text(value)
    if metric.endswith("seconds"):
        return seconds(value)
    if metric.endswith("speedup") or metric == "time_over_ideal":
        return times(value)
    return percent(value) if "share" in metric else f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


@dataclass(frozen=True)
class Column:
    """A column of the tables: its head, its width, and from which width of a terminal on it is shown."""

    head: str
    width: int
    least: int = 0
    justify: Literal["left", "right"] = "right"


def columns(kind: str) -> list[Column]:
    """The columns of a cell's row, as `line` fills them."""
    return [
        Column("", NAME, justify="left"),
        Column("concurrency", 11, WIDTH),
        Column("time", 8),
        Column(kind, 15),
        Column("speed-up", 8),
        Column("efficiency", 10, WIDTH),
    ]


def table(kind: str, width: int, *, with_head: bool) -> Table:
    """An empty table that fits a terminal of `width` columns."""
    made = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), show_header=with_head, header_style="dim")
    for one in columns(kind):
        if width >= one.least:
            made.add_column(one.head, width=one.width, justify=one.justify, no_wrap=True)
    return made


def groups(summary: pd.DataFrame) -> Any:
    """Rows that did the same number of the same tasks, in the order of the experiments, fastest first."""
    ranks = {name: place for place, name in enumerate(("io", "cpu", "cpu_scaling", "scaling", "mixed"))}
    placed = summary.assign(place=summary["experiment"].map(ranks).fillna(len(ranks)))
    placed["sorting"] = placed.get("seconds", 0.0)
    if "value" in placed:
        placed["sorting"] = placed["sorting"].fillna(placed["value"])
    placed = placed.sort_values(["place", "tasks", "sorting"])
    return placed.groupby(["experiment", "workload", "wait_seconds", "compute_seconds", "tasks"], sort=False)


def heading(experiment: str, workload: str, wait_s: float, compute_s: float, tasks: int) -> str:
    """The heading of a group of rows: `io: wire, 20 tasks (wait 20 ms a task)`."""
    short = tick(seconds)
    parts = [f"wait {short(wait_s)}"] * (wait_s > 0) + [f"compute {short(compute_s)}"] * (compute_s > 0)
    each = f" ({', '.join(parts)} a task)" if parts else ""
    return f"{experiment}: {workload}, {plural(tasks, 'task')}{each}"


def name_of(row: pd.Series) -> str:
    """The model, and whether the cell is a control."""
    return f"{row['model']}{' (control)' if row['twin'] else ''}"


def line(row: pd.Series) -> list[str]:
    """One cell's row: name, concurrency, time, its interval, speed-up, efficiency."""
    start = [name_of(row), f"{row['concurrency']:,}"]
    if pd.notna(row.get("metric")):
        metric = row["metric"]
        interval = between(row["value_low"], row["value_high"], partial(number, metric=metric))
        return [*start, number(row["value"], metric), interval, "", ""]
    speedup = times(row["speedup"]) if pd.notna(row["speedup"]) else ""
    interval = between(row["seconds_low"], row["seconds_high"], seconds)
    efficiency = percent(row["efficiency"]) if pd.notna(row["efficiency"]) else ""
    return [*start, seconds(row["seconds"]), interval, speedup, efficiency]


def fastest(run: Run, group: pd.DataFrame) -> set[int]:
    """The rows of a group concluded to be the fastest, several where they are tied; or none."""
    if run.ranges_only or "seconds" not in group or group["seconds"].isna().any() or len(group) < 2:
        return set()
    cells = [candidate(run, row, str(place)) for place, (_, row) in enumerate(group.iterrows())]
    return {int(cell.name) for cell in family(cells, run.noise_floors).winners}


def placed_name(row: pd.Series) -> str:
    """The model and its concurrency: `processes at concurrency 10`."""
    return f"{name_of(row)} at concurrency {row['concurrency']:,}"


def warnings(group: pd.DataFrame) -> list[str]:
    """A line for each warning with the cells that have it: `saturated: client (processes at concurrency 10)`."""
    marked = group[group["flags"].astype(bool)]
    return [
        f"{flags} ({listed(placed_name(row) for _, row in rows.iterrows())})"
        for flags, rows in marked.groupby("flags", sort=False)
    ]


def show_group(run: Run, group: pd.DataFrame, out: Console, *, with_head: bool) -> None:
    """The rows of a group, the fastest in green, and its warnings."""
    kind = interval_kind(run)
    rows, best = table(kind, out.width, with_head=with_head), fastest(run, group)
    for place, (_, row) in enumerate(group.iterrows()):
        pairs = zip(columns(kind), line(row), strict=True)
        cells = [escape(text) for column, text in pairs if out.width >= column.least]
        at = "" if out.width >= WIDTH else f" at {row['concurrency']:,}"
        cells[0] = f"  {shortened(cells[0] + at, NAME - 2)}"
        rows.add_row(*cells, style="green" if place in best else "")
    out.print(rows)
    for warning in warnings(group):
        out.print(f"  warning: {warning}", style="yellow", markup=False)


def not_here(run: Run) -> list[tuple[str, str]]:
    """The requested models and workloads that could not be measured: the name, and what was missing."""
    selected = [cell.labels() for cell in catalogue() if chosen(run.environment["plan"]["only"], cell)]
    absent = run.environment.get("absent", {})
    return [(name, why) for name, why in absent.items() if any(name in names for names in selected)]


def show(run: Run, out: Console) -> None:
    """Print a run: its interpreters side by side where it has several."""
    if run.other_interpreters:
        from scripts.report import terminal_interpreters

        terminal_interpreters.show(run, out)
    else:
        show_one(run, out)


def show_one(run: Run, out: Console) -> None:
    """Print a run's disturbances, its tables and answers, and what is missing from it."""
    if disturbed := disturbed_warning(run):
        out.print(f"Warning: {disturbed}", style="bold yellow", markup=False)
    before = ""
    for key, group in groups(run.summary):
        out.print(f"[bold]{escape(heading(*key))}[/bold]")
        show_group(run, group, out, with_head=key[0] != before)
        before = key[0]
    for omission in run.omissions:
        out.print(f"not a result: {omission}", markup=False, style="red")
    for name, reason in not_here(run):
        out.print(f"not here: {name} {reason}", markup=False)
    for sentence in filter(None, [noise_floors_text(run), disturbance(run), *answers(run)]):
        out.print(f"\n{sentence}", markup=False)
