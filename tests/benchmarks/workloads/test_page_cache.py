"""Cold files: out of the cache before each round, or no cell at all."""

from mmap import PAGESIZE
from pathlib import Path

import pytest

from benchmarks.core.cell import Cell
from benchmarks.workloads import _page_cache
from benchmarks.workloads.files import ColdFiles, Files, write_files
from tests.missing import missing


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_files(tmp_path, 3, size=100_000)
    return tmp_path


@pytest.fixture
def disk() -> None:
    """The disk that it needs to be cold."""
    if reason := _page_cache.unavailable_reason():
        missing(reason)


def test_what_was_just_written_is_warm(written: Path) -> None:
    assert _page_cache.cached_pages(written / "1") == -(-100_000 // PAGESIZE)


def test_a_cold_file_is_out_of_the_cache_until_somebody_reads_it(disk: None, written: Path) -> None:
    ColdFiles(written, 100_000).prepare([0, 2])
    assert [_page_cache.cached_pages(written / str(task)) > 0 for task in range(3)] == [False, True, False]
    assert _page_cache.cached_pages(written / "0") == 0  # to look is not to read
    assert ColdFiles(written, 100_000).perform(None, 0) == ColdFiles(size=100_000).expected(0)
    assert _page_cache.cached_pages(written / "0") > 0


def test_a_file_that_stays_in_the_cache_is_never_measured_as_a_cold_one(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_page_cache, "cached_pages", lambda path: 3)
    with pytest.raises(_page_cache.StillWarm, match=r"3 pages of .*/1 stay in the cache; set TMPDIR to a folder on a"):
        ColdFiles(written).prepare([1])


def test_where_no_file_can_be_cold_the_cell_is_missing_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_page_cache, "cached_pages", lambda path: 1)
    monkeypatch.setattr(_page_cache, "unavailable_reason", _page_cache.unavailable_reason.__wrapped__)
    assert (
        "needs files that leave the cache, but temporary ones are in memory: set TMPDIR"
        in Cell("f", ColdFiles(), "threads", 10, 200).unavailable_reason
    )
    assert not Cell("f", Files(), "threads", 10, 200).unavailable_reason
    monkeypatch.delattr("os.posix_fadvise")
    assert _page_cache.unavailable_reason() == "needs posix_fadvise, which this system does not have"
