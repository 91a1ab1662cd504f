"""A second process draws the charts on dark paper: the files are those of one process, even where it fails."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from scripts.charts import draw_all
from scripts.charts.lib import parallel
from scripts.charts.lib.theme import DARKS
from scripts.report.report import draw_and_write
from scripts.tables.load import load
from tests.scripts.recorded import record

DRAWN = ("speedup", "timeline")  # what the recorded run has data for
GONE_S = 20.0  # until a process has ended that may still be importing


def pictures(run: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (run / "charts").iterdir()}


def never(*arguments: object, **options: object) -> None:
    pytest.fail("a process was started")


@pytest.mark.real
def test_two_processes_draw_what_one_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = load(record(tmp_path))
    alone = {file.name: file.read_bytes() for file in draw_all(run, tmp_path / "alone", lambda _: None)}
    page = draw_and_write(run)
    assert page.exists()
    assert pictures(run.path) == alone
    assert {f"{name}-phone-dark.svg" for name in DRAWN} <= alone.keys()
    assert capsys.readouterr().out.count("mixed needs") == 1


@pytest.mark.real
def test_a_second_process_that_fails_costs_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = load(record(tmp_path))
    monkeypatch.setattr(sys, "executable", "false")
    draw_and_write(run)
    assert {f"{name}{theme.suffix}.svg" for name in DRAWN for theme in DARKS} <= pictures(run.path).keys()


def test_on_one_core_nothing_is_drawn_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "usable_cores", lambda: 1)
    monkeypatch.setattr(subprocess, "Popen", never)
    with parallel.parallel_drawing(tmp_path) as drawn:
        assert not drawn()


@pytest.mark.real
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "raise KeyboardInterrupt"])
def test_who_draws_beside_ends_with_us_however_we_end(tmp_path: Path, end: str) -> None:
    run = record(tmp_path)
    script = f"""
import os, psutil
from pathlib import Path
from scripts.charts.lib import parallel

GONE_S = 20.0  # it may still be importing
parallel.usable_cores = lambda: 2
with parallel.parallel_drawing(Path({str(run)!r})):
    print(psutil.Process().children()[0].pid, flush=True)
    {end}
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    pid, deadline = int(ended.stdout), time.monotonic() + GONE_S
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
