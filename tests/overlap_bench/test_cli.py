"""`overlap`: its verbs, its options, its exit codes. What needs the built wheel is in test_wheel.py."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from overlap_bench import cli
from scripts.util.commands import VERBS, in_program_form

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
MODULE = re.compile(r"-m scripts\.(\w+)")
# Of the clone alone: they work on its files.
DEVELOPING = {"help", "dev", "test", "check", "lint", "torture", "reference", "selfbench", "clean", "lock", "docs"}


LONGEST_S = 500  # 24 interpreters sequentially, on a machine that does much else


def overlap(*arguments: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The program, called in some folder."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OVERLAP_")}
    env |= {"PYTHONPATH": str(ROOT), "OVERLAP_RESULTS": str(cwd / "results"), **environment}
    command = [sys.executable, "-P", "-m", "overlap_bench.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=LONGEST_S)


def has(module: str) -> bool:
    """Whether `scripts` has such a verb."""
    return (ROOT / "scripts" / f"{module}.py").exists() or (ROOT / "scripts" / module / "__main__.py").exists()


def verbs_of_make() -> dict[str, str]:
    """Every verb of the Makefile, with what it runs."""
    parts = re.split(r"^([a-z]+):.*## .*$", MAKEFILE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_verb_of_make_is_one_of_the_program() -> None:
    there = {name for name, runs in verbs_of_make().items() if (match := MODULE.search(runs)) and has(match[1])}
    assert there - DEVELOPING <= set(cli.VERBS)


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_has_its_module(name: str) -> None:
    place = ROOT / "scripts" / cli.VERBS[name].module
    assert place.with_suffix(".py").exists() or (place / "__main__.py").exists()


def started(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    """The command that the program becomes, after `-m`."""
    lines: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda path, line, environment: lines.append(line))
    cli.program(list(arguments), standalone_mode=False)
    (line,) = lines
    return line[line.index("-m") + 1 :]


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("quick --only http", "scripts.bench --quick --only http"),
        ("claim --id network-io", "scripts.claims --id network-io"),
        ("mine --work a.py --models threads", "scripts.mine a.py --models threads"),
        ("mine a.py", "scripts.mine a.py"),
        ("report --run=results/latest", "scripts.report results/latest"),
        ("compare --a x --b y --talk z", "scripts.compare x y --talk z"),
        ("compare --b y", f"scripts.compare {ROOT}/results/reference y"),
        ("ab --base main -- --results", "scripts.ab --base main -- --results"),
        ("bench --results there --blocks 3", "scripts.bench --blocks 3"),
        ("--results there bench --blocks 3", "scripts.bench --blocks 3"),
    ],
)
def test_an_option_means_what_makes_variable_means(monkeypatch: pytest.MonkeyPatch, typed: str, becomes: str) -> None:
    assert " ".join(started(monkeypatch, *typed.split())) == becomes


def test_sentences_know_every_verb() -> None:
    assert set(VERBS) == set(cli.VERBS)


def test_results_can_be_said_before_and_after_the_verb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folders: list[str] = []
    monkeypatch.setattr(os, "execve", lambda path, line, environment: folders.append(environment["OVERLAP_RESULTS"]))
    monkeypatch.chdir(tmp_path)
    for line in (["--results", "there", "bench"], ["bench", "--results=there"]):
        cli.program(line, standalone_mode=False)
    assert folders == [str(tmp_path / "there")] * 2


def test_an_option_without_its_value_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(click.UsageError, match="--run needs a value"):
        cli.program(["report", "--run"], standalone_mode=False)


@pytest.mark.parametrize(
    ("sentence", "worded"),
    [
        ("Next: make bench ONLY=io", "Next: overlap bench --only io"),
        ("Next: make bench RESUME=results/runs/x", "Next: overlap bench --resume results/runs/x"),
        (
            'Next: make mine WORK=a.py EXPECT="a b" GIL_RELEASED=1',
            'Next: overlap mine --work a.py --expect "a b" --gil-released 1',
        ),
        ("Next: make doctor", "Next: overlap doctor"),
        ("make room in /tmp", "make room in /tmp"),
        ("it needs trio, which make full installs", "it needs trio, which is not installed"),
    ],
)
def test_the_program_names_its_own_commands(monkeypatch: pytest.MonkeyPatch, sentence: str, worded: str) -> None:
    monkeypatch.setenv("OVERLAP_PROGRAM", "overlap")
    assert in_program_form(sentence) == worded
    monkeypatch.delenv("OVERLAP_PROGRAM")
    assert in_program_form(sentence) == sentence


@pytest.mark.real
def test_help_groups_the_verbs_and_gives_examples(tmp_path: Path) -> None:
    done = overlap("help", cwd=tmp_path)
    assert done.returncode == 0
    for part in ("Measure:", "Look at results:", "Your own code:", "About this machine:", "Examples:", "Exit codes:"):
        assert part in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert overlap(cwd=tmp_path).stdout.startswith("Usage: ")


@pytest.mark.real
@pytest.mark.parametrize("name", ["bench", "mine", "ab", "lesson"])
def test_a_verb_explains_itself_by_the_programs_name(tmp_path: Path, name: str) -> None:
    done = overlap(name, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(
        f"usage: overlap {cli.VERBS[name].module.removesuffix('s') if name == 'claim' else ''}"[:14]
    )
    assert "python -m scripts" not in done.stdout


@pytest.mark.real
@pytest.mark.parametrize("name", cli.VERBS)
def test_an_unknown_option_is_wrong_usage_for_every_verb(tmp_path: Path, name: str) -> None:
    assert overlap(name, "--no-such-option", cwd=tmp_path).returncode == 2


@pytest.mark.real
@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["nosuch"], 2),
        (["models"], 0),
        (["lesson"], 0),
        (["lesson", "nosuch"], 2),
        (["bench", "--blocks", "0"], 2),
        (["bench", "--only", "nosuch"], 2),
        (["bench", "--resume", "nosuch"], 4),
        (["report"], 4),
        (["charts"], 4),
        (["slides"], 4),
        (["trace"], 4),
        (["compare", "nosuch", "nosuch"], 4),
        (["claims", "--talk", "nosuch"], 2),
        (["mine"], 2),
        (["ab"], 2),
        (["ab", "--base", "main", "--", "nosuch.py"], 2),
        (["ab", "--schema"], 0),
        (["matrix", "--python", "3.11"], 2),
        (["advise", "--tasks", "100", "--wait-ms", "20", "--cpu-ms", "0"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_codes_are_those_of_the_verb_and_not_of_make(tmp_path: Path, line: list[str], code: int) -> None:
    done = overlap(*line, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "make " not in done.stderr.replace("make room", "")
