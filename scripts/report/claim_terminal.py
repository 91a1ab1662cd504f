"""Verdicts on claims as a table in the terminal."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from scripts.report.claim_document import Document, note_on, rows_with_counterparts, sections
from scripts.verdict.evaluate import NOT_REPRODUCED, UNMEASURED

OFTEN = 3  # a note on so many claims is printed once
COLOURS = {
    "holds": "green",
    "refuted": "red",
    "inconclusive": "yellow",
    NOT_REPRODUCED: "yellow",
    UNMEASURED: "magenta",
}


def show(document: Document, out: Console) -> None:
    """The verdicts within 80 columns, what keeps some from being one, and the sentence."""
    notes = Counter(map(note_on, document["claims"]))
    often = [note for note, times in notes.items() if note and times >= OFTEN]
    for where, claims in sections(document["claims"]):
        out.print(f"[bold]{where}[/bold]" if where else "")
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1), show_header=False)
        for width, justify in ((25, "left"), (25, "right"), (12, "right"), (15, "left")):
            table.add_column(width=width, justify=justify, overflow="fold")  # type: ignore[arg-type]
        for claim in claims:
            for name, value, limit, verdict, _ in rows_with_counterparts(claim):
                colour = COLOURS.get(verdict.removesuffix(" ≠"), "dim")
                table.add_row(name, value, limit, f"[{colour}]{verdict}[/{colour}]")
        out.print(table)
        for claim in claims:
            if (note := note_on(claim)) and note not in often:
                out.print(f"  {claim['id']}: {note}", style="dim", markup=False)
    for note in often:
        out.print(f"\nOf several claims: {note}.", style="dim", markup=False)
    out.print(f"\n{document['sentence']}", markup=False)
