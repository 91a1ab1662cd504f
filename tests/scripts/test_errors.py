"""Whoever mistypes is answered in one line: what is wrong, and the one command that helps."""

import re
import subprocess
import sys

import pytest

from benchmarks.core.selection import check
from scripts.util.commands import parser

TYPOS = [
    ("bench", "--only=htpp"),
    ("bench", "--only=qqqqqq"),
    ("bench", "--blocks=0"),
    ("bench", "--nonsense"),
    ("bench", "--resume=nothing-here"),
    ("claims", "--id="),
    ("claims", "--id=netwrk-io"),
    ("claims", "--talk=othrs"),
    ("mine", "nothing-here.py"),
    ("advise", "--tasks=5"),
    ("advise", "--tasks=many"),
    ("compare", "nothing-here", "nor-here"),
    ("report", "nothing-here"),
    ("why", "--only=htpp"),
    ("lesson", "nothing-here"),
    ("matrix", "--python=3.13"),
    ("atlas", "nothing-here"),
]


@pytest.mark.real
@pytest.mark.parametrize("words", TYPOS, ids=" ".join)
def test_a_typo_is_answered_in_one_line_with_what_to_type(words: tuple[str, ...]) -> None:
    verb, *rest = words
    done = subprocess.run([sys.executable, "-m", f"scripts.{verb}", *rest], capture_output=True, text=True)
    assert done.returncode in (2, 4)
    (line,) = done.stderr.splitlines()
    assert line.startswith("overlap: ")
    assert len(line) < 300
    assert re.search(r"(Next|Example): \S", line)


def test_the_list_of_all_names_comes_only_on_request() -> None:
    names = {"http", "asyncio", "threads"}
    with pytest.raises(
        ValueError, match=r"the nearest name is 'http'\. Next: make bench ONLY=http, or make bench"
    ) as far:
        check("htpp", names)
    assert "threads" not in str(far.value)
    with pytest.raises(ValueError, match="asyncio, http, threads"):
        check("?", names)


def test_what_resembles_nothing_is_given_no_nearest_name() -> None:
    with pytest.raises(ValueError, match=r"no cell is called 'qqqqqq'\. Next: make bench ONLY='\?' for all names"):
        check("qqqqqq", {"http", "asyncio"})


def test_wrong_usage_has_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parser("bench", "").parse_args(["--nonsense"])
    assert stop.value.code == 2
    assert "unrecognized arguments: --nonsense. Next: " in capsys.readouterr().err
