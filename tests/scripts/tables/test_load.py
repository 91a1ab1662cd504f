"""Damaged result files: a sentence, or an omission by name; no traceback, and never a number that was not measured."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from benchmarks.core import journal
from scripts.faults.corruption import DAMAGES, corrupt, judge
from scripts.tables.block_entries import Omission
from scripts.tables.load import Run, load, write_tables
from scripts.util.atomic_write import atomic_write
from scripts.util.exit_codes import CommandError, Exit
from tests.scripts.recorded import cell, record

CORRUPTIONS = 102  # of each kind six; `make torture` does a thousand


def journal_of(run: Path, block: int) -> Path:
    return run / "blocks" / f"{block:02}.journal"


def change(path: Path, edit: Callable[[list[str]], None]) -> None:
    lines = path.read_text().splitlines(keepends=True)
    edit(lines)
    path.write_text("".join(lines))


def resealed(change_entry: Callable[[dict[str, Any]], None], place: int) -> Callable[[list[str]], None]:
    def edit(lines: list[str]) -> None:
        entry = journal.unseal(lines[place])
        change_entry(entry)
        lines[place] = journal.seal(entry)

    return edit


def reasons(run: Path) -> list[str]:
    return [str(omission) for omission in load(run).omissions]


def refused(run: Path) -> str:
    with pytest.raises(CommandError) as caught:
        load(run)
    assert caught.value.code == Exit.BAD_DATA
    assert "Next: " in str(caught.value)
    return str(caught.value)


def test_a_whole_run_is_read_without_any_omission(tmp_path: Path) -> None:
    run = load(record(tmp_path))
    assert (run.blocks, len(run.rounds), run.omissions) == (3, 27, [])


@pytest.mark.slow
def test_no_random_damage_ever_changes_a_number_in_silence(tmp_path: Path) -> None:
    intact, other = record(tmp_path), record(tmp_path, "20260202-000000")
    outcomes = corrupt(CORRUPTIONS, 1, intact, other, tmp_path)
    assert outcomes.total() == CORRUPTIONS
    assert {name for name, _ in outcomes} == {damage.name for damage in DAMAGES}
    assert {outcome for _, outcome in outcomes} <= {"refused", "omission", "unharmed"}


def test_the_torture_notices_a_number_that_was_forged(tmp_path: Path) -> None:
    intact = record(tmp_path)

    def forge(entry: dict[str, Any]) -> None:
        entry["rounds"][1]["seconds"] *= 2

    truth = load(intact)
    change(journal_of(intact, 0), resealed(forge, 3))
    assert judge(intact, truth).startswith("SILENT USE")


def test_a_torn_last_line_costs_its_own_cell_only(tmp_path: Path) -> None:
    run = record(tmp_path)
    path = journal_of(run, 1)
    change(path, lambda lines: lines.__delitem__(slice(-1, None)))
    path.write_bytes(path.read_bytes()[:-20])
    assert reasons(run) == [
        "block 1, line 8: torn or altered line",
        "block 1, io-wire-asyncio-c20: not measured: the block was cut short",
    ]
    assert len(load(run).rounds) == 24


def test_another_machines_block_is_never_mixed_in(tmp_path: Path) -> None:
    run, other = record(tmp_path), record(tmp_path, "20260202-000000")
    shutil.copy(journal_of(other, 1), journal_of(run, 1))
    assert reasons(run) == [
        "block 1, 01.journal: it belongs to another run, or environment.json or pace.json was changed since"
    ]
    assert load(run).blocks == 2


def test_a_block_that_was_copied_counts_once(tmp_path: Path) -> None:
    run = record(tmp_path)
    shutil.copy(journal_of(run, 0), journal_of(run, 3))
    assert reasons(run) == ["block 3, 03.journal: it is a copy of block 0"]


def test_a_block_without_a_journal_is_named(tmp_path: Path) -> None:
    run = record(tmp_path)
    journal_of(run, 2).unlink()
    assert reasons(run) == ["block 2, every cell: not measured: the block has no journal"]


@pytest.mark.parametrize("name", ["environment.json", "pace.json"])
def test_an_altered_environment_fits_none_of_its_blocks(tmp_path: Path, name: str) -> None:
    run = record(tmp_path)
    file = run / name
    file.write_text(file.read_text().replace("86", "87").replace('"cores": 2', '"cores": 4'))
    assert "was changed since" in refused(run)


def test_that_a_run_was_resumed_changes_nothing_of_what_it_is(tmp_path: Path) -> None:
    run = record(tmp_path)
    file = run / "environment.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"resumed": ["2026-01-01T00:00:00+00:00"]}))
    assert load(run).omissions == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is damaged: Expecting value"),
        (b"\xff\xfe\x00", "is damaged: 'utf-8' codec"),
        (b"[1]", "is of another schema than 1"),
        (b'{"schema": 2}', "is of another schema than 1"),
        (b'{"schema": 1}', "is damaged: it: run cannot be None"),
        (b"[" * 100_000, "is damaged: maximum recursion depth"),
    ],
)
def test_an_unreadable_environment_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    run = record(tmp_path)
    (run / "environment.json").write_bytes(content)
    assert sentence in refused(run)


def test_a_folder_that_is_no_run_is_a_sentence(tmp_path: Path) -> None:
    assert "is not a run: it has no environment.json" in refused(tmp_path)
    assert "is not a run" in refused(tmp_path / "missing")


def test_a_run_without_whole_cells_says_the_first_reason(tmp_path: Path) -> None:
    run = record(tmp_path, blocks=1)
    journal_of(run, 0).write_bytes(b"")
    assert "holds no whole cell (block 0, 00.journal: its first line does not say which run" in refused(run)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("seconds", -1.0, "seconds cannot be -1.0"),
        ("seconds", 0, "seconds cannot be 0"),
        ("seconds", "1", "cell: rounds: seconds cannot be '1'"),
        ("ideal_seconds", "soon", "ideal_seconds cannot be 'soon'"),
        ("ideal_seconds", 10**400, "ideal_seconds cannot be 1000"),
        ("warmup", None, "cell: rounds: warmup cannot be None"),
        ("spans_us", [1, 2, 3], "spans_us cannot be [1, 2, 3]"),
        ("spans_us", [1, "2"], "spans_us cannot be '2'"),
        ("metrics", None, "metrics cannot be None"),
        ("metrics", {"unit_seconds": "1"}, "unit_seconds cannot be '1'"),
    ],
)
def test_a_sealed_line_with_an_impossible_value_is_no_result(
    tmp_path: Path, key: str, value: object, reason: str
) -> None:
    run = record(tmp_path)

    def spoil(entry: dict[str, Any]) -> None:
        entry["rounds"][1][key] = value

    change(journal_of(run, 0), resealed(spoil, 3))
    torn = load(run).omissions[0]
    assert (torn.block, torn.subject) == (0, "line 4")
    assert torn.reason.startswith(reason)
    assert len(load(run).rounds) == 24


@pytest.mark.parametrize("key", [*cell("threads"), "valid", "reason", "rounds", "kind"])
def test_a_sealed_line_without_a_key_is_no_result(tmp_path: Path, key: str) -> None:
    run = record(tmp_path)
    change(journal_of(run, 0), resealed(lambda entry: entry.pop(key), 3))
    assert load(run).omissions[0].subject == "line 4"


def test_nan_from_another_program_is_no_result(tmp_path: Path) -> None:
    run = record(tmp_path)

    def edit(lines: list[str]) -> None:
        text = lines[3].partition(" ")[2].rstrip().replace('"cpu_seconds":0.01', '"cpu_seconds":NaN')
        lines[3] = f"{journal.crc32(text.encode()):08x} {text}\n"  # type: ignore[attr-defined]

    change(journal_of(run, 0), edit)
    assert reasons(run)[0] == "block 0, line 4: cpu_seconds cannot be nan"


def test_a_valid_cell_without_a_measured_round_is_no_result(tmp_path: Path) -> None:
    run = record(tmp_path)
    change(journal_of(run, 0), resealed(lambda entry: entry.update(rounds=entry["rounds"][:1]), 3))
    assert reasons(run)[0] == "block 0, line 4: a valid cell without a measured round"


def test_of_two_different_entries_of_a_cell_neither_counts(tmp_path: Path) -> None:
    run = record(tmp_path)
    theirs = journal_of(run, 1).read_text().splitlines(keepends=True)[3]
    change(journal_of(run, 0), lambda lines: lines.insert(2, theirs))
    assert reasons(run) == ["block 0, io-wire-sequential-c20: two entries that differ; neither counts"]


def test_a_line_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    run = record(tmp_path)
    change(journal_of(run, 0), lambda lines: lines.insert(4, lines[3]))
    assert reasons(run) == ["block 0, io-wire-sequential-c20: entered twice; it counts once"]
    assert len(load(run).rounds) == 27


def test_a_cell_that_nobody_planned_is_no_result(tmp_path: Path) -> None:
    run = record(tmp_path)
    alien = {"kind": "cell", **cell("threads"), "cell": "x", "valid": False, "reason": "", "rounds": []}
    journal.append(journal_of(run, 0), alien)
    assert reasons(run) == ["block 0, x: it was not planned for this block"]


def test_a_cell_that_was_not_whole_is_named_with_its_reason(tmp_path: Path) -> None:
    run = record(tmp_path)
    change(journal_of(run, 0), resealed(lambda entry: entry.update(valid=False, rounds=[], reason="ValueError: x"), 3))
    assert load(run).omissions == [Omission(0, "io-wire-sequential-c20", "ValueError: x")]


def test_a_block_that_was_killed_before_its_plan_is_named(tmp_path: Path) -> None:
    run = record(tmp_path)
    change(journal_of(run, 0), lambda lines: lines.__delitem__(slice(1, None)))
    assert reasons(run) == ["block 0, every other cell: not measured: the block was cut short"]


def test_a_table_that_could_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "rounds.csv"
    file.write_text("old")
    with suppress(OSError), atomic_write(file) as partial:
        partial.write_text("ne")
        raise OSError("the disk is full")
    assert [path.name for path in tmp_path.iterdir()] == ["rounds.csv"]
    assert file.read_text() == "old"


def test_tables_never_change_the_raw_files(tmp_path: Path) -> None:
    path = record(tmp_path)
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    run: Run = load(path)
    write_tables(run)
    assert {file: file.read_bytes() for file in before} == before
    assert {file.name for file in path.iterdir()} >= {"rounds.csv", "rounds.parquet", "summary.csv"}
