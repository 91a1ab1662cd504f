"""`make compare A=results/x B=results/y`: two runs, yours against the reference, or a colleague's against yours.

Of one machine: the seconds of every cell that waits and the speed-up of every cell that computes, their ratio with its
interval, and whether B is faster, slower, the same, or none of these established. Of two machines: only what does not
hang on the machine, so speed-ups and the claims. Nothing is pooled. Exit 1 when something is established to be worse in
B, or a claim that holds on one is refuted on the other.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.analysis.comparison import Row, differences, rows, same_machine
from scripts.analysis.conclusions import MARGIN
from scripts.charts.lib.theme import THEMES, save
from scripts.claims import talk_called
from scripts.reference import REFERENCE
from scripts.report import claim_document, comparison_chart
from scripts.report.terminal import console
from scripts.stats.intervals import Interval
from scripts.tables.load import LATEST, Run, load
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.format import seconds
from scripts.verdict.claims_file import DEFAULT_TALK
from scripts.verdict.two_runs import Verdicts, verdicts

COMPARISONS = Path("results/comparisons")


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("a", nargs="?", type=Path, default=REFERENCE, help="folder of a run (default %(default)s)")
    parser.add_argument("b", nargs="?", type=Path, default=LATEST, help="folder of another (default %(default)s)")
    parser.add_argument("--talk", default=DEFAULT_TALK, help="whose claims to hold against both (%(default)s)")
    return parser.parse_args()


def shown(what: str, found: Interval) -> str:
    """`51.2 ms` or `7.84×`."""
    return seconds(found.estimate) if what == "seconds" else f"{found.estimate:.3g}×"


def name(row: Row) -> str:
    """The cell, as short as it is clear."""
    size = f" c{row.cell['concurrency']}" if row.cell["concurrency"] else ""
    share = f" {row.cpu_percent:.0f}% CPU" if 0 < row.cpu_percent < 100 else ""
    return f"{row.cell['experiment']}: {row.cell['workload']} {row.cell['model']}{size}{share}"


def table(found: list[Row]) -> Table:
    """The cells within 80 columns."""
    made = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), header_style="dim")
    for title, width, justify in (("cell", 30, "left"), ("A", 8, "right"), ("B", 8, "right"), ("B / A", 20, "right")):
        made.add_column(title, width=width, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    made.add_column("B is", width=8)
    for row in found:
        ratio = f"{row.ratio.estimate:.3g} [{row.ratio.low:.3g}, {row.ratio.high:.3g}]"
        words = row.words.replace("not established", "?")
        made.add_row(name(row), shown(row.what, row.a), shown(row.what, row.b), ratio, words)
    return made


def about_claim(one: Verdicts) -> str:
    """`network-io: A 18.9× [18.1, 19.7], B 17.2× [16.0, 18.4]; holds on both.`"""
    told = []
    for first, second in one.outcomes:
        texts = [claim_document.found_text(claim_document.part(outcome)) for outcome in (first, second)]
        label = f" ({first.part.name})" if first.part.name else ""
        told.append(f"A {texts[0]}, B {texts[1]}{label}")
    verdict = (
        f"{one.a.verdict} on both" if one.a.verdict == one.b.verdict else f"{one.a.verdict} on A, {one.b.verdict} on B"
    )
    return f"{one.a.claim.id}: {'; '.join(told)}: {verdict}."


def introduction(a: Run, b: Run) -> list[str]:
    """Which runs these are, what tells them apart, and what is therefore compared."""
    told = [
        f"{letter}: run {run.environment['run']}, {machine(run)}, {run.blocks} blocks."
        for letter, run in (("A", a), ("B", b))
    ]
    apart = differences(a, b)
    told.append(f"They differ in: {', '.join(apart)}." if apart else "Same machine, same Python, same packages.")
    if not same_machine(a, b):
        told.append("Seconds of two machines are not compared; speed-ups and claims are.")
    return told


def machine(run: Run) -> str:
    """Where a run was measured."""
    where, python = run.environment["machine"], run.environment["python"]
    return f"{where['cpu']}, {where['cores_usable']} usable cores, Python {python['version']}"


def conclusion(found: list[Row], claims: list[Verdicts]) -> str:
    """What it comes to, in a sentence."""
    words = [row.words for row in found]
    counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(sorted(words))]
    cells = f"Of {len(found)} cells, B is: {', '.join(counts)} (the same: within {MARGIN:.0%})." if found else ""
    opposite = [one.a.claim.id for one in claims if one.opposite]
    differ = f" Opposite verdicts: {', '.join(opposite)}." if opposite else " No claim has opposite verdicts."
    return cells + (differ if claims else "")


def document(a: Run, b: Run, found: list[Row], claims: list[Verdicts]) -> dict[str, Any]:
    """The comparison as JSON takes it."""

    def numbers(interval: Interval) -> list[float | None]:
        return [claim_document.finite(value) for value in (interval.estimate, interval.low, interval.high)]

    return {
        "schema": claim_document.SCHEMA,
        "a": {"run": a.environment["run"], "machine": machine(a), "blocks": a.blocks},
        "b": {"run": b.environment["run"], "machine": machine(b), "blocks": b.blocks},
        "differences": differences(a, b),
        "sentence": conclusion(found, claims),
        "cells": [
            row.cell | {"compared": row.what, "b_is": row.words}
            | {side: numbers(value) for side, value in (("a", row.a), ("b", row.b), ("ratio", row.ratio))}
            for row in found
        ],
        "claims": [{"id": one.a.claim.id, "a": one.a.verdict, "b": one.b.verdict} for one in claims],
    }  # fmt: skip


def write(a: Run, b: Run, found: list[Row], claims: list[Verdicts]) -> Path:
    """comparison.json, and the chart in every theme."""
    folder = COMPARISONS / f"{a.environment['run']}-{b.environment['run']}".replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "comparison.json") as file:
        file.write_text(json.dumps(document(a, b, found, claims), indent=1))
    for theme in THEMES:
        if figure := comparison_chart.draw(found, theme, introduction(a, b)):
            save(figure, theme, folder / "comparison", comparison_chart.alt(found))
    return folder


def show(a: Run, b: Run, found: list[Row], claims: list[Verdicts], out: Console) -> None:
    """Everything, to be read."""
    for sentence in introduction(a, b):
        out.print(sentence, markup=False)
    out.print()
    if found:
        out.print(table(found))
    for one in claims:
        out.print(about_claim(one), markup=False)
    out.print(f"\n{conclusion(found, claims)}", markup=False)


def main() -> None:
    """Compare."""
    chosen = options()
    try:
        a, b, talk = load(chosen.a), load(chosen.b), talk_called(chosen.talk)
        found, claims = rows(a, b), verdicts(talk, a, b)
        if not found and not claims:
            raise CommandError(Exit.NOT_MEASURED, f"{chosen.a} and {chosen.b} have no cell in common. Next: make bench")
    except CommandError as stop:
        leave(stop)
    show(a, b, found, claims, console())
    print(f"\nChart and JSON: {write(a, b, found, claims)}", file=sys.stderr)
    worse = any(row.worse for row in found) or any(one.opposite for one in claims)
    sys.exit(Exit.NEGATIVE if worse else Exit.OK)


if __name__ == "__main__":
    main()
