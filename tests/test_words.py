"""The words a reader meets are the field's: none of the paraphrases that a newcomer would have to learn."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What not to say, and what the field says instead.
PLAIN = {
    r"not established": "inconclusive, or no measurable difference",
    r"one after another": "sequential, sequentially",
    r"\bone by one\b": "sequentially",
    r"lets? go of|letting go": "releases the GIL",
    r"holds? on to": "holds the GIL",
    r"physical limit|of the limit\b": "ideal time, efficiency",
    r"took the least time|takes the least time": "is the fastest, 9.1× faster than sequential",
    r"\bat once on\b|requests at once|clients at once": "concurrency 10; 10 concurrent requests",
    r"discarded round": "warm-up round",
    r"(?<!not )(?<!`)\btwins?\b(?!`)": "A/A control",
    r"gone on with|go on with|goes on with": "resume",
    r"updates? lost\b": "lost updates",
    r"taken away again": "dropped, removed",
    r"by others|of others\b": "by other load",
    r"otherwise than": "differs from",
    r"\bmind\b": "warning",
}
DATA = {"twin", "-twin"}  # names that runs have recorded
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "results" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
TEMPLATES = [*sorted((ROOT / "scripts").rglob("*.html")), *sorted((ROOT / "scripts").rglob("*.md")), ROOT / "Makefile"]
CLAIMS = sorted((ROOT / "benchmarks" / "claims").glob("*.toml"))
MODULES = sorted(path for folder in ("servers", "benchmarks", "scripts") for path in (ROOT / folder).rglob("*.py"))


def faults(text: str) -> Iterator[str]:
    """Each paraphrase in the text with the field's term."""
    for pattern, term in PLAIN.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield f"{text[max(0, match.start() - 30) : match.end() + 20]!r}: say {term}"


@pytest.mark.parametrize("path", [*PAGES, *TEMPLATES, *CLAIMS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_speaks_the_words_of_the_field(path: Path) -> None:
    assert list(faults(path.read_text())) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_speaks_the_words_of_the_field(path: Path) -> None:
    """In docstrings, messages and help; comments are prose of the same kind."""
    tree = ast.parse(path.read_text())
    # a constant that is one of our own columns, labels or experiments is data, not prose
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in DATA
    ]
    texts += re.findall(r"#.*", path.read_text())
    assert [fault for text in texts for fault in faults(text)] == []


def test_one_core_is_no_cores() -> None:
    """A count of cores that may be 1 has its noun from `plural`."""
    pattern = re.compile(r"cores_usable\]?['\"\]]*\s*\}{1,2} (?:usable )?cores")
    files = [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "scripts").rglob("*.html")]
    hits = [f"{path.name}: {hit}" for path in files for hit in pattern.findall(path.read_text())]
    assert [hit for hit in hits if not hit.startswith("plausibility")] == []


def test_no_text_of_a_claim_refers_to_what_is_not_on_its_page() -> None:
    outside = re.compile(
        r"shown beside|Beside it|table of rounds|as (?:shown|seen) (?:above|below)|see (?:above|below)"
    )
    assert [hit for path in CLAIMS for hit in outside.findall(path.read_text())] == []


def test_no_word_of_a_text_is_misspelt() -> None:
    """codespell knows common misspellings only, so that what it finds is one."""
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--toml", "pyproject.toml", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout + done.stderr == ""
