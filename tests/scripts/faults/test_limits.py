"""Starved runs: each says what it cannot do or is right, and leaves nothing. `make torture` tries all limits."""

import errno
from pathlib import Path

import pytest

from scripts.faults import limits
from scripts.faults.limits import LIMITS, Trial, can_try, try_limit
from scripts.util.exit_codes import Exit
from scripts.util.shortage import NO_PROCESS, shortage
from tests.missing import missing
from tests.scripts.faults.test_faults import plain, short

__all__ = ["short"]

ENDS = {  # the limits that are tried here; what a run under it comes to, and what is no result
    "4 processes": (Exit.NOT_MEASURED, f"{NO_PROCESS}|RLIMIT_NPROC", set()),  # Python says it, or a library of C
    "a disk that fills up": (Exit.NOT_MEASURED, "make room", set()),
    "no /dev/shm": (Exit.OK, "", {"processes"}),
    "a quota of a fifth of a core": (Exit.OK, "", set()),
    "a clock that jumps": (Exit.OK, "", set()),
    "a pause of 30 s": (Exit.OK, "", set()),
}


@pytest.mark.real
@pytest.mark.alone
@pytest.mark.parametrize("name", ENDS)
def test_a_starved_run_says_what_it_lacks_or_is_right(short: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(limits, "PAUSE_S", 3.0)
    (limit,) = (one for one in LIMITS if one.name == name)
    if not can_try(limit):
        missing("this limit needs root on Linux")
    code, sentence, models = ENDS[name]
    trial = try_limit(plain(short / "copy"), limit)
    assert (trial.wrong, trial.code) == ([], code)
    assert any(one in trial.stderr for one in sentence.split("|"))
    if limit.meanwhile is limits.pause:  # the cell under way may be lost, and no other
        assert len(trial.lost) <= 1
    else:
        assert {cell.split("-")[2] for cell in trial.lost} == models
        assert code or trial.measured == 3 * (4 - len(models))


def test_a_trial_that_nobody_can_explain_is_wrong() -> None:
    assert Trial("any", 0, "", [], 12, []).wrong == []
    assert Trial("any", 3, "overlap: too little. Next: more", [], 0, []).wrong == []
    for bad in (
        Trial("any", 1, "", [], 0, []),
        Trial("any", 3, "Traceback (most recent call last)", [], 0, []),
        Trial("any", 3, "overlap: no", [], 0, []),
        Trial("any", 0, "", [], 0, []),
        Trial("any", 0, "", [], 12, ["process 7"]),
    ):
        assert bad.wrong


def test_a_shortage_is_told_from_a_mistake() -> None:
    assert "memory" in shortage(MemoryError())
    assert "memory" in shortage(OSError(errno.ENOMEM, "Cannot allocate memory"))
    assert shortage(RuntimeError("can't start new thread")) == NO_PROCESS
    assert shortage(BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")) == NO_PROCESS
    assert shortage(RuntimeError("a mistake")) == shortage(OSError(errno.ENOSPC, "full")) == ""
