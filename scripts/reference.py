"""`make reference`: take a run as the committed reference, and put what it found into the README.

No figure in the README is typed: everything between its markers comes from here, and a test fails when it drifts from
the data. Of the pictures only the SVGs are committed; the rest of a run can be made again from its raw files.
"""

import argparse
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from scripts import held_back, lesson, models
from scripts.answers import answers, disturbance, noise
from scripts.console import groups, heading, line
from scripts.dataset import LATEST, Run, load
from scripts.exits import Exit, Stop, leave
from scripts.findings import markdown as verdict_tables
from scripts.findings import verdicts_of, write_verdicts
from scripts.talk import DEFAULT_TALK

REFERENCE = Path("results/reference")
README = Path("README.md")
PAGES = (README, Path("docs/advice.md"), Path("docs/pitfalls.md"))  # that have markers
LEFT_OUT = ("*.png", "*.parquet", "*.log", "[0-9][0-9].json", "slides*", "trace.json*")  # can be made again
HEADLINE = ("io", "cpu")  # the experiments whose tables stand in the README


def take(path: Path) -> Run:
    """Copy a run to results/reference. Stop when it is not fit to be one."""
    run = load(path)
    if run.ranges_only or run.omissions:
        why = f"it has {run.blocks} blocks and {len(run.omissions)} omissions"
        raise Stop(Exit.UNMEASURED, f"{path} is no reference: {why}. Next: make full, on a quiet machine")
    if path.resolve() != REFERENCE.resolve():
        shutil.rmtree(REFERENCE, ignore_errors=True)
        shutil.copytree(path.resolve(), REFERENCE, ignore=shutil.ignore_patterns(*LEFT_OUT))
    taken = load(REFERENCE)
    write_verdicts(taken)
    return taken


def findings(run: Run) -> str:
    """What was found, as Markdown: the chart, the sentences, the tables, where it was measured."""
    machine, python = run.environment["machine"], run.environment["python"]
    build = "" if python["optimised"] is not False else ", built without profile-guided optimisation"
    chart = f"{REFERENCE}/charts/speedup"
    parts = [
        f'<picture><source srcset="{chart}-dark.svg" media="(prefers-color-scheme: dark)">'
        f'<img src="{chart}.svg" alt="Speed-up over sequential, with intervals and the physical limit"></picture>',
        "\n".join(f"- {sentence}" for sentence in answers(run)),
        f"Measured on {machine['cpu']}, {machine['cores_usable']} usable cores, Python {python['version']}{build}, "
        f"{run.blocks} blocks; brackets are 95 % intervals. {noise(run)} {disturbance(run)}",
        *(markdown(heading(*key), group) for key, group in groups(run.summary) if key[0] in HEADLINE),
    ]
    return "\n\n".join(parts)


def claims(run: Run) -> str:
    """What the run says of the talk, as Markdown; and where what others claim is judged."""
    documents = {found["talk"]: found for found in verdicts_of(run)}
    talk = documents.pop(DEFAULT_TALK, None)
    parts = [verdict_tables(talk)] if talk else []
    parts += [
        f"[{found['title']}]({REFERENCE}/claims-{name}.md): {found['sentence']}" for name, found in documents.items()
    ]
    return "\n\n".join(part.strip() for part in parts)


def markdown(title: str, group: object) -> str:
    """One group of the summary as a Markdown table."""
    rows = [line(row) for _, row in group.iterrows()]  # type: ignore[attr-defined]
    head = [title, "took", "95 % interval", "speed-up", "of the limit", "mind"]
    lines = [head, ["---", *["---:"] * 4, "---"], *([cell.strip() for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def advice(run: Run) -> str:
    """How far predictions of the run's cells are off, as Markdown."""
    found = held_back.validation(run)
    return held_back.markdown(found) if found else "It has too few cells to hold some back."


MADE: dict[str, Callable[[Run], str]] = {  # what stands between the markers of that name, in whichever page
    "findings": findings,
    "claims": claims,
    "models": lambda run: models.markdown(),
    "advice": advice,
    "lessons": lambda run: lesson.markdown(),
}


def renewed(text: str, run: Run) -> str:
    """A page's text with what stands between its markers made anew."""
    for name, make in MADE.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if begin in text:
            new = f"{begin}\n{make(run)}\n{end}"
            text = re.sub(f"(?s){begin}.*{end}", lambda _, new=new: new, text)  # type: ignore[misc]
    return text


def main() -> None:
    """Take the run that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.reference", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, default=LATEST, help=f"folder of a run (default {LATEST})")
    try:
        run = take(parser.parse_args().run)
    except Stop as stop:
        leave(stop)
    for page in PAGES:
        page.write_text(renewed(page.read_text(), run))
    print(f"{REFERENCE} is now run {run.environment['run']}; {', '.join(map(str, PAGES))} say what it found.")


if __name__ == "__main__":
    main()
