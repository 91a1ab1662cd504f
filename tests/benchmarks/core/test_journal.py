"""The journal: whatever happens to a line, a reader never takes it for another one."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.core import journal

ENTRY = {"kind": "cell", "cell": "io-wire-asyncio-c20", "valid": False, "reason": "märz", "rounds": [{"seconds": 0.1}]}
LINE = journal.seal(ENTRY)
words = st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.dictionaries(words, values, max_size=4))
def test_every_entry_comes_back_as_it_was(entry: dict[str, Any]) -> None:
    line = journal.seal(entry)
    assert line.count("\n") == 1
    assert journal.unseal(line) == entry


def test_no_change_of_a_single_byte_goes_unseen(tmp_path: Path) -> None:
    path = tmp_path / "00.journal"
    line = LINE.encode()
    for place in range(len(line)):
        for other in {0, 10, 32, 48, 255, line[place] ^ 1, line[place] ^ 32, line[place] ^ 128} - {line[place]}:
            path.write_bytes(line[:place] + bytes([other]) + line[place + 1 :])
            assert not [entry for _, entry in journal.read(path) if isinstance(entry, dict)], (place, other)


@given(st.integers(0, len(LINE) - 1))
def test_a_torn_line_is_never_an_entry(length: int) -> None:
    with pytest.raises(ValueError, match="torn or altered"):
        journal.unseal(LINE[:length])


def test_a_torn_line_is_named_and_the_lines_before_it_stand(tmp_path: Path) -> None:
    path = tmp_path / "00.journal"
    journal.append(path, ENTRY)
    journal.append(path, {"kind": "end"})
    path.write_bytes(path.read_bytes()[:-5])
    (first, intact), (second, torn) = journal.read(path)
    assert (first, intact, second) == (1, ENTRY, 2)
    assert isinstance(torn, ValueError)


def test_a_sealed_line_that_is_no_entry_is_refused() -> None:
    line = journal.seal([1, 2])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not an entry"):
        journal.unseal(line)


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), -float("inf")])
def test_a_figure_that_json_does_not_have_is_refused_before_anything_is_written(tmp_path: Path, figure: float) -> None:
    path = tmp_path / "00.journal"
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.append(path, {"rounds": [{"seconds": figure}]})
    assert not path.exists() or not path.read_bytes()


def test_an_entry_is_on_disk_before_the_next_cell_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "00.journal", []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(path.read_text()))
    journal.append(path, ENTRY)
    assert synced == [LINE]


def test_appending_never_touches_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "00.journal"
    for number in range(3):
        journal.append(path, {"n": number})
    assert [entry for _, entry in journal.read(path)] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert [json.loads(line.partition(" ")[2])["n"] for line in path.read_text().splitlines()] == [0, 1, 2]


def test_a_compressed_journal_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "blocks" / "00.journal"
    path.parent.mkdir()
    for number in range(20):
        journal.append(path, ENTRY | {"number": number})
    lines = list(journal.read(path))
    journal.compress(tmp_path)
    (compressed,) = journal.journals(tmp_path)
    assert (compressed.name, journal.block_name(compressed)) == ("00.journal.xz", "00")
    assert list(journal.read(compressed)) == lines


def test_a_damaged_compressed_journal_is_named_and_no_altered_entry_is_used(tmp_path: Path) -> None:
    path = tmp_path / "blocks" / "00.journal"
    path.parent.mkdir()
    for number in range(20):
        journal.append(path, ENTRY | {"number": number})
    entries = [entry for _, entry in journal.read(path)]
    journal.compress(tmp_path)
    (compressed,) = journal.journals(tmp_path)
    contents = compressed.read_bytes()
    for place in range(0, len(contents), 7):
        for damaged in (contents[:place], contents[:place] + bytes([contents[place] ^ 4]) + contents[place + 1 :]):
            compressed.write_bytes(damaged)
            read = [entry for _, entry in journal.read(compressed)]
            problems = [entry for entry in read if isinstance(entry, ValueError)]
            assert [entry for entry in read if isinstance(entry, dict)] == entries[: len(read) - len(problems)]
            assert problems or read == entries, place
