"""A run of several interpreters in the terminal: one table, a sentence or two and warnings."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scripts.analysis.footer import interval_words
from scripts.analysis.interpreter_ratios import Row, Value, notes, rows, sentences
from scripts.tables.load import Run
from scripts.util.format import between, digits, seconds

ACROSS = 3  # interpreters beside the first that 80 columns have room for


def table(run: Run, others: Sequence[str], rows_shown: Sequence[Row]) -> Table:
    """A line for each cell: its time under the first interpreter, and the ratio to some others."""
    rows = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="dim")
    rows.add_column("", width=20)
    rows.add_column(header(run, run.python), width=8, justify="right", no_wrap=True)
    for other in others:
        rows.add_column(header(run, other), width=16, justify="right")
    for one in rows_shown:
        cell = f"{one.work} {one.cell['model']}{'*' * bool(one.baseline)}"
        rows.add_row(cell, seconds(one.first), *(ratio_text(one.faster.get(other)) for other in others))
    return rows


def header(run: Run, python: str) -> str:
    """An interpreter's name, with a mark when its build is not optimised."""
    builds = {one["name"]: one["python"]["optimised"] for one in run.environment["interpreters"]}
    return f"{python}\nno PGO" if builds[python] is False else python


def ratio_text(value: Value | None) -> str:
    """A ratio with its interval and without signs: 1.62 (1.50–1.74)."""
    return f"{digits(value.value)} ({between(value.low, value.high, digits)})" if value else "–"


def show(run: Run, out: Console) -> None:
    """The table of a run of several interpreters, its sentences and notes, and what is missing from it."""
    compared, names = rows(run), [one.python for one in run.other_interpreters]
    out.print(f"Times as fast as {run.python} at the same tasks ({interval_words(run)} each):", markup=False)
    for place in range(0, len(names), ACROSS):
        out.print(table(run, names[place : place + ACROSS], compared))
    for base in dict.fromkeys(one.baseline for one in compared if one.baseline):
        out.print(f"* beside {base} under {run.python}, which has no such model.", markup=False)
    for one in run.by_interpreter:
        for omission in one.omissions:
            out.print(f"not a result: {one.python}: {omission}", markup=False)
    for sentence in [*sentences(run), *notes(run)]:
        out.print(sentence, markup=False)
