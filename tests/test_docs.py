"""What the documents tell a reader to type does what they say, and what they point to is there."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from benchmarks.core.registry import catalogue
from scripts.tables.load import load
from tests.once import make_once
from tests.test_contributing import SHOWN

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "results" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
MAKEFILE = (ROOT / "Makefile").read_text()
BRIEF = ["ONLY=io and sleep and (sequential or asyncio) or scaling and asyncio and c10", "BLOCKS=1"]
# What is put behind a command of the README so that it takes seconds: a later setting overrides an earlier one.
SHORTER = {
    "bench": [*BRIEF, "REPEAT=1"],  # whole runs are a minute apart
    "quick": ["ONLY=io and wire and (sequential or asyncio)", "BLOCKS=1"],
    "full": BRIEF,
    "matrix": [*BRIEF, f"PYTHON=one={sys.executable} other={sys.executable}"],
    "claims": ["RUN=results/reference"],
    "claim": ["BLOCKS=2"],
    "compare": ["B=results/reference"],
    "slides": [],
    "trace": [],
    "doctor": [],
    "race": ["ARGS=--port 0"],  # until it is interrupted
    "mine": ["BLOCKS=2", "MODELS=threads sequential"],
    "advise": [],
    "lesson": [],
    "test": ["--dry-run"],  # it is what runs this
}
REMOVED = {"littles_residual"}  # columns that only earlier runs have
CODES = {"claims": (0, 1), "claim": (0, 1, 3), "compare": (0, 1)}  # one block establishes nothing, and says so


def commands(page: Path) -> list[str]:
    """The indented lines of a page that call make, without their comments."""
    return re.findall(r"^ {4}(make [^#\n]*?)(?: *#.*)?$", page.read_text(), re.MULTILINE)


TRIED = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "commands.md", ROOT / "docs" / "claims.md")


def typed() -> list[str]:
    """The commands of the pages that a newcomer reads first, each once, as `make` with its settings."""
    return list(dict.fromkeys(command for page in TRIED for command in commands(page) if runnable(command)))


def runnable(command: str) -> bool:
    """Whether the command is one that can be shortened to seconds."""
    return command.split()[1] in SHORTER


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_verb_that_make_does_not_know(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"(?:^ {4}|`)make ([a-z]+)", page.read_text(), re.MULTILINE))
    assert named <= verbs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_command_sets_what_make_does_not_read(page: Path) -> None:
    words = [word for command in commands(page) for word in shlex.split(command)[2:]]
    settings = re.findall(r"^SETTINGS := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)[0].replace("\\\n", " ").split()
    assert {word.split("=")[0] for word in words} <= set(settings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text())
    assert [target for target in targets if not leads(page, target)] == []


def leads(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    if not anchor:
        return file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.slow
def test_no_column_of_the_tables_is_left_unexplained() -> None:
    columns = {column for cell in catalogue() for column in cell.columns}
    run = load(ROOT / "results" / "reference")
    columns |= {re.sub("_(low|high)$", "", column) for table in (run.rounds, run.summary) for column in table.columns}
    named = re.findall(r"`([\w…]+)`", (ROOT / "results" / "README.md").read_text())
    explained = re.compile("|".join(name.replace("…", r"\w+") for name in named))
    assert {column for column in columns - REMOVED if not explained.fullmatch(column)} == set()


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    made = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    )
    assert (made.returncode, made.stderr) == (0, "")
    front = (tmp_path / "site" / "index.html").read_text()
    assert "make quick" in front
    assert "fonts.googleapis" not in front


def copy_and_measure(folder: Path) -> None:
    """Copy the project as it is, without what it has measured, and measure in it what is said about the latest run."""
    there, mine = folder / "overlap", {".git", ".venv", ".venvs", ".tools", "runs", "latest", "mutants"}
    shutil.copytree(
        ROOT,
        there,
        symlinks=True,  # those to your newest runs lead nowhere there
        ignore=lambda _, names: [name for name in names if name in mine or name.endswith("cache")],
    )
    (there / ".tools").symlink_to(ROOT / ".tools")
    for path, text in SHOWN.items():
        (there / path).write_text(text)
    run(there, ["make", "bench", *BRIEF])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project of this process's own: running a document's commands changes no results of yours."""
    measured = make_once(tmp_path_factory, "documented", copy_and_measure)
    return Path(
        shutil.copytree(measured, tmp_path_factory.mktemp("copy"), symlinks=True, dirs_exist_ok=True), "overlap"
    )


def run(where: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a make command with the environment of this checkout, which it must not make anew."""
    kept = [word for made in ("core", "full", "dev") for word in ("-o", f"{ROOT}/.venv/{made}")]
    verb, *words = command[1:]
    line = ["make", *kept, f"VENV={ROOT}/.venv", "UV=false", verb, *words]
    with subprocess.Popen(
        line, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        if verb == "race":
            output = "".join(until(process.stdout, "http://127.0.0.1:"))  # make may say first which folder it works in
            os.killpg(process.pid, signal.SIGINT)
            rest = process.stdout.read()
            return subprocess.CompletedProcess(line, int("http://" not in output or "Traceback" in rest), output + rest)
        output = process.stdout.read()
    return subprocess.CompletedProcess(line, process.returncode, output)


def until(lines: IO[str], word: str) -> Iterator[str]:
    """The lines up to the first that holds the word."""
    for line in lines:
        yield line
        if word in line:
            return


@pytest.mark.real
@pytest.mark.parametrize("command", typed())
def test_every_command_of_the_documents_does_what_it_says(command: str, copy: Path) -> None:
    _, verb, *words = shlex.split(filled(command, copy))
    selects = any(word.startswith("ONLY=") for word in words)
    shorter = [word for word in SHORTER[verb] if not (selects and word.startswith("ONLY="))]
    done = run(copy, ["make", verb, *words, *shorter])
    # make itself ends with 2 whatever the verb's code was, and says which
    code = 0 if done.returncode == 0 else int((re.findall(r"Error (\d+)", done.stdout) or [99])[-1])
    assert code in CODES.get(verb, (0,)), done.stdout


def filled(command: str, copy: Path) -> str:
    """A command with its placeholders filled in."""
    latest = (copy / "results" / "latest").resolve().name
    return (
        command.replace("<id>", latest)
        .replace("path/to/yours.toml", "benchmarks/claims/others.toml")
        .replace("path/to/file.py", "docs/examples/queries.py")
    )
