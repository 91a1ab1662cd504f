"""`make reference`: take a run as the committed reference, and put what it measured into the README and the docs.

No figure there is typed: everything between the README's markers, and the page docs/which-model.md, comes from here,
and a test fails when it drifts from the data. A run of several Pythons is kept beside the other, in its folder
`matrix`; of a result of several whole runs (`REPEAT=3`) only what each of them says is kept. Of the pictures only the
SVGs are committed; the rest of a run can be made again from its raw files.
"""

import argparse
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.core import journal
from scripts.analysis.interpreter_ratios import LEADING, SHARING, notes, rows, sentences, sharing
from scripts.charts import CHARTS, draw_all, interpreters
from scripts.charts.lib.theme import DARK, LIGHT
from scripts.predict import cross_validation
from scripts.report import lesson_list, model_table, readme, which_model
from scripts.report.claim_document import write_verdicts
from scripts.report.report import write_report
from scripts.report.terminal import groups, heading, line
from scripts.tables.load import Run, load
from scripts.tables.repeats import repeats
from scripts.util.exit_codes import CommandError, Exit, leave
from scripts.util.format import seconds
from scripts.util.paths import LATEST, REFERENCE, REFERENCE_MATRIX, REFERENCE_REPEATS
from scripts.verdict import agreement

README = Path("README.md")
DOCS = Path("docs")
PAGES = (
    README,
    *(DOCS / f"{name}.md" for name in ("advice", "how-it-measures", "models", "pitfalls", "pythons")),
)  # that have markers
TABLES = REFERENCE / "tables.md"
# What can be made again.
LEFT_OUT = ("rounds.csv", "*.png", "*-phone*.svg", "*.parquet", "*.log", "[0-9][0-9].json", "slides*", "trace.json*")
ALONE_IN_MATRIX = ("report.html", "claims*", *(f"{chart.NAME}*" for chart in CHARTS if chart is not interpreters))
HEADLINE = ("io", "cpu", "mixed", "network")  # the experiments whose tables stand beside the raw files


def take(path: Path) -> Run:
    """Copy a run to results/reference, or to `matrix` in it. Stop when it is not fit to be one."""
    run = load(path)
    parts = (run, *run.other_interpreters)
    if any(one.ranges_only or one.omissions for one in parts):
        why = (
            f"it has {min(one.blocks for one in parts)} blocks and {sum(len(one.omissions) for one in parts)} omissions"
        )
        verb = "matrix" if run.other_interpreters else "full"
        raise CommandError(Exit.NOT_MEASURED, f"{path} is no reference: {why}. Next: make {verb}, on a quiet machine")
    if repeats(run.environment["plan"]) > 1:
        REFERENCE_REPEATS.write_text(json.dumps(agreement.document(run), indent=1) + "\n")
        return run
    home, left_out = (REFERENCE_MATRIX, ALONE_IN_MATRIX) if run.other_interpreters else (REFERENCE, ())
    if path.resolve() != home.resolve():
        clear(home)
        ignored = shutil.ignore_patterns(*LEFT_OUT, *left_out)
        shutil.copytree(path.resolve(), home, ignore=ignored, dirs_exist_ok=True)
        journal.compress(home)
    return run


def clear(home: Path) -> None:
    """Remove what a folder holds of an earlier reference; the matrix beside it stays, and what repeats say."""
    for old in home.glob("*"):
        if old.is_dir() and old != REFERENCE_MATRIX:
            shutil.rmtree(old)
        elif old.is_file() and old != REFERENCE_REPEATS:
            old.unlink()


def redraw(run: Run) -> None:
    """Draw the run's charts again, after its verdicts: one of them shows those. Only the SVGs are kept."""
    for picture in draw_all(run, run.path / "charts", themes=(LIGHT, DARK)):
        if picture.suffix == ".png":
            picture.unlink()


def load_references() -> tuple[Run, Run | None]:
    """The reference, and that of several Pythons where there is one. Stop."""
    return load(REFERENCE), load(REFERENCE_MATRIX) if (REFERENCE_MATRIX / "environment.json").exists() else None


def tables(run: Run) -> str:
    """Every cell of the headline experiments, a table for each kind of work, as Markdown."""
    sections = [markdown(heading(*key), group) for key, group in groups(run.summary) if key[0] in HEADLINE]
    return "\n\n".join(["# Tables of the reference run", readme.where(run), *sections]) + "\n"


def side_by_side(matrix: Run) -> str:
    """Several Pythons as Markdown: the chart, the sentences, a small table, and how each was built."""
    kept = [row for row in rows(matrix) if row.work in LEADING]
    names = [one.python for one in matrix.other_interpreters]
    head = ["", f"{matrix.python} takes", *(f"{name}, times as fast" for name in names)]
    lines = [head, ["---", *["---:"] * (len(names) + 1)]]
    for row in kept:
        model = f"{row.work} {row.cell['model']}" + (f", beside {row.baseline}" if row.baseline else "")
        lines.append([model, seconds(row.first), *(str(row.faster.get(name, "–")) for name in names)])
    return "\n\n".join([
        picture(f"../{REFERENCE_MATRIX}/charts/{interpreters.NAME}", interpreters.finding(matrix)),
        "\n".join(f"- {sentence}" for sentence in sentences(matrix)),
        "\n".join(f"| {' | '.join(cells)} |" for cells in lines),
        *sharing_table(matrix),
        " ".join([f"{matrix.blocks} blocks of each; brackets are 95 % CIs.", *notes(matrix)]),
    ])  # fmt: skip


def sharing_table(matrix: Run) -> Iterator[str]:
    """How many times as fast two threads are as one under each Python, by what they share, as Markdown."""
    pythons = [one.python for one in (matrix, *matrix.other_interpreters)]
    shared = [[f"`{form}`", *(str(ratios.get(name, "–")) for name in pythons)] for form, ratios in sharing(matrix)]
    if shared:
        yield f"Two threads against one, each doing half of the operations (`{SHARING}`): times as fast, by object."
        lines = [["", *pythons], ["---", *["---:"] * len(pythons)], *shared]
        yield "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def picture(chart: str, alt: str) -> str:
    """A chart in light and dark."""
    dark = f'<source srcset="{chart}-dark.svg" media="(prefers-color-scheme: dark)">'
    return f'<picture>{dark}<img src="{chart}.svg" alt="{alt}"></picture>'


def markdown(title: str, group: object) -> str:
    """One group of the summary as a Markdown table."""
    rows = [[*line(row), row["flags"]] for _, row in group.iterrows()]  # type: ignore[attr-defined]
    head = [title, "concurrency", "time", "95 % CI", "speed-up", "efficiency", "warnings"]
    lines = [head, ["---", *["---:"] * 5, "---"], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def advice(run: Run) -> str:
    """How far predictions of the run's cells are off, as Markdown."""
    validation = cross_validation.validation(run)
    return cross_validation.markdown(validation) if validation else "It has too few cells to hold some back."


def repeated() -> str:
    """How often whole runs of the reference's machine say the same, as Markdown."""
    if not REFERENCE_REPEATS.exists():
        return "Not measured yet: `make bench REPEAT=3`, then `make reference`."
    return agreement.markdown(json.loads(REFERENCE_REPEATS.read_text()))


# What stands between the markers of that name in whichever page, made of the reference run and the matrix beside it.
MADE: dict[str, Callable[[Run, Run | None], str]] = {
    "picture": lambda run, matrix: readme.picture(run),
    "findings": lambda run, matrix: readme.findings(run),
    "surprises": lambda run, matrix: readme.surprises(run, matrix),
    "models": lambda run, matrix: model_table.markdown(),
    "pythons": lambda run, matrix: side_by_side(matrix) if matrix else "",
    "advice": lambda run, matrix: advice(run),
    "lessons": lambda run, matrix: lesson_list.markdown(),
    "repeats": lambda run, matrix: repeated(),
}


def renewed(text: str, run: Run, matrix: Run | None = None) -> str:
    """A page's text with what stands between its markers made anew."""
    for name, make in MADE.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if begin in text:
            new = f"{begin}\n{make(run, matrix)}\n{end}"
            text = re.sub(f"(?s){begin}.*{end}", lambda _, new=new: new, text)  # type: ignore[misc]
    return text


def main() -> None:
    """Take the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.reference", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    try:
        name = take(parser.parse_args().run).environment["run"]
        run, matrix = load_references()
    except CommandError as stop:
        leave(stop)
    write_verdicts(*filter(None, (run, matrix)))
    redraw(run)
    write_report(run)
    TABLES.write_text(tables(run))
    for page in PAGES:
        page.write_text(renewed(page.read_text(), run, matrix))
    which_model.PAGE.write_text(which_model.text(run, matrix))
    print(f"Run {name} is now the reference; {', '.join(map(str, (*PAGES, which_model.PAGE)))} say what it found.")


if __name__ == "__main__":
    main()
