"""What the terminal shows: progress while a run goes on, a table and the answers at its end. Plain text when piped."""

from statistics import median
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.core.registry import catalogue
from benchmarks.core.selection import chosen
from scripts.analysis.answers import answers, disturbance, noise
from scripts.tables.load import Run
from scripts.util.format import amount, between, seconds, shortened, tick, times

WIDTH = 80  # fits every terminal and every paste
HEADLINES = (("io", "wire"), ("cpu", "primes"))  # whose speed-ups are shown while the run goes on


def console(*, stderr: bool = False) -> Console:
    """A console that keeps to 80 columns when it is not a terminal; rich itself respects NO_COLOR."""
    terminal = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return terminal if terminal.is_terminal else Console(stderr=stderr, highlight=False, width=WIDTH, no_color=True)


def clock(value: float) -> str:
    """A time to wait: 3:05."""
    return f"{int(value) // 60}:{int(value) % 60:02}"


def number(value: float, metric: str) -> str:
    """A value of an experiment that does not time rounds, in the unit that its metric's name ends in."""
    if "bytes" in metric:
        return amount(value)
    if metric.endswith("seconds"):
        return seconds(value)
    if metric.endswith("speedup") or metric == "time_over_ideal":
        return times(value)
    return f"{value:.0%}" if "share" in metric else f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


class Live:
    """Progress of a run: cells done, time left, and what the numbers say so far."""

    def __init__(self, out: Console, blocks: int) -> None:
        self.out, self.blocks = out, blocks
        self.block, self.cells = 0, 0
        self.python = ""  # the interpreter that is measured, where there are several
        self.rounds: dict[tuple[str, str, str, str], list[float]] = {}
        self.last = ""
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[estimate]}"),
            console=out,
            disable=not out.is_terminal,
        )
        self.task: TaskID = self.bar.add_task("starting", total=None, left="", estimate="")

    def begin_block(self, number: int, left_s: float | None, python: str = "") -> None:
        """Block `number` (from 0) starts, of an interpreter; `left_s` is the time that remains, once it is known."""
        self.block, self.python, whose = number, python, f" ({python})" if python else ""
        left = f"{clock(left_s)} left" if left_s is not None else "first block"
        self.bar.update(self.task, description=f"block {number + 1}/{self.blocks}{whose}", left=left)
        if not self.out.is_terminal:
            self.out.print(f"block {number + 1} of {self.blocks}{whose}: {left}. {self.estimate()}".rstrip())

    def hear(self, entry: dict[str, Any]) -> None:
        """Take in an entry of the journal."""
        if entry["kind"] == "block" and not self.cells:
            self.cells = len(entry["order"])
            self.bar.update(self.task, total=self.cells * self.blocks)
        elif entry["kind"] == "cell":
            self.keep(entry)
            self.bar.update(self.task, advance=1, estimate=shortened(self.estimate() or self.last, self.room()))

    def room(self) -> int:
        """Columns that the rest of the line leaves for what the numbers say: the block, the bar, two times, spaces."""
        task = self.bar.tasks[0]
        return max(0, self.out.width - len(task.description) - 20 - len(task.fields["left"]) - len("0:00:00") - 4)

    def keep(self, entry: dict[str, Any]) -> None:
        """Remember a cell's rounds; say at once when it is no result, and what the very first number is."""
        if not entry["valid"]:
            self.out.print(f"not a result: {entry['cell']}: {entry['reason']}", markup=False)
            return
        measured = [one["seconds"] for one in entry["rounds"] if not one["warmup"]]
        self.last = f"{entry['cell']} {seconds(median(measured))}"
        if not self.rounds:
            self.out.print(f"first number: {self.last}", markup=False)
        if not entry["twin"]:
            key = (self.python, entry["experiment"], entry["workload"], entry["model"])
            self.rounds.setdefault(key, []).extend(measured)

    def estimate(self) -> str:
        """Speed-ups over sequential as they stand."""
        own = dict.fromkeys(key[1:3] for key in self.rounds if key[1] == "user_work")
        return "; ".join(text for text in (self.speedups(*headline) for headline in (*HEADLINES, *own)) if text)

    def speedups(self, experiment: str, workload: str) -> str:
        """One workload's."""
        identity = (self.python, experiment, workload)
        medians = {key[3]: median(rounds) for key, rounds in self.rounds.items() if key[:3] == identity}
        if "sequential" not in medians or len(medians) < 2:
            return ""
        others = sorted((value, name) for name, value in medians.items() if name != "sequential")
        return f"{experiment}: " + ", ".join(f"{name} {medians['sequential'] / value:.3g}×" for value, name in others)


def table(kind: str) -> Table:
    """An empty table of WIDTH columns: what a cell took, its interval, speed-up, efficiency, flags."""
    rows = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), show_header=bool(kind), header_style="dim")
    for name, width, justify in (("", 24, "left"), ("took", 8, "right"), (kind, 17, "right"), ("speed-up", 8, "right")):
        rows.add_column(name, width=width, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    rows.add_column("limit", width=5, justify="right")
    rows.add_column("warnings", width=12)
    return rows


def groups(summary: pd.DataFrame) -> Any:
    """Rows that answer the same question, in the order of the experiments, fastest first."""
    order = {name: place for place, name in enumerate(("io", "cpu", "cpu_scaling", "scaling", "mixed"))}
    placed = summary.assign(place=summary["experiment"].map(order).fillna(len(order)))
    placed["sorting"] = placed.get("seconds", 0.0)
    if "value" in placed:
        placed["sorting"] = placed["sorting"].fillna(placed["value"])
    placed = placed.sort_values(["place", "sorting"])
    return placed.groupby(["experiment", "workload", "wait_seconds", "compute_seconds"], sort=False)


def heading(experiment: str, workload: str, wait_s: float, compute_s: float) -> str:
    """What a group of rows did."""
    short = tick(seconds)
    parts = [f"wait {short(wait_s)}"] * (wait_s > 0) + [f"compute {short(compute_s)}"] * (compute_s > 0)
    return " ".join([f"{experiment}: {workload}", *([f"({', '.join(parts)} a task)"] if parts else [])])


def line(row: pd.Series) -> list[str]:
    """One cell's row."""
    name = f"  {row['model']}{' (control)' if row['twin'] else ''} c{row['concurrency']}"
    if pd.notna(row.get("metric")):
        value, low, high = (number(row[column], row["metric"]) for column in ("value", "value_low", "value_high"))
        return [name, value, f"{low}–{high}"]
    speedup = times(row["speedup"]) if pd.notna(row["speedup"]) else ""
    interval = between(row["seconds_low"], row["seconds_high"], seconds)
    efficiency = f"{row['efficiency']:.0%}" if pd.notna(row["efficiency"]) else ""
    return [name, seconds(row["seconds"]), interval, speedup, efficiency, row["flags"]]


def not_here(run: Run) -> list[tuple[str, str]]:
    """What the run was asked for, and could not be measured where it was: its name, and what was lacking."""
    selected = [cell.labels() for cell in catalogue() if chosen(run.environment["plan"]["only"], cell)]
    absent = run.environment.get("absent", {})
    return [(name, why) for name, why in absent.items() if any(name in names for names in selected)]


def show(run: Run, out: Console) -> None:
    """What a run found: its interpreters side by side where it has several."""
    if run.beside:
        from scripts.report import terminal_interpreters

        terminal_interpreters.show(run, out)
    else:
        show_one(run, out)


def show_one(run: Run, out: Console) -> None:
    """The tables and the answers of a run, and what is missing from it."""
    kind = "range" if run.ranges_only else "95 % interval"
    for place, (key, group) in enumerate(groups(run.summary)):
        out.print(f"[bold]{heading(*key)}[/bold]")
        rows = table(kind if not place else "")
        for _, row in group.iterrows():
            rows.add_row(*line(row))
        out.print(rows)
    for omission in run.omissions:
        out.print(f"not a result: {omission}", markup=False)
    for name, reason in not_here(run):
        out.print(f"not here: {name} {reason}", markup=False)
    for sentence in filter(None, [noise(run), disturbance(run), *answers(run)]):
        out.print(f"\n{sentence}", markup=False)
