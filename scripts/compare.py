"""`make compare A=results/x B=results/y`: two runs, yours against the reference, or a colleague's against yours.

Of one machine: the seconds of every cell that waits and the speed-up of every cell that computes, their ratio with its
interval, and whether B is faster, slower, without a measurable difference, or inconclusive. Of two machines: only what
does not hang on the machine, so speed-ups and the claims. Nothing is pooled. Exit 1 when something is worse in B, or a
claim that holds on one is refuted on the other; 3 when no cell of the two can be compared.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.analysis.comparison import Row, differences, rows
from scripts.analysis.conclusions import Outcome
from scripts.charts.lib.theme import THEMES, save
from scripts.report import claim_document, comparison_chart
from scripts.report.comparison_text import cell_name, claim_sentence, conclusion, introduction, machine, value_text
from scripts.report.terminal import console
from scripts.stats.intervals import Interval
from scripts.tables.load import Run, load
from scripts.util.atomic_write import atomic_write
from scripts.util.commands import parser as command_parser
from scripts.util.exit_codes import CommandError, Exit, exits_on_error
from scripts.util.format import json_number
from scripts.util.paths import LATEST, REFERENCE, RESULTS
from scripts.verdict.claims_file import DEFAULT_TALK, find_talk
from scripts.verdict.two_runs import Verdicts, verdicts

COMPARISONS = RESULTS / "comparisons"
# In the table, which has eight letters for it.
SHORT = {Outcome.NO_DIFFERENCE: "alike", Outcome.INCONCLUSIVE: "?", Outcome.NOT_USABLE: "–"}


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser("compare", __doc__)
    parser.add_argument("a", nargs="?", type=Path, default=REFERENCE, help="folder of a run (default %(default)s)")
    parser.add_argument("b", nargs="?", type=Path, default=LATEST, help="folder of another (default %(default)s)")
    parser.add_argument("--talk", default=DEFAULT_TALK, help="the claims to judge on both (%(default)s)")
    return parser.parse_args()


def table(compared: list[Row]) -> Table:
    """The cells within 80 columns."""
    rows = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="dim")
    for title, width, justify in (("cell", 30, "left"), ("A", 8, "right"), ("B", 8, "right"), ("B / A", 20, "right")):
        rows.add_column(title, width=width, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    rows.add_column("B is", width=8)
    for row in compared:
        ratio = f"{row.ratio.estimate:.3g} [{row.ratio.low:.3g}, {row.ratio.high:.3g}]"
        words = SHORT.get(row.conclusion.outcome, row.words)
        rows.add_row(cell_name(row), value_text(row.quantity, row.a), value_text(row.quantity, row.b), ratio, words)
    return rows


def document(a: Run, b: Run, compared: list[Row], claims: list[Verdicts]) -> dict[str, Any]:
    """The comparison as JSON takes it."""

    def numbers(interval: Interval) -> list[float | None]:
        return [json_number(value) for value in (interval.estimate, interval.low, interval.high)]

    return {
        "schema": claim_document.SCHEMA,
        "a": {"run": a.environment["run"], "machine": machine(a), "blocks": a.blocks},
        "b": {"run": b.environment["run"], "machine": machine(b), "blocks": b.blocks},
        "differences": differences(a, b),
        "sentence": conclusion(compared, claims),
        "cells": [
            row.cell | {"compared": row.quantity, "b_is": row.words}
            | {side: numbers(value) for side, value in (("a", row.a), ("b", row.b), ("ratio", row.ratio))}
            for row in compared
        ],
        "claims": [{"id": one.a.claim.id, "a": one.a.verdict, "b": one.b.verdict} for one in claims],
    }  # fmt: skip


def write(a: Run, b: Run, compared: list[Row], claims: list[Verdicts]) -> Path:
    """comparison.json, and the chart in every theme."""
    folder = COMPARISONS / f"{a.environment['run']}-{b.environment['run']}".replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "comparison.json") as file:
        file.write_text(json.dumps(document(a, b, compared, claims), indent=1))
    for theme in THEMES:
        if figure := comparison_chart.draw(compared, theme, introduction(a, b)):
            save(figure, theme, folder / "comparison", comparison_chart.alt(compared))
    return folder


def show(a: Run, b: Run, compared: list[Row], claims: list[Verdicts], out: Console) -> None:
    """Print the introduction, the tables and the conclusion."""
    for sentence in introduction(a, b):
        out.print(sentence, markup=False)
    out.print()
    if compared:
        out.print(table(compared))
    for one in claims:
        out.print(claim_sentence(one), markup=False)
    out.print(f"\n{conclusion(compared, claims)}", markup=False)


@exits_on_error
def main() -> None:
    """Compare."""
    chosen = options()
    a, b, talk = load(chosen.a), load(chosen.b), find_talk(chosen.talk)
    compared, claims = rows(a, b), verdicts(talk, a, b)
    if not compared and not claims:
        raise CommandError(Exit.NOT_MEASURED, f"{chosen.a} and {chosen.b} have no cell in common. Next: make bench")
    show(a, b, compared, claims, console())
    print(f"\nChart and JSON: {write(a, b, compared, claims)}", file=sys.stderr)
    sys.exit(code(compared, claims))


def code(compared: list[Row], claims: list[Verdicts]) -> Exit:
    """The exit code of the comparison."""
    if compared and all(row.conclusion.outcome is Outcome.NOT_USABLE for row in compared):
        return Exit.NOT_MEASURED
    worse = any(row.worse for row in compared) or any(one.opposite for one in claims)
    return Exit.NEGATIVE if worse else Exit.OK


if __name__ == "__main__":
    main()
